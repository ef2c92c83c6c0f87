// The URIs of ours that a request takes along, so that others come back the same way: Record-Route (RFC 3261 16.6 step
// 4) and Path (RFC 3327 5.2, RFC 5626 5.1).
#pragma once

#include <string>
#include <vector>

#include "sip/proxy/forwarding.hpp"
#include "sip/proxy/ways.hpp"
#include "sip/syntax/message.hpp"

namespace sip::proxy {

/// A request and where it came from.
struct arrived {
    message_view request;
    flow_id flow = flow_id::none;
    endpoint from;
};

/// One element, or two where the two sides differ in address, transport or flow (RFC 5658). The first is for the side
/// that the request leaves to.
[[nodiscard]] std::vector<std::string> record_routes(
    ways const&, arrived const&, routing const& onward, way const& departure
);

/// Our address as the registrar sees it, with the flow of a phone that came to us first; empty for a phone that does
/// not know Path.
[[nodiscard]] std::string path_value(ways const&, arrived const&, way const& departure);

}  // namespace sip::proxy
