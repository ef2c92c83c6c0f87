// Copies of SIP messages in packets of the HEP protocol, version 3, as Kamailio's siptrace module sends them to a
// capture server.
#pragma once

#include <span>
#include <string>

namespace conformance {

/// One HEP packet as a JSON line (observation.hpp); `proxy_address` tells what the proxy sent from what it got. Empty
/// where it is no such packet, or not about SIP.
[[nodiscard]] std::string line_of_hep(std::span<const unsigned char> packet, const std::string& proxy_address);

}  // namespace conformance
