#include "rtp/signal/tone_meter.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rtp/signal/level.hpp"

namespace rtp {
namespace {

// A tone of peak a under a Hann window of N points sums to a * N / 4; its mean square is a^2 / 2.
constexpr double hann_gain = 0.25;

double mean_of(std::span<const std::int16_t> samples) noexcept {
    std::int64_t sum = 0;
    for (auto const sample : samples)
        sum += sample;
    return static_cast<double>(sum) / static_cast<double>(samples.size());
}

/// The mean square of the sine of this frequency in the samples.
double tone_power(std::span<const std::int16_t> samples, double mean, double turn) noexcept {
    auto const count = static_cast<double>(samples.size());
    // The window's own cosine, made by the same kind of recurrence as the filter.
    auto const window_factor = 2 * std::cos(2 * std::numbers::pi / count);
    double window = std::cos(2 * std::numbers::pi * 0.5 / count);  // half a step in: symmetric, and no sample is lost
    double window_before = window;
    auto const factor = 2 * std::cos(turn);
    double now = 0;
    double before = 0;
    for (auto const sample : samples) {
        auto const value = (sample - mean) * 0.5 * (1 - window);
        auto const next = factor * now - before + value;
        before = now;
        now = next;
        auto const next_window = window_factor * window - window_before;
        window_before = window;
        window = next_window;
    }
    auto const square = now * now + before * before - factor * now * before;
    auto const peak = std::sqrt(std::max(square, 0.0)) / (count * hann_gain);
    return peak * peak / 2;
}

double turn_of(double hertz, std::uint32_t sample_rate) noexcept {
    return 2 * std::numbers::pi * hertz / sample_rate;
}

}  // namespace

double tone_level_dbov(std::span<const std::int16_t> samples, std::uint32_t sample_rate, double hertz) noexcept {
    if (samples.empty()) return silence_dbov;
    return dbov_of_mean_square(tone_power(samples, mean_of(samples), turn_of(hertz, sample_rate)));
}

dominant_tone find_dominant_tone(
    std::span<const std::int16_t> samples, std::uint32_t sample_rate, double from, double to
) noexcept {
    if (samples.empty()) return {};
    auto const mean = mean_of(samples);
    double total = 0;
    for (auto const sample : samples)
        total += (sample - mean) * (sample - mean);
    total /= static_cast<double>(samples.size());
    if (total < 0.5) return {};

    auto const power = [&](double hertz) { return tone_power(samples, mean, turn_of(hertz, sample_rate)); };
    to = std::min(to, sample_rate / 2.0 - 1);
    // The main lobe is four bins wide: steps of one bin cannot miss a peak.
    auto const bin = static_cast<double>(sample_rate) / static_cast<double>(samples.size());
    double best = from;
    double best_power = power(from);
    for (double hertz = from + bin; hertz <= to; hertz += bin) {
        auto const found = power(hertz);
        if (found > best_power) {
            best_power = found;
            best = hertz;
        }
    }
    // Near its top the lobe falls on both sides: narrow the interval by thirds.
    double low = std::max(from, best - bin);
    double high = std::min(to, best + bin);
    while (high - low > 0.05) {
        auto const left = low + (high - low) / 3;
        auto const right = high - (high - low) / 3;
        if (power(left) < power(right)) {
            low = left;
        } else {
            high = right;
        }
    }
    best = (low + high) / 2;
    best_power = power(best);
    return {best, dbov_of_mean_square(best_power), std::min(1.0, best_power / total)};
}

}  // namespace rtp
