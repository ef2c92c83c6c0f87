#include "rtp/signal/mixer.hpp"

#include <algorithm>

namespace rtp {
namespace {

std::int16_t saturate(std::int32_t value) noexcept {
    return static_cast<std::int16_t>(std::clamp(value, -32768, 32767));
}

}  // namespace

void mixer::clear() noexcept {
    std::fill(sum_.begin(), sum_.end(), 0);
}

void mixer::add(std::span<const std::int16_t> source) noexcept {
    auto const size = std::min(source.size(), sum_.size());
    for (std::size_t n = 0; n < size; ++n)
        sum_[n] += source[n];
}

void mixer::mix(std::span<std::int16_t> out) const noexcept {
    auto const size = std::min(out.size(), sum_.size());
    std::transform(sum_.begin(), sum_.begin() + static_cast<std::ptrdiff_t>(size), out.begin(), saturate);
}

void mixer::mix_without(std::span<const std::int16_t> own, std::span<std::int16_t> out) const noexcept {
    auto const size = std::min(out.size(), sum_.size());
    for (std::size_t n = 0; n < size; ++n)
        out[n] = saturate(sum_[n] - (n < own.size() ? own[n] : 0));
}

}  // namespace rtp
