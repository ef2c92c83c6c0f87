#include "ways.hpp"

#include <charconv>

#include <fmt/format.h>

#include "forwarding.hpp"

namespace proxy {
namespace {

/// Reads what sip::to_string(endpoint) wrote: "tcp [2001:db8::1]:5060".
std::optional<sip::endpoint> endpoint_from(std::string_view text) {
    auto space = text.find(' '), colon = text.rfind(':');
    if (space == text.npos || colon == text.npos || colon < space) return std::nullopt;
    auto kind = sip::transport_from(text.substr(0, space));
    auto address = sip::ip_address::from(text.substr(space + 1, colon - space - 1));
    std::uint16_t port = 0;
    auto digits = text.substr(colon + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!kind || !address || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return sip::endpoint{*address, port, *kind};
}

}  // namespace

ways::ways(own_names& names, sip::environment& environment)
    : names_(&names), key_{environment.random(), environment.random()} {}

sip::flow_id ways::add(sip::flow_description const& description) {
    if (!description.remote) names_->add_address(description.local);
    return flows_.add(description);
}

void ways::on_event(sip::flow_event const& event) {
    flows_.on_event(event);
}

way ways::over(sip::flow_entry const& flow, sip::endpoint const& to) const {
    way found{flow.id, to, flow.local};
    // The local port of a connection leads nowhere once it is gone: sent-by names the listener (18.1.1).
    if (sip::is_reliable(to.kind))
        if (auto listener = names_->address(to.kind, to.address.is_v6)) found.sent_by = *listener;
    return found;
}

std::optional<way> ways::towards(sip::endpoint const& to, sip::actions& out) {
    if (auto known = flows_.towards(to)) return over(*flows_.find(*known), to);
    if (!sip::is_reliable(to.kind)) return std::nullopt;
    auto opening = flows_.add_opening(to);
    out.push_back(sip::open_flow{opening, to, {}});
    return over(*flows_.find(opening), to);
}

std::optional<way> ways::back_to(std::string_view received) {
    auto to = endpoint_from(received);
    if (!to) return std::nullopt;
    auto known = flows_.towards(*to);
    return known ? std::optional(over(*flows_.find(*known), *to)) : std::nullopt;
}

std::string ways::token(sip::flow_entry const& flow) const {
    if (!flow.remote) return {};
    auto id = static_cast<std::uint64_t>(flow.id);
    return fmt::format("{:x}-{:016x}", id, sip::keyed_hash(key_).number(id).finish());
}

std::optional<way> ways::along(std::string_view text) const {
    std::uint32_t id = 0;
    auto dash = text.find('-');
    if (dash == text.npos) return std::nullopt;
    auto [end, error] = std::from_chars(text.data(), text.data() + dash, id, 16);
    if (error != std::errc() || end != text.data() + dash) return std::nullopt;
    auto const* flow = flows_.find(sip::flow_id{id});
    if (flow == nullptr || flow->state != sip::flow_state::up || token(*flow) != text) return std::nullopt;
    return over(*flow, *flow->remote);
}

std::vector<std::string> ways::record_routes(sip::flow_id arrival, way const& departure) const {
    auto const* leaving = flows_.find(departure.flow);
    auto const* arriving = flows_.find(arrival);
    if (leaving == nullptr) return {};
    if (arriving == nullptr || (arriving->id == leaving->id && !leaving->remote))
        return {record_route(departure.sent_by, token(*leaving))};
    auto from = over(*arriving, arriving->remote.value_or(arriving->local));
    return {record_route(departure.sent_by, token(*leaving)), record_route(from.sent_by, token(*arriving))};
}

}  // namespace proxy
