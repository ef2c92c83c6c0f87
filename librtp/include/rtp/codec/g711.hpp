// G.711: the two logarithmic 8-bit codes of telephony, mu-law (PCMU) and A-law (PCMA), against 16-bit linear samples.
//
// Sample functions only; the codecs that packets use are made from them in codec.hpp. Decoding is a table, encoding a
// few integer operations. ITU-T G.711 tables 1 and 2, in the 16-bit scale of G.191: the 14-bit mu-law range is shifted
// left by two, the 13-bit A-law range by three, and a negative sample is coded as the positive one beside it (-1 as
// 0), so that both halves hold the same number of inputs.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace rtp::g711 {

namespace detail {

/// The size of a sample without its sign: 0, 1, 2 ... for 0, 1, 2 ... and for -1, -2, -3 ...
constexpr std::uint32_t magnitude(std::int16_t sample) noexcept {
    return static_cast<std::uint32_t>(sample < 0 ? ~static_cast<std::int32_t>(sample) : sample);
}

/// The linear value in the middle of the interval that a mu-law octet names.
constexpr std::int16_t mu_law_value(std::uint8_t octet) noexcept {
    auto const code = static_cast<std::uint32_t>(~octet & 0xFF);  // all bits travel inverted
    auto const segment = (code >> 4) & 7;
    auto const size = static_cast<std::int32_t>(((((code & 15) << 3) + 0x84) << segment) - 0x84);
    return static_cast<std::int16_t>((code & 0x80) != 0 ? -size : size);
}

constexpr std::int16_t a_law_value(std::uint8_t octet) noexcept {
    auto const code = static_cast<std::uint32_t>(octet ^ 0x55);  // even bits travel inverted
    auto const segment = (code >> 4) & 7;
    auto const step = ((code & 15) << 4) + 8;
    auto const size = static_cast<std::int32_t>(segment == 0 ? step : (step + 0x100) << (segment - 1));
    return static_cast<std::int16_t>((code & 0x80) != 0 ? size : -size);
}

template <std::int16_t (*Value)(std::uint8_t) noexcept>
constexpr std::array<std::int16_t, 256> table() noexcept {
    std::array<std::int16_t, 256> values{};
    for (std::size_t octet = 0; octet < values.size(); ++octet)
        values[octet] = Value(static_cast<std::uint8_t>(octet));
    return values;
}

inline constexpr auto mu_law_values = table<mu_law_value>();
inline constexpr auto a_law_values = table<a_law_value>();

}  // namespace detail

/// The octets that stand for silence.
inline constexpr std::uint8_t mu_law_silence = 0xFF;
inline constexpr std::uint8_t a_law_silence = 0xD5;

[[nodiscard]] constexpr std::int16_t decode_mu_law(std::uint8_t octet) noexcept {
    return detail::mu_law_values[octet];
}

[[nodiscard]] constexpr std::int16_t decode_a_law(std::uint8_t octet) noexcept {
    return detail::a_law_values[octet];
}

/// Samples beyond +-32635 are clipped to the last interval.
[[nodiscard]] constexpr std::uint8_t encode_mu_law(std::int16_t sample) noexcept {
    constexpr std::uint32_t clip = 32635;
    constexpr std::uint32_t bias = 0x84;  // moves the segment borders to powers of two
    auto const size = detail::magnitude(sample);
    auto const biased = (size > clip ? clip : size) + bias;
    auto const segment = static_cast<std::uint32_t>(std::bit_width(biased)) - 8;
    auto const code = (segment << 4) | ((biased >> (segment + 3)) & 15);
    return static_cast<std::uint8_t>(~(code | (sample < 0 ? 0x80U : 0U)));
}

[[nodiscard]] constexpr std::uint8_t encode_a_law(std::int16_t sample) noexcept {
    auto const size = detail::magnitude(sample) >> 4;  // 0..2047: the interval is decided by these bits alone
    auto const width = static_cast<std::uint32_t>(std::bit_width(size));
    auto const segment = width <= 4 ? 0U : width - 4;
    auto const step = segment == 0 ? size : (size >> (segment - 1)) & 15;
    return static_cast<std::uint8_t>(((segment << 4) | (step & 15) | (sample < 0 ? 0U : 0x80U)) ^ 0x55U);
}

}  // namespace rtp::g711
