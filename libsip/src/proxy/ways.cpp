#include "sip/proxy/ways.hpp"

#include <charconv>

#include <fmt/format.h>

namespace sip::proxy {
namespace {

/// Reads what host_port() wrote.
std::optional<endpoint> endpoint_from(transport_kind kind, std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    auto const address = ip_address::from(text.substr(0, colon));
    std::uint16_t port = 0;
    auto const digits = text.substr(colon + 1);
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!address || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return endpoint{*address, port, kind};
}

/// "udp 192.0.2.7:5060 192.0.2.1:5060" in pieces: transport, the peer's end, and of datagrams ours.
struct note_parts {
    transport_kind kind{};
    endpoint peer;
    std::optional<endpoint> local;
};
std::optional<note_parts> parts_of(std::string_view note) {
    auto const space = note.find(' ');
    auto const kind = transport_from(note.substr(0, space));
    if (!kind || space == note.npos) return std::nullopt;
    auto const rest = note.substr(space + 1);
    auto const second = rest.find(' ');
    auto const peer = endpoint_from(*kind, rest.substr(0, second));
    if (!peer) return std::nullopt;
    return note_parts{*kind, *peer, second == rest.npos ? std::nullopt : endpoint_from(*kind, rest.substr(second + 1))};
}

/// The caller's tag is there from the beginning, the callee's is not.
std::string dialog_name(message_view request, std::string_view callers_tag) {
    return fmt::format("{}\n{}", request.call_id(), callers_tag);
}

}  // namespace

flow_id ways::add(flow_description const& description) {
    if (!description.remote) names_->add_address(description.local);
    return flows_.add(description);
}

void ways::on_event(flow_event const& event) {
    flows_.on_event(event);
}

way ways::over(flow_entry const& flow, endpoint const& to, reach how) const {
    way found{flow.id, to, flow.local, flow.remote.has_value() || how == reach::by_flow};
    // The local port of a connection leads nowhere once it is gone: sent-by names the listener (18.1.1).
    if (is_reliable(to.kind))
        if (auto const listener = names_->address(to.kind, to.address.is_v6)) found.sent_by = *listener;
    return found;
}

std::optional<way> ways::towards(location const& place, actions& out) {
    if (auto const known = flows_.towards(place.to, place.server_name))
        return over(*flows_.find(*known), place.to, reach::by_address);
    if (!is_reliable(place.to.kind)) return std::nullopt;
    auto const opening = flows_.add_opening(place.to, place.server_name);
    out.push_back(open_flow{opening, place.to, place.server_name});
    return over(*flows_.find(opening), place.to, reach::by_address);
}

std::optional<way> ways::back_to(flow_id id, endpoint const& from, reach how) const {
    auto const* flow = flows_.find(id);
    return flow == nullptr ? std::nullopt : std::optional(over(*flow, flow->remote.value_or(from), how));
}

std::string ways::note_of(flow_id id, endpoint const& from) const {
    auto const* flow = flows_.find(id);
    if (flow == nullptr || flow->remote) return to_string(from);
    return fmt::format("{} {}", to_string(from), host_port(flow->local));
}

std::optional<way> ways::noted(std::string_view note) const {
    auto const parts = parts_of(note);
    if (!parts) return std::nullopt;
    if (is_reliable(parts->kind)) {
        auto const flow = flows_.connected_to(parts->peer);
        return flow ? std::optional(over(*flows_.find(*flow), parts->peer, reach::by_flow)) : std::nullopt;
    }
    auto flow = parts->local ? flows_.bound_to(*parts->local) : std::nullopt;
    if (!flow) flow = flows_.towards(parts->peer);  // that socket is no more: another one is better than none
    return flow ? std::optional(over(*flows_.find(*flow), parts->peer, reach::by_flow)) : std::nullopt;
}

bool ways::is_of_connection(std::string_view note) noexcept {
    auto const kind = transport_from(note.substr(0, note.find(' ')));
    return kind && is_reliable(*kind);
}

// The number names a connection for one life of ours only, so the peer's address goes with it. For datagrams the note
// says all; where the secret is kept it says so to the next life, too.
std::string ways::token_of(way const& to) const {
    auto const number = is_reliable(to.to.kind) ? static_cast<std::uint32_t>(to.flow) : 0U;
    return seals_->seal(seal_use::flow, fmt::format("{:x} {}", number, note_of(to.flow, to.to)));
}

std::string ways::route_to(way const& to, uri_scheme scheme) const {
    std::string_view transport;
    switch (to.sent_by.kind) {
        case transport_kind::udp:
            break;
        case transport_kind::tcp:
            transport = ";transport=tcp";
            break;
        case transport_kind::tls:
            transport = scheme == uri_scheme::sips ? "" : ";transport=tls";
            break;
        case transport_kind::ws:
        case transport_kind::wss:
            transport = ";transport=ws";
            break;
    }
    return fmt::format(
        "<{}:{}{}{}{};lr>", scheme == uri_scheme::sips ? "sips" : "sip", to.by_flow ? token_of(to) : "",
        to.by_flow ? "@" : "", host_port(to.sent_by), transport
    );
}

std::string ways::signature_of(message_view request) const {
    return seals_->sign(dialog_name(request, request.from_tag()));
}

bool ways::is_signed(message_view request, std::string_view signature) const {
    return !signature.empty() && (seals_->has_signed(dialog_name(request, request.from_tag()), signature) ||
                                  seals_->has_signed(dialog_name(request, request.to_tag()), signature));
}

token_way ways::along(std::string_view token) const {
    if (token.empty()) return {};
    auto const text = seals_->open(seal_use::flow, token);
    auto const space = text ? text->find(' ') : std::string::npos;
    if (space == std::string::npos) return {token_state::forged, std::nullopt};
    std::uint32_t number = 0;
    (void)std::from_chars(text->data(), text->data() + space, number, 16);
    auto const note = std::string_view(*text).substr(space + 1);
    std::optional<way> found;
    if (number == 0) {
        found = noted(note);
    } else {
        auto const* flow = flows_.find(flow_id{number});
        auto const parts = parts_of(note);
        if (flow != nullptr && parts && flow->state == flow_state::up && flow->remote == parts->peer)
            found = over(*flow, parts->peer, reach::by_flow);
    }
    return {found ? token_state::up : token_state::gone, std::move(found)};
}

}  // namespace sip::proxy
