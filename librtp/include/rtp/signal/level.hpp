// Loudness of linear 16-bit samples, in the two scales that telephony uses.
//
// dBov: relative to overload, the RMS of a full-scale square wave (RFC 3389 3, RFC 6464 3); a full-scale sine is
// -3.01 dBov and digital silence is reported as -96. dBm0: relative to the digital milliwatt of G.711, which lies 3.14
// dB below a full-scale A-law sine.
#pragma once

#include <cstdint>
#include <span>

namespace rtp {

inline constexpr double silence_dbov = -96.0;
inline constexpr double dbov_of_0_dbm0 = -6.15;

/// RMS level of a stretch of samples, in dBov. An empty stretch is silent.
[[nodiscard]] double level_dbov(std::span<const std::int16_t> samples) noexcept;

/// The same from a mean square (in units of 16-bit steps squared).
[[nodiscard]] double dbov_of_mean_square(double mean_square) noexcept;

/// The peak, in 16-bit steps, of a sine with this level.
[[nodiscard]] double sine_peak_of_dbm0(double dbm0) noexcept;

[[nodiscard]] constexpr double dbm0_of_dbov(double dbov) noexcept {
    return dbov - dbov_of_0_dbm0;
}

}  // namespace rtp
