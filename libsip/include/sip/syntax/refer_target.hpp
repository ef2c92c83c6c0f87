// What a Refer-To asks for (RFC 3515 2.1): a URI whose method parameter and header part tell which request to make
// (RFC 3261 19.1.5). As Replaces carries ';' and '=', it travels escaped.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/error.hpp"
#include "sip/syntax/address.hpp"
#include "sip/syntax/names.hpp"

namespace sip {

/// What a REFER asks its receiver to send.
struct refer_target {
    static constexpr std::size_t most_headers = 16;  ///< more are errc::too_large

    std::string uri;  ///< without method parameter and header part: fit for a Request-URI
    sip::method method = sip::method::invite;  ///< of the request to make
    std::vector<std::pair<std::string, std::string>> headers;  ///< unescaped: {"Replaces", "id;to-tag=a;from-tag=b"}
};

/// Only headers that a stranger may put into our request are taken over (19.1.5): Replaces, Join, Require and what says
/// for whom the call is; not those that route, identify or authenticate. errc::too_large for more than most_headers,
/// syntax_error for what is no header part or hides a line break or NUL.
[[nodiscard]] parsed<refer_target> parse_refer_target(name_addr_view const&);
/// The value of Refer-To, in brackets.
[[nodiscard]] std::string to_string(refer_target const&);

}  // namespace sip
