#include "proxy/recording.hpp"

#include <fmt/format.h>

#include "proxy/header_values.hpp"

namespace sip::proxy {
namespace {

/// A caller over datagrams that is not where its Contact says, or wants its flow kept (RFC 5626 5.3.2): requests in the
/// dialog must come to it as its responses do. Only the first proxy can tell.
ways::reach reach_of(message_view request, endpoint const& from) {
    auto const contact = request.get<header_id::contact>();
    if (!contact || vias(request) != 1 || !request.top_via().params.has("rport")) return ways::reach::by_address;
    auto const host = ip_address::from(contact->uri.host);
    bool const is_there = host && *host == from.address && contact->uri.port.value_or(5060) == from.port;
    return is_there && !contact->uri.params.has("ob") ? ways::reach::by_address : ways::reach::by_flow;
}

bool knows_path(message_view request) {
    return request.has_token<header_id::supported>("path") || request.has_token<header_id::require>("path") ||
           request.has_token<header_id::supported>("outbound");
}

/// Requests of the dialog are let through unasked, so each must bring the proof that we recorded its dialog.
std::vector<std::string> signed_routes(std::vector<std::string> routes, std::string_view signature) {
    for (auto& route : routes)
        route.insert(route.size() - 1, fmt::format(";{}={}", signature_parameter, signature));
    return routes;
}

}  // namespace

std::vector<std::string> record_routes(
    ways const& ways, arrived const& came, routing const& onward, way const& departure
) {
    auto const next = parse_uri(next_hop(onward));
    bool const is_sips = next && next->scheme == uri_scheme::sips;
    auto const scheme_of = [&](way const& side) {
        return is_sips && is_secure(side.to.kind) ? uri_scheme::sips : uri_scheme::sip;
    };
    std::vector<std::string> routes{ways.route_to(departure, scheme_of(departure))};
    auto const arrival = ways.back_to(came.flow, came.from, reach_of(came.request, came.from));
    auto const signature = ways.signature_of(came.request);
    if (!arrival) return signed_routes(std::move(routes), signature);
    auto back = ways.route_to(*arrival, scheme_of(*arrival));
    if (back != routes.front()) routes.push_back(std::move(back));
    return signed_routes(std::move(routes), signature);
}

std::string path_value(ways const& ways, arrived const& came, way const& departure) {
    if (!knows_path(came.request)) return {};
    auto facing = departure;
    facing.by_flow = false;
    if (vias(came.request) != 1) return ways.route_to(facing, uri_scheme::sip);
    auto const phone = ways.back_to(came.flow, came.from, ways::reach::by_flow);
    if (!phone) return {};
    facing.flow = phone->flow;
    facing.to = phone->to;
    facing.by_flow = true;
    auto uri = ways.route_to(facing, uri_scheme::sip);
    return uri.insert(uri.size() - 1, ";ob");  // RFC 5626 5.1: we are next to the phone
}

}  // namespace sip::proxy
