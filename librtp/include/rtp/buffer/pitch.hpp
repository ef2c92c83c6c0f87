// The period at which a stretch of sound repeats itself, for inventing more of it and for leaving some out unheard.
//
// Normalised autocorrelation. No state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtp {

/// The period of a voice.
struct pitch {
    std::size_t period = 0;  ///< In samples.
    float likeness = 0;      ///< 1: repeats exactly; 0 or less: not at all, as noise or silence.
};

/// Where to look, in samples.
struct pitch_range {
    std::size_t shortest = 0;  ///< In samples.
    std::size_t longest = 0;  ///< In samples.
    std::size_t compared = 0;  ///< So many of the last samples are compared with what is a period before them.
};

/// Needs `longest` + `compared` samples and looks at the last of them. With fewer, or an empty range: the shortest
/// period and no likeness.
[[nodiscard]] pitch
find_pitch(std::span<const std::int16_t> samples, std::uint32_t sample_rate, pitch_range const&) noexcept;

/// The pitch of voices, 66 to 200 Hz, over 15 ms.
[[nodiscard]] constexpr pitch_range voice_range(std::uint32_t sample_rate) noexcept {
    return {sample_rate * 5UL / 1000, sample_rate * 15UL / 1000, sample_rate * 15UL / 1000};
}

}  // namespace rtp
