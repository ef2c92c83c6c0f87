// Measurements on a stretch of samples: how strong given frequencies are in it, which frequency leads, how pure it is.
//
// For tests, for the line check of a phone, for "is that the tone I sent". Not a real-time detector: each call looks at
// the whole stretch. Goertzel's algorithm with a Hann window, so that a strong tone does not leak into its neighbours'
// figures; two tones are told apart when they are at least four cycles over the stretch apart (20 Hz in 200 ms).
#pragma once

#include <cstdint>
#include <span>

namespace rtp {

/// The level of one frequency in the samples, in dBov, as of a sine. At least 10 ms of samples are needed for a
/// meaningful figure. `hertz` below half the sample rate.
[[nodiscard]] double tone_level_dbov(
    std::span<const std::int16_t> samples, std::uint32_t sample_rate, double hertz
) noexcept;

/// The loudest frequency.
struct dominant_tone {
    double hertz = 0;         ///< 0: silence.
    double level_dbov = -96;  ///< Of that tone alone.
    double purity = 0;        ///< Its share of the whole power (without the mean), 0 to 1.
};

/// The strongest tone between `from` and `to` Hz, found by a scan and refined to about 0.1 Hz on a clean tone of 200
/// ms. Cost: some hundred passes over the samples.
[[nodiscard]] dominant_tone find_dominant_tone(
    std::span<const std::int16_t> samples, std::uint32_t sample_rate, double from = 100, double to = 3900
) noexcept;

}  // namespace rtp
