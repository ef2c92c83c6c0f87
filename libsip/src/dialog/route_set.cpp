#include "sip/dialog/route_set.hpp"

#include <algorithm>

#include "sip/syntax/address.hpp"

namespace sip {

namespace {

std::string_view uri_of(std::string_view route) noexcept {
    auto const address = parse_name_addr(route);
    return address ? address->uri.text : std::string_view{};
}

/// 19.1.1, table 1: headers and the method parameter may not stand in a Request-URI.
std::string as_request_uri(std::string_view text) {
    auto const uri = parse_uri(text);
    if (!uri || !uri->is_sip_or_sips()) return std::string(text);
    auto const params_at = static_cast<std::size_t>(
        uri->params.empty() ? text.find('?') : static_cast<std::size_t>(uri->params.text().data() - text.data())
    );
    std::string out(text.substr(0, params_at));
    for (auto const& param : uri->params) {
        if (detail::equal_ignoring_case(param.name, "method")) continue;
        out += ';';
        out += param.name;
        if (param.has_value) {
            out += '=';
            out += param.value;
        }
    }
    return out;
}

}  // namespace

parsed<route_set> route_set_from(message_view message, route_order order, std::size_t most) {
    route_set routes;
    auto const values = message.all<header_id::record_route>();
    for (auto at = values.begin(); at != values.end(); ++at) {
        auto const address = *at;
        if (!address) {
            auto failure = address.error();
            failure.where = header_id::record_route;
            return failure;
        }
        if (routes.size() == most) return parse_failure{errc::too_large, 400, header_id::record_route, 0};
        routes.emplace_back(at.text());
    }
    if (order == route_order::reversed) std::reverse(routes.begin(), routes.end());
    return routes;
}

routed_target::routed_target(std::string_view target, route_set const& routes) : target_(target), routes_(routes) {
    auto const uri = parse_uri(target);
    if (uri && (!uri->headers.empty() || uri->params.has("method"))) plain_target_ = as_request_uri(target);
    if (routes.empty()) return;
    first_uri_ = uri_of(routes.front());
    auto const first = parse_uri(first_uri_);
    strict_ = first && !first->is_loose_router();
    if (strict_) strict_uri_ = as_request_uri(first_uri_);
}

std::string_view routed_target::next_hop() const noexcept {
    return routes_.empty() ? target() : first_uri_;
}

void routed_target::write_routes(message_builder& out) const {
    // A strict router takes its own URI out of the list; the target travels at the end (12.2.1.1).
    for (std::size_t i = strict_ ? 1 : 0; i < routes_.size(); ++i)
        out.header(header_id::route, routes_[i]);
    if (strict_) out.begin(header_id::route).text("<").text(target()).text(">");
}

}  // namespace sip
