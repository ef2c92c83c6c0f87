// Lists of option tags and methods in messages.
#pragma once

#include <string_view>

#include "sip/syntax/message.hpp"

namespace sip {

inline constexpr std::string_view list_option = "eventlist";  ///< RFC 4662

/// "100rel, timer" has the token "timer", in any case.
[[nodiscard]] bool has_token(std::string_view list, std::string_view token) noexcept;

/// True where a Require, Supported or Allow of the message has this token.
template <header_id Id>
[[nodiscard]] bool lists(message_view, std::string_view token) noexcept;

/// RFC 3261 8.1.1.9, RFC 4028 7.1: our extensions go with every request but ACK.
[[nodiscard]] constexpr bool tells_abilities(method name) noexcept {
    return name != method::ack;
}

}  // namespace sip
