#include "sip/dialog/state.hpp"

#include <algorithm>

namespace sip {

namespace {

/// The URI of the only Contact; nothing where there is none that can be a remote target.
std::optional<std::string_view> target_in(message_view message) noexcept {
    auto const contact = message.get<header_id::contact>();
    if (!contact || contact->is_star || contact->uri.text.empty()) return std::nullopt;
    return contact->uri.text;
}

bool is_for_sips(message_view request) noexcept {
    return request.request_uri_parts().scheme == uri_scheme::sips;
}

}  // namespace

parsed<dialog> dialog::from_response(message_view request, message_view response, std::size_t most_routes) {
    auto routes = route_set_from(response, route_order::reversed, most_routes);
    if (!routes) return routes.error();
    dialog made;
    made.role_ = dialog_role::uac;
    made.call_id_ = request.call_id();
    made.local_tag_ = request.from_tag();
    made.remote_tag_ = response.to_tag();  // empty for an RFC 2543 peer (12.1.2)
    made.local_address_ = request.raw(header_id::from);
    made.remote_address_ = response.raw(header_id::to);
    made.remote_target_ = target_in(response).value_or(request.request_uri());
    made.privacy_ = request.raw(header_id::privacy);
    made.routes_ = std::move(*routes);
    made.local_cseq_ = request.cseq().number;
    made.secure_ = is_for_sips(request);
    if (response.status() >= 200) made.phase_ = dialog_phase::confirmed;
    return made;
}

parsed<dialog> dialog::from_request(message_view request, std::string_view local_tag, std::size_t most_routes) {
    auto target = target_in(request);
    // A peer that knows neither tags nor our duty to send a Contact is one of RFC 2543; it is where its From says.
    bool const is_older_peer = request.from_tag().empty() && !request.has(header_id::contact);
    if (is_older_peer) target = request.from().uri.text;
    if (!target) {
        auto const contact = request.get<header_id::contact>();
        if (!contact) return contact.error();
        return parse_failure{errc::syntax_error, 400, header_id::contact, 0};
    }
    auto routes = route_set_from(request, route_order::as_received, most_routes);
    if (!routes) return routes.error();
    dialog made;
    made.role_ = dialog_role::uas;
    made.call_id_ = request.call_id();
    made.local_tag_ = local_tag;
    made.remote_tag_ = request.from_tag();
    made.local_address_ = request.raw(header_id::to);
    made.local_address_ += ";tag=";
    made.local_address_ += local_tag;
    made.remote_address_ = request.raw(header_id::from);
    made.remote_target_ = *target;
    made.routes_ = std::move(*routes);
    made.remote_cseq_ = request.cseq().number;
    made.secure_ = is_for_sips(request);
    return made;
}

parsed<dialog> dialog::from_notify(message_view subscribe, message_view notify, std::size_t most_routes) {
    auto made = from_request(notify, notify.to_tag(), most_routes);
    if (!made) return made.error();
    made->role_ = dialog_role::uac;
    made->phase_ = dialog_phase::confirmed;
    made->local_address_ = subscribe.raw(header_id::from);
    made->local_cseq_ = subscribe.cseq().number;
    made->secure_ = is_for_sips(subscribe);
    return made;
}

error_code dialog::confirm(message_view response, std::size_t most_routes) {
    auto routes = route_set_from(response, route_order::reversed, most_routes);
    if (!routes) return routes.error().code;
    routes_ = std::move(*routes);
    refresh_target(response);
    confirm();
    return {};
}

void dialog::refresh_target(message_view message) {
    auto const target = target_in(message);
    if (target && *target != remote_target_) remote_target_ = *target;
}

bool dialog::change_remote_address(message_view request) {
    auto const before = parse_name_addr(remote_address_);
    auto const now = request.get<header_id::from>();
    if (!now || (before && equivalent(before->uri, now->uri))) return false;
    remote_address_ = request.raw(header_id::from);
    return true;
}

void dialog::change_local_address(std::string_view address) {
    local_address_ = address;
    local_address_ += ";tag=";
    local_address_ += local_tag_;
}

bool dialog::accept_remote_cseq(cseq_view const& cseq) noexcept {
    // An INVITE must be newer than all before it, since its ACK is found by this number. Another request with the same
    // number has come over a second path or from a careless peer; the RFC refuses only lower ones.
    if (remote_cseq_ && (cseq.number < *remote_cseq_ || (cseq.name == method::invite && cseq.number == *remote_cseq_)))
        return false;
    remote_cseq_ = cseq.number;
    return true;
}

void dialog::raise_local_cseq(std::uint32_t number) noexcept {
    local_cseq_ = std::max(local_cseq_, number);
}

}  // namespace sip
