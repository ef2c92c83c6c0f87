// Responses: what the user agent adds to those that copy their request (RFC 3261 8.2.6, 11.2, 12.1.1, 13.3.1).
#include <array>

#include "core_impl.hpp"

namespace sip {

namespace {

constexpr std::array headers_of_our_own{
    header_id::via,        header_id::from,           header_id::to,           header_id::call_id,
    header_id::cseq,       header_id::content_length, header_id::content_type, header_id::max_forwards,
    header_id::user_agent, header_id::server,         header_id::record_route,
};

/// What leads back to a flow of this kind. RFC 5630 3.1.3: over TLS a SIPS URI says enough; RFC 7118 5.2: "ws" stands
/// for both kinds of WebSocket.
std::string_view transport_parameter(transport_kind kind, bool is_sips) noexcept {
    switch (kind) {
        case transport_kind::udp:
            return {};
        case transport_kind::tcp:
            return ";transport=tcp";
        case transport_kind::tls:
            return is_sips ? std::string_view{} : ";transport=tls";
        case transport_kind::ws:
        case transport_kind::wss:
            return ";transport=ws";
    }
    return {};
}

/// RFC 3261 12.1.1: whether the Contact of a response has to be SIPS; never in answer to a request that has no SIPS in
/// it (RFC 5630 5.1.1.2).
bool came_for_sips(message_view request) noexcept {
    if (request.request_uri_parts().scheme == uri_scheme::sips) return true;
    if (auto const recorded = request.get<header_id::record_route>()) return recorded->uri.scheme == uri_scheme::sips;
    auto const contact = request.get<header_id::contact>();
    return contact && contact->uri.scheme == uri_scheme::sips;
}

}  // namespace

bool are_free_headers(std::span<extra_header const> headers) noexcept {
    for (auto const& [name, value] : headers) {
        auto const id = header_from(name);
        for (auto const own : headers_of_our_own)
            if (id == own) return false;
    }
    return true;
}

std::string_view user_agent_core::impl::contact_user(account_id id, message_view request) const noexcept {
    if (auto const* account = accounts.find(id)) return account->identity.contact_user;
    // Without an account the caller's own spelling leads back to us.
    return request.request_uri_parts().user;
}

std::string user_agent_core::impl::contact_uri(
    account_id account, flow_id id, std::string_view user, bool is_sips
) const {
    auto const local = address_named(account, id);
    if (!local) return {};
    std::string uri = is_sips ? "sips:" : "sip:";
    if (!user.empty()) {
        uri += user;
        uri += '@';
    }
    uri += host_port(*local);
    uri += transport_parameter(local->kind, is_sips);
    return uri;
}

void user_agent_core::impl::write_contact(
    message_builder& out, account_id account, flow_id flow, std::string_view user, bool is_sips,
    contact_parts const& parts
) const {
    // RFC 5627 4.4: a SIP URI in the place of a SIPS one would take the security away.
    auto const gruu = parse_uri(parts.gruu);
    if (gruu && (gruu->scheme == uri_scheme::sips) == is_sips) {
        out.begin(header_id::contact).text("<").text(parts.gruu).text(">").text(parts.params);
        return;
    }
    auto const uri = contact_uri(account, flow, user, is_sips);
    if (uri.empty()) return;
    out.begin(header_id::contact).text("<").text(uri).text(parts.uri_params).text(">").text(parts.params);
}

// RFC 5626 4.3: ";ob" asks for the requests of this dialog over the flow that made it.
contact_parts user_agent_core::impl::contact_parts_in_dialog(account_id id, method name, dialog_id_view const& in)
    const {
    auto const* account = accounts.find(id);
    if (account == nullptr) return {};
    auto const& own = account->identity.config;
    contact_parts parts{own.outbound.use ? ";ob" : "", own.contact_params, {}};
    // RFC 6665 4.5.1: others may watch what this very phone does, so its name must lead to it from everywhere. A call's
    // Contact follows our address instead, also where a transfer is reported in its dialog: that would move its target.
    bool const is_of_subscription = name == method::subscribe || name == method::notify;
    if (is_of_subscription && !dialogs.usage(dialogs.find(in), usage_kind::invite)) parts.gruu = account->gruu();
    return parts;
}

contact_parts user_agent_core::impl::contact_parts_of(outgoing const& request) const {
    auto const* account = accounts.find(request.account);
    if (account != nullptr && request.what == purpose::registration)
        return {"", register_contact_params(*account, request.server), {}};
    auto const draft = request.draft.view();
    return contact_parts_in_dialog(request.account, draft.method(), dialog_of_response(draft));
}

result<buffer_ref> user_agent_core::impl::write_reply(message_view request, reply const& reply) {
    std::string_view tag = reply.to_tag;
    std::optional<new_tag> fresh;
    if (tag.empty() && request.to_tag().empty() && reply.status != 100) tag = fresh.emplace(env).view();

    auto out = start_response(buffers, request, reply.status, tag, reply.reason);
    bool const makes_dialog = (request.method() == method::invite && reply.status > 100 && reply.status < 300) ||
                              ((request.method() == method::subscribe || request.method() == method::refer) &&
                               reply.status >= 200 && reply.status < 300);
    if (makes_dialog) out.copy(request, header_id::record_route);
    if (request.method() == method::invite && reply.status > 100 && reply.status < 300) {
        // RFC 3323 4.2: whoever answers may want to stay unknown, too.
        auto const* account = accounts.find(reply.account);
        if (auto const wanted = account != nullptr ? to_string(account->identity.config.shows.privacy) : std::string();
            !wanted.empty())
            out.header(header_id::privacy, wanted);
    }
    if (reply.contact_flow != flow_id::none) {
        write_contact(
            out, reply.account, reply.contact_flow, contact_user(reply.account, request), came_for_sips(request),
            contact_parts_in_dialog(reply.account, request.method(), dialog_of_request(request))
        );
    }
    // 13.3.1.4: Allow and Supported in the 2xx to an INVITE; 11.2: also in the answer to OPTIONS, with Accept.
    bool const tells_abilities = reply.status >= 200 && reply.status < 300 &&
                                 (request.method() == method::invite || request.method() == method::options ||
                                  request.method() == method::update);
    // RFC 3311 5.1: Allow in a reliable provisional response says that an UPDATE may follow it.
    if (tells_abilities || reply.status == 405 || reply.rseq != 0) out.header(header_id::allow, allow);
    if (auto const options = supported_by(reply.account); tells_abilities && !options.empty())
        out.header(header_id::supported, options);
    if (!reply.session_expires.empty()) out.header(header_id::session_expires, reply.session_expires);
    if (reply.require_timer) out.header(header_id::require, "timer");
    if (reply.rseq != 0) out.header(header_id::require, "100rel").header(header_id::rseq, reply.rseq);
    // RFC 6086 5.2.3: to who knows packages, in 2xx and reliable 18x; an empty header says so, too.
    if ((tells_abilities || reply.rseq != 0) && !recv_info.empty() && request.raw("Recv-Info").data() != nullptr)
        out.header("Recv-Info", recv_info);
    // RFC 6665 4.4.4: whoever notifies says so where it shows what it can do.
    if (tells_abilities && !allow_events.empty()) out.header(header_id::allow_events, allow_events);
    if ((tells_abilities && request.method() == method::options) || reply.status == 415 || reply.status == 406)
        out.header(header_id::accept, config.accept);
    if (reply.extra != header_id::unknown) out.header(reply.extra, reply.extra_value);
    if (!config.product.empty()) out.header(header_id::server, config.product);
    for (auto const& [name, value] : reply.headers)
        out.header(name, value);
    if (!reply.body.empty()) out.body(reply.content_type, reply.body);
    return out.finish();
}

error_code user_agent_core::impl::respond(
    turn& t, transaction_id transaction, message_view request, reply const& reply
) {
    auto wire = write_reply(request, reply);
    if (!wire) return wire.error();
    return send_response(t, transaction, std::move(*wire));
}

error_code user_agent_core::impl::send_response(turn& t, transaction_id transaction, buffer_ref wire) {
    // A reroute sends the newest response. That of an INVITE may still change; another request's transaction ends with
    // its final one, and has to know its way before.
    bool const is_invite = transactions.request_of(transaction).method() == method::invite;
    if (!is_invite && transactions.is_cut_off(transaction)) (void)find_way_back(t, transaction);
    auto const failed = transactions.respond(t.now.mono, transaction, std::move(wire), t.transactions());
    if (is_invite && failed == errc::transport_failed && find_way_back(t, transaction)) return {};
    return failed;
}

void user_agent_core::impl::refuse_replaced(turn& t, transaction_id transaction, message_view request) {
    auto wire = write_reply(request, {.status = 482});
    if (wire) (void)transactions.respond(t.now.mono, transaction, std::move(*wire), t.transactions());
}

}  // namespace sip
