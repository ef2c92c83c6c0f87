// Lists of option tags and methods in messages.
#pragma once

#include <string_view>

#include "sip/syntax/message.hpp"

namespace sip {

/// "100rel, timer" has the token "timer", in any case.
[[nodiscard]] bool has_token(std::string_view list, std::string_view token) noexcept;

/// True where a Require, Supported or Allow of the message has this token.
template <header_id Id>
[[nodiscard]] bool lists(message_view, std::string_view token) noexcept;

}  // namespace sip
