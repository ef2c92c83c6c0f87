// A relay's ports in the place of other ports, in the text of a SIP message.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace conformance {

/// The port that is to stand where `port` does; the same where it stays. `is_route`: in Via, Route or Record-Route.
using port_renaming = std::function<std::uint16_t(std::uint16_t port, bool is_route)>;

/// Changes ports wherever messages and media are directed by them: behind `host` in the start line and the headers, in
/// `rport=`, and in the m= and a=rtcp lines of SDP. What is not five digits long stays as it is: the length of the text
/// does not change, nor Content-Length.
[[nodiscard]] std::string with_ports_renamed(std::string_view message, std::string_view host, const port_renaming&);

}  // namespace conformance
