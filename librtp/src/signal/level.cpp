#include "rtp/signal/level.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rtp {

double level_dbov(std::span<const std::int16_t> samples) noexcept {
    if (samples.empty()) return silence_dbov;
    std::int64_t sum = 0;  // at most 2^30 a sample: exact for hours of audio
    for (auto const sample : samples)
        sum += static_cast<std::int64_t>(sample) * sample;
    return dbov_of_mean_square(static_cast<double>(sum) / static_cast<double>(samples.size()));
}

double dbov_of_mean_square(double mean_square) noexcept {
    constexpr double overload = 32768.0 * 32768.0;
    if (mean_square <= 0) return silence_dbov;
    return std::max(silence_dbov, 10 * std::log10(mean_square / overload));
}

double sine_peak_of_dbm0(double dbm0) noexcept {
    return 32768.0 * std::numbers::sqrt2 * std::pow(10.0, (dbm0 + dbov_of_0_dbm0) / 20);
}

}  // namespace rtp
