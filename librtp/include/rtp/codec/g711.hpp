// G.711: the two logarithmic 8-bit codes of telephony, mu-law (PCMU) and A-law (PCMA), against 16-bit linear samples.
//
// Sample functions only; the codecs that packets use are made from them in codec.hpp. Decoding is a table, encoding a
// few operations that a compiler can do for several samples at once. ITU-T G.711 tables 1 and 2, in the 16-bit scale of
// G.191: the 14-bit mu-law range is shifted left by two, the 13-bit A-law range by three, and a negative sample is
// coded as the positive one beside it (-1 as 0), so that both halves hold the same number of inputs.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace rtp::g711 {

namespace detail {

/// The size of a sample without its sign: 0, 1, 2 ... for 0, 1, 2 ... and for -1, -2, -3 ...
constexpr std::int32_t magnitude(std::int16_t sample) noexcept {
    return sample ^ (sample >> 15);
}

/// Segments double in width: both codes are a small floating point format, with the segment as exponent and the step as
/// mantissa. So the processor's own format has the answer in its upper bits, for many samples at a time. Exact, since a
/// float holds 24 bits. `lowest`: the exponent that becomes segment 0.
constexpr std::int32_t segment_and_step(std::int32_t size, std::int32_t lowest) noexcept {
    auto const bits = std::bit_cast<std::int32_t>(static_cast<float>(size));
    return (bits >> 19) - ((127 + lowest) << 4);
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
    constexpr std::int32_t clip = 32635;
    constexpr std::int32_t bias = 0x84;  // moves the segment borders to powers of two, the first of them to 2^7
    auto const size = detail::magnitude(sample);
    auto const code = detail::segment_and_step((size > clip ? clip : size) + bias, 7);
    return static_cast<std::uint8_t>(~(code | ((sample >> 15) & 0x80)));
}

[[nodiscard]] constexpr std::uint8_t encode_a_law(std::int16_t sample) noexcept {
    auto const size = detail::magnitude(sample) >> 4;  // 0..2047: the interval is decided by these bits alone
    auto const in_lowest = (size - 16) >> 31;  // all ones or none: a choice without a branch, for many samples at once
    auto const code = (size & in_lowest) | (detail::segment_and_step(size, 3) & ~in_lowest);
    return static_cast<std::uint8_t>(code ^ 0xD5 ^ ((sample >> 15) & 0x80));
}

}  // namespace rtp::g711
