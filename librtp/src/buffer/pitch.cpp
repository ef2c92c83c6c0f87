#include "rtp/buffer/pitch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace rtp {
namespace {

// How well the last `window` values match those `lag` earlier.
template <class Value>
float likeness(std::span<const Value> values, std::size_t window, std::size_t lag) noexcept {
    auto const* now = values.data() + values.size() - window;
    auto const* before = now - lag;
    float product = 0;
    float power_now = 0;
    float power_before = 0;
    for (std::size_t n = 0; n < window; ++n) {
        auto const a = static_cast<float>(now[n]);
        auto const b = static_cast<float>(before[n]);
        product += a * b;
        power_now += a * a;
        power_before += b * b;
    }
    auto const scale = std::sqrt(power_now * power_before);
    return scale > 0 ? product / scale : 0;
}

template <class Value>
pitch best_of(std::span<const Value> values, std::size_t window, std::size_t from, std::size_t to) noexcept {
    pitch best{from, -2};
    for (auto lag = from; lag <= to; ++lag)
        if (auto const found = likeness(values, window, lag); found > best.likeness) best = {lag, found};
    return best;
}

}  // namespace

pitch find_pitch(std::span<const std::int16_t> samples, std::uint32_t sample_rate, pitch_range const& range) noexcept {
    auto const needed = range.longest + range.compared;
    if (samples.size() < needed || range.longest < range.shortest || range.shortest == 0 || range.compared == 0)
        return {range.shortest, 0};

    // First at about 4 kHz, where the formants that could mislead are gone; each value is the mean of some samples.
    auto const step = std::max<std::size_t>(sample_rate / 4000, 1);
    std::array<float, 256> coarse{};  // 30 ms at under 8 kHz
    auto const count = std::min(needed / step, coarse.size());
    auto const used = samples.last(count * step);
    for (std::size_t n = 0; n < count; ++n)
        for (std::size_t k = 0; k < step; ++k)
            coarse[n] += static_cast<float>(used[n * step + k]);
    auto const values = std::span<const float>(coarse).first(count);
    auto const window = std::max<std::size_t>(range.compared / step, 1);
    auto const furthest = std::min(range.longest / step, count - window);
    auto const rough = best_of(values, window, std::min(range.shortest / step, furthest), furthest).period * step;

    // Then around that place with every sample.
    auto const from = std::max(range.shortest, rough - std::min(rough, step));
    return best_of(samples, range.compared, from, std::max(from, std::min(range.longest, rough + step)));
}

}  // namespace rtp
