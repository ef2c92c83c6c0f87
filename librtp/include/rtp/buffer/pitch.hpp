// The period at which a stretch of sound repeats itself, for inventing more of it and for leaving some out unheard.
//
// Normalised autocorrelation over the pitch range of voices, 66 to 200 Hz. No state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtp {

struct pitch {
    std::size_t period = 0;  ///< In samples: 5 to 15 ms.
    float likeness = 0;      ///< 1: repeats exactly; 0 or less: not at all, as noise or silence.
};

/// How many samples find_pitch needs: two windows of 15 ms.
[[nodiscard]] constexpr std::size_t pitch_window(std::uint32_t sample_rate) noexcept {
    return sample_rate * 30 / 1000;
}

/// Looks at the last pitch_window() of the samples. With fewer, the shortest period and no likeness.
[[nodiscard]] pitch find_pitch(std::span<const std::int16_t> samples, std::uint32_t sample_rate) noexcept;

}  // namespace rtp
