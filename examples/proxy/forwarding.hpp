// The text work of a proxy as pure functions: what a received request's Routes say (RFC 3261 16.4), the copy that is
// sent on (16.6), and how loops are recognised (RFC 5393 4.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "header_values.hpp"
#include "own_names.hpp"
#include "sip/syntax/message.hpp"
#include "sip/transaction/keyed_hash.hpp"

namespace proxy {

/// A request after 16.4: our own Route values are gone, a strict router's rewriting is undone.
struct routing {
    std::string request_uri;
    std::vector<std::string> routes;  ///< what is left, one element each
    bool came_by_our_route = false;   ///< a Route of ours was there: the request follows a dialog that we recorded
    std::string token;                ///< the user part of the last Route of ours: names a connection
};
[[nodiscard]] routing read_routes(sip::message_view request, own_names const&);

/// 16.6 step 6: where the next hop is a strict router, the Request-URI moves to the end of the Routes and the first
/// Route takes its place.
void prepare_for_strict_router(routing&);
/// Step 7: the URI whose host the request goes to.
[[nodiscard]] std::string_view next_hop(routing const&);

/// What changes in the copy; everything else stays as it came, in its order.
struct changes {
    routing const* route = nullptr;
    std::vector<std::string> record_routes;  ///< put in front of those that are there
    std::uint32_t max_forwards = 70;
    std::optional<std::uint32_t> max_breadth;
    std::string_view own_realm;  ///< Proxy-Authorization for it is ours to consume (22.3)
};
[[nodiscard]] std::string forwarded_request(sip::message_view original, changes const&);

/// A Record-Route element for one side: "<sip:token@192.0.2.1:5060;transport=tcp;lr>".
[[nodiscard]] std::string record_route(sip::endpoint const& at, std::string_view token);

/// Depends on everything that decides where a request goes, and not on its method.
[[nodiscard]] std::string loop_mark(sip::hash_key, sip::message_view request);
/// True where a Via of ours carries this very mark: the request came back unchanged.
[[nodiscard]] bool has_looped(sip::message_view request, own_names const&, std::string_view mark);

}  // namespace proxy
