#include "sip/transport/flow_table.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

#include "sip/transport/certificate_names.hpp"
#include "syntax/chars.hpp"

namespace sip {
namespace {

bool leads_to(flow_entry const& flow, endpoint const& to, std::string_view server_name) noexcept {
    if (flow.remote != to && flow.alias != to) return false;
    return !is_secure(to.kind) || names_domain(flow.names, server_name);
}

unsigned common_prefix(ip_address const& a, ip_address const& b) noexcept {
    unsigned bits = 0;
    for (std::size_t i = 0; i < (a.is_v6 ? a.bytes.size() : 4U); ++i) {
        auto const differing = static_cast<std::uint8_t>(a.bytes[i] ^ b.bytes[i]);
        bits += static_cast<unsigned>(std::countl_zero(differing));
        if (differing != 0) break;
    }
    return bits;
}

/// How well `from` serves as source of a datagram for `to`: larger is better.
auto suitability(ip_address const& from, ip_address const& to) noexcept {
    bool const same_scope = from.is_loopback() == to.is_loopback() && from.is_link_local() == to.is_link_local();
    return std::tuple(from == to, same_scope, common_prefix(from, to));
}

/// Host of the first Contact; empty where there is none that can be read.
std::string_view contact_host(message_view request) noexcept {
    auto const contact = request.get<header_id::contact>();
    return contact ? contact->uri.host : std::string_view{};
}

}  // namespace

bool is_invalid_name(std::string_view host) noexcept {
    constexpr std::string_view top = ".invalid";
    if (host.ends_with('.')) host.remove_suffix(1);
    return host.size() > top.size() && chars::equal_ignoring_case(host.substr(host.size() - top.size()), top);
}

flow_id flow_table::add(flow_description const& description) {
    flow_entry fresh;
    fresh.id = flow_id{++last_};
    fresh.local = description.local;
    fresh.remote = description.remote;
    fresh.names = description.verified_names;
    fresh.is_authenticated = !fresh.names.empty();
    flows_.push_back(std::move(fresh));
    return flows_.back().id;
}

flow_id flow_table::add_opening(endpoint const& remote, std::string_view server_name) {
    flow_entry fresh;
    fresh.id = flow_id{++last_};
    fresh.local.kind = remote.kind;
    fresh.local.address.is_v6 = remote.address.is_v6;
    fresh.remote = remote;
    fresh.state = flow_state::opening;
    if (is_secure(remote.kind)) fresh.names.emplace_back(server_name);
    flows_.push_back(std::move(fresh));
    return flows_.back().id;
}

flow_entry* flow_table::find_mutable(flow_id id) noexcept {
    auto at =
        std::lower_bound(flows_.begin(), flows_.end(), id, [](flow_entry const& f, flow_id x) { return f.id < x; });
    return at != flows_.end() && at->id == id ? &*at : nullptr;
}

flow_entry const* flow_table::find(flow_id id) const noexcept {
    return const_cast<flow_table*>(this)->find_mutable(id);
}

std::optional<endpoint> flow_table::named_by(flow_id id) const noexcept {
    if (auto const* flow = find(id)) return flow->local;
    for (auto const& one : former_)
        if (one.id == id) return one.local;
    return std::nullopt;
}

void flow_table::on_event(flow_event const& event) {
    auto* flow = find_mutable(event.flow);
    if (flow == nullptr) return;
    switch (event.change) {
        case flow_change::up:
            flow->state = flow_state::up;
            flow->local = event.local;
            if (!event.verified_names.empty()) flow->names = event.verified_names;
            return;
        case flow_change::moved:
            if (!flow->remote) {
                flow->local = event.local;
                return;
            }
            [[fallthrough]];
        case flow_change::failed:
        case flow_change::closed:
            if (flow->state == flow_state::up) {
                if (former_.size() == former_.capacity()) former_.erase(former_.begin());
                former_.push_back({flow->id, flow->local});
            }
            flows_.erase(flows_.begin() + (flow - flows_.data()));
            return;
    }
}

void flow_table::on_request(flow_id id, message_view request) {
    auto* flow = find_mutable(id);
    if (flow == nullptr || !flow->remote) return;
    auto const via = request.top_via();
    if (flow->is_authenticated && flow->local.kind == transport_kind::tls && via.params.has("alias"))
        flow->alias =
            endpoint{flow->remote->address, via.port.value_or(default_port(transport_kind::tls)), transport_kind::tls};
    if (!is_websocket(flow->local.kind)) return;
    for (auto const host : {via.host, contact_host(request)}) {
        if (!is_invalid_name(host) || flow->names.size() >= most_names || named(host)) continue;
        flow->names.emplace_back(host);
    }
}

std::optional<flow_id> flow_table::socket_towards(endpoint const& to) const noexcept {
    flow_entry const* best = nullptr;
    for (auto const& flow : flows_) {
        if (flow.local.kind != to.kind || flow.remote || flow.local.address.is_v6 != to.address.is_v6) continue;
        if (best == nullptr ||
            suitability(flow.local.address, to.address) > suitability(best->local.address, to.address))
            best = &flow;
    }
    return best != nullptr ? std::optional(best->id) : std::nullopt;
}

std::optional<flow_id> flow_table::towards(endpoint const& to, std::string_view server_name) const noexcept {
    if (!is_reliable(to.kind)) return socket_towards(to);
    std::optional<flow_id> found;
    for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
        if (!leads_to(*flow, to, server_name)) continue;
        if (flow->state == flow_state::up) return flow->id;
        if (!found) found = flow->id;
    }
    return found;
}

std::optional<flow_id> flow_table::connected_to(endpoint const& to) const noexcept {
    for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow)
        if (flow->remote == to && flow->state == flow_state::up) return flow->id;
    return std::nullopt;
}

std::optional<flow_id> flow_table::bound_to(endpoint const& local) const noexcept {
    for (auto const& flow : flows_)
        if (!flow.remote && flow.local == local) return flow.id;
    return std::nullopt;
}

std::optional<endpoint> flow_table::named(std::string_view host) const noexcept {
    for (auto const& flow : flows_)
        if (flow.remote && is_websocket(flow.local.kind) && names_domain(flow.names, host)) return flow.remote;
    return std::nullopt;
}

}  // namespace sip
