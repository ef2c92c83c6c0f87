// Making a stretch of samples shorter or longer by blending it with itself, moved by the difference.
//
// Unheard in near silence for any difference, and in voiced sound and tones if the difference is a pitch period. In
// place, no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtp {

/// Takes `less` samples (at most all) out of the first `size` of `samples`. Returns the new size.
std::size_t shorten(std::span<std::int16_t> samples, std::size_t size, std::size_t less) noexcept;

/// Puts `more` samples (at most `size`) into the first `size` of `samples`, which has room for size + more. Returns the
/// new size.
std::size_t lengthen(std::span<std::int16_t> samples, std::size_t size, std::size_t more) noexcept;

}  // namespace rtp
