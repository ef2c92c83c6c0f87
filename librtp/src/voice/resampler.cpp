#include "rtp/voice/resampler.hpp"

#include <speex/speex_resampler.h>

#include <algorithm>
#include <new>

namespace rtp {

void resampler::closer::operator()(SpeexResamplerState_* state) const noexcept {
    speex_resampler_destroy(state);
}

resampler::resampler(std::uint32_t from, std::uint32_t to) : from_(from), to_(to) {
    if (from == to) return;
    state_.reset(speex_resampler_init(1, from, to, SPEEX_RESAMPLER_QUALITY_VOIP, nullptr));
    if (!state_) throw std::bad_alloc();  // with rates that are not zero the only reason
}

void resampler::convert(std::span<const std::int16_t> in, std::span<std::int16_t> out) noexcept {
    if (!state_) {
        std::copy_n(in.begin(), std::min(in.size(), out.size()), out.begin());
        return;
    }
    auto taken = static_cast<spx_uint32_t>(in.size());
    auto made = static_cast<spx_uint32_t>(out.size());
    speex_resampler_process_int(state_.get(), 0, in.data(), &taken, out.data(), &made);
    std::fill(out.begin() + made, out.end(), std::int16_t{0});
}

}  // namespace rtp
