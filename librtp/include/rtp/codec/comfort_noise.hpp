// The payload of comfort noise (RFC 3389 3): how loud the silence is, and what colour it has.
//
// The sender of a voice stops sending while nobody speaks and describes the noise of the room once, and again when it
// changes. Knows the octets only; buffer/noise_generator.hpp makes them audible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rtp {

/// Silence, described (RFC 3389).
struct comfort_noise {
    /// A description may have any number of coefficients; what is beyond these is left out, which is a coarser
    /// description of the same noise.
    static constexpr std::size_t most_coefficients = 16;

    std::uint8_t level = 127;  ///< In dB below the overload point, 0 to 127 (RFC 3389 3.1).
    std::uint8_t order = 0;    ///< How many of `reflection` are used; 0: white.
    /// Between -1 and 1, of the recursion 1 + a1/z + ... with a_m = k_m: noise with more low than high tones has a
    /// negative first one.
    std::array<float, most_coefficients> reflection{};
};

/// Nothing for an empty payload. The reserved bit of the level is ignored, the reserved index 255 means 0.
[[nodiscard]] std::optional<comfort_noise> read_comfort_noise(std::span<const std::byte> payload) noexcept;

/// Writes a payload and returns its length: 1 + order, at most what fits into `payload`.
std::size_t write_comfort_noise(comfort_noise const&, std::span<std::byte> payload) noexcept;

}  // namespace rtp
