// What a transport does to Via, and where a response goes (RFC 3261 18.2.1, 18.2.2; RFC 3581).
#pragma once

#include <optional>
#include <string>

#include "sip/syntax/message.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

/// The top Via with received and rport filled in as 18.2.1 and RFC 3581 4 ask; nothing where it may stay as it is
/// (sent-by is the source address and no rport was asked for).
[[nodiscard]] std::optional<std::string> stamped_via(via_view const& top, endpoint const& source);

/// Where a response to this request goes over a datagram flow: maddr, then received with rport, then received with
/// sent-by's port (18.2.2). Over a connection the response takes the connection; this is the address to connect to
/// where that is gone.
[[nodiscard]] std::optional<endpoint> response_destination(via_view const& top, endpoint const& source);

/// The value of a new top Via: "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK...;rport".
enum class rport_request : std::uint8_t { no, yes };
[[nodiscard]] std::string via_value(endpoint const& sent_by, std::string_view branch, rport_request);

}  // namespace sip
