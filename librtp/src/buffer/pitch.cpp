#include "rtp/buffer/pitch.hpp"

#include <algorithm>
#include <cmath>

namespace rtp {
namespace {

// How well the last `window` samples match those `lag` earlier, looking at each `step`-th one.
float likeness(std::span<const std::int16_t> samples, std::size_t window, std::size_t lag, std::size_t step) noexcept {
    auto const* now = samples.data() + samples.size() - window;
    auto const* before = now - lag;
    float product = 0;
    float power_now = 0;
    float power_before = 0;
    for (std::size_t n = 0; n < window; n += step) {
        auto const a = static_cast<float>(now[n]);
        auto const b = static_cast<float>(before[n]);
        product += a * b;
        power_now += a * a;
        power_before += b * b;
    }
    auto const scale = std::sqrt(power_now * power_before);
    return scale > 0 ? product / scale : 0;
}

}  // namespace

pitch find_pitch(std::span<const std::int16_t> samples, std::uint32_t sample_rate) noexcept {
    auto const shortest = sample_rate * 5UL / 1000;
    auto const longest = sample_rate * 15UL / 1000;
    if (samples.size() < pitch_window(sample_rate)) return {shortest, 0};
    auto const window = longest;
    // First at 4 kHz, then around the best place with every sample.
    auto const step = std::max<std::size_t>(sample_rate / 4000, 1);
    pitch best{shortest, -2};
    for (auto lag = shortest; lag <= longest; lag += step)
        if (auto const found = likeness(samples, window, lag, step); found > best.likeness) best = {lag, found};
    auto const from = std::max(shortest, best.period - (step - 1));
    auto const to = std::min(longest, best.period + (step - 1));
    best.likeness = -2;
    for (auto lag = from; lag <= to; ++lag)
        if (auto const found = likeness(samples, window, lag, 1); found > best.likeness) best = {lag, found};
    return best;
}

}  // namespace rtp
