// The text work of a proxy as pure functions: what a received request's Routes say (RFC 3261 16.4), the copy that is
// sent on (16.6), and how loops are recognised (RFC 5393 4.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/proxy/own_names.hpp"
#include "sip/syntax/message.hpp"
#include "sip/transaction/keyed_hash.hpp"

namespace sip::proxy {

/// A request after 16.4: our own Route values are gone, a strict router's rewriting is undone.
struct routing {
    std::string request_uri;               ///< of the forwarded request
    std::vector<std::string> routes = {};  ///< what is left, one element each
    bool came_by_our_route = false;        ///< a Route of ours was there
    std::string token = {};                ///< the user part of the last Route of ours: names a flow
    std::string signature = {};            ///< in the last Route of ours: whose dialog it was recorded in
    bool is_outbound = false;              ///< that Route has "ob": it stood in a Path (RFC 5626 5.3.1)
};
/// The parameter of our Record-Route URIs that carries the signature.
inline constexpr std::string_view signature_parameter = "by";
[[nodiscard]] routing read_routes(message_view request, own_names const&);

/// The request goes by these first: a Path (RFC 3327 5.4), as one header value.
void prepend_routes(routing&, std::string_view list);
/// 16.6 step 6: where the next hop is a strict router, the Request-URI moves to the end of the Routes and the first
/// Route takes its place.
void prepare_for_strict_router(routing&);
/// Step 7: the URI whose host the request goes to.
[[nodiscard]] std::string_view next_hop(routing const&);

/// What changes in the copy; everything else stays as it came, in its order.
struct changes {
    routing const* route = nullptr;            ///< where it goes
    std::vector<std::string> record_routes;    ///< put in front of those that are there
    std::string path;                          ///< the same for Path; or empty
    std::string history;     ///< lines of History-Info that take the place of those that are there; or empty
    std::string diversions;  ///< lines of Diversion, newer than those that are there; or empty
    std::uint32_t max_forwards = 70;           ///< of the forwarded request
    std::optional<std::uint32_t> max_breadth;  ///< of the forwarded request (RFC 5393)
    std::string_view own_realm;                ///< Proxy-Authorization for it is ours to consume (22.3)
};
[[nodiscard]] std::string forwarded_request(message_view original, changes const&);

/// Requests whose answers may make a dialog; a method that we do not know may as well (16.6 step 4).
[[nodiscard]] bool may_make_dialog(method) noexcept;

/// Depends on everything that decides where a request goes, and not on its method.
[[nodiscard]] std::string loop_mark(hash_key, message_view request);
/// True where a Via of ours carries this very mark: the request came back unchanged.
[[nodiscard]] bool has_looped(message_view request, own_names const&, std::string_view mark);

}  // namespace sip::proxy
