// The telephone-event payload (one four-byte report) and the digits that it can carry. RFC 4733 2.3, 3.2.
//
// Only the format: when to send reports is dtmf_sender.hpp, what received reports mean is dtmf_receiver.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/error.hpp"

namespace rtp {

/// 0 to 9 are the digits, then * # A B C D (15) and hook flash (16). Others may arrive; they are passed on as they are.
enum class event_code : std::uint8_t {};

[[nodiscard]] constexpr std::optional<event_code> event_of(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return static_cast<event_code>(digit - '0');
    if (digit >= 'A' && digit <= 'D') return static_cast<event_code>(digit - 'A' + 12);
    if (digit >= 'a' && digit <= 'd') return static_cast<event_code>(digit - 'a' + 12);
    if (digit == '*') return event_code{10};
    if (digit == '#') return event_code{11};
    return std::nullopt;
}

/// The digit as a character; nothing for events that are no DTMF digit.
[[nodiscard]] constexpr std::optional<char> digit_of(event_code event) noexcept {
    auto const code = static_cast<std::size_t>(event);
    if (code > 15) return std::nullopt;
    return "0123456789*#ABCD"[code];
}

/// One report about one event.
struct telephone_event {
    static constexpr std::size_t size = 4;  ///< Of the payload, in bytes.

    event_code event{};  ///< The digit.
    bool end = false;  ///< It is over.
    std::uint8_t volume = 0;     ///< 0..63: the power in -dBm0.
    std::uint16_t duration = 0;  ///< Since the RTP timestamp, in its units. 0 only for states, which digits are not.

    friend bool operator==(telephone_event const&, telephone_event const&) = default;

    /// The report at the start of `payload`. A payload may hold several (RFC 4733 2.5.1.5): parse again four bytes on.
    [[nodiscard]] static parsed<telephone_event> parse(std::span<const std::byte> payload) noexcept;
    [[nodiscard]] std::array<std::byte, size> to_bytes() const noexcept;  ///< The payload.
};

}  // namespace rtp
