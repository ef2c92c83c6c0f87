#include "conformance/run/handset.hpp"

#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"

namespace conformance {

handset::sound handset::sound_in(std::span<const std::int16_t> samples) {
    constexpr std::uint32_t rate = 8000;
    if (samples.size() < rate / 10) return {};
    const auto tone = rtp::find_dominant_tone(samples, rate);
    return {tone.hertz, rtp::level_dbov(samples), tone.purity > 0.5};
}

}  // namespace conformance
