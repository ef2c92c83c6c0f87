// What a transport does to Via, and where a response goes (RFC 3261 18.2.1, 18.2.2; RFC 3581). The functions that make
// text assign to a string of the caller, who keeps it: on the message path it has its capacity already.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/syntax/headers/via.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

/// Writes the top Via with received and rport filled in as 18.2.1 and RFC 3581 4 ask. What a client wrote there itself
/// is replaced. False (and `stamped` untouched) where the Via may stay as it is: sent-by is the source address, and
/// rport was not asked for.
[[nodiscard]] bool stamp_via(via_view const& top, endpoint const& source, std::string& stamped);

/// Where a response to a request from `source` goes over a datagram flow: maddr, then the source address with the
/// source port where rport was asked for, else with sent-by's port (18.2.2, RFC 3581 4). Over a connection the response
/// takes the connection; then this is the address to connect to where that is gone. Nothing where maddr is a host name.
[[nodiscard]] std::optional<endpoint> response_destination(via_view const& top, endpoint const& source) noexcept;

enum class rport_request : std::uint8_t { no, yes };

/// The value of a new top Via: "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK...;rport".
void write_via(std::string& value, endpoint const& sent_by, std::string_view branch, rport_request);

}  // namespace sip
