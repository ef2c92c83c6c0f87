// Requests of the peer (RFC 3261 8.2, 12.2.2). The questions are asked in this order, and the first that fails is
// answered:
//
//   1  can it be read at all?                      400, 505, 513 ... (refuse_malformed, without a transaction)
//   2  has it come twice, over two paths?          482
//   3  is it an ACK or a CANCEL?                   they are part of another request
//   4  do we know and serve its method?            501, 405
//   5  do the headers that we act on make sense?   400
//   6  do we serve the scheme of its Request-URI?  416
//   7  do its URIs suit our account?               480, 400
//   8  does it require what we have not?           420
//   9  does it name a dialog?                      481; 500 where it is out of order; then the call decides
//  10  otherwise it is new: INVITE, OPTIONS, or one for the user
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core_impl.hpp"
#include "sip/syntax/multipart.hpp"

namespace sip {

namespace {

bool accepts(message_view request, std::string_view type, std::string_view subtype) noexcept {
    if (!request.has(header_id::accept)) return true;  // 20.1: application/sdp by default
    for (auto const& range : request.all<header_id::accept>()) {
        if (!range) continue;
        if (range->is(type, subtype) || range->is(type, "*") || range->is("*", "*")) return true;
    }
    return false;
}

}  // namespace

void user_agent_core::impl::refuse_malformed(
    turn& t, message_failure const& failure, flow_id flow, endpoint const& from
) {
    env.log.log(log_level::info, "unusable message from {}: {}", to_string(from), to_string(failure.why));
    bool const answerable = failure.is_request && failure.partial && failure.why.suggested_status != 0 &&
                            failure.partial.view().method() != method::ack;
    if (!answerable) return;
    auto const request = failure.partial.view();
    auto const destination = response_destination(request.top_via(), from);
    if (!destination) return;
    // 8.2.7: without a transaction; the same text makes the same answer when it is repeated, its tag included.
    auto const reason = to_string(failure.why);
    auto const tag = fmt::format("{:016x}", keyed_hash(stateless_key).text(request.text()).finish());
    auto wire = write_reply(request, reply{.status = failure.why.suggested_status, .reason = reason, .to_tag = tag});
    if (wire) t.out.actions.push_back(send_message{flow, *destination, std::move(*wire), {}});
}

void user_agent_core::impl::handle(turn& t, request_received const& input) {
    auto const request = input.request.view();
    auto const refuse = [&](reply const& r) { (void)respond(t, input.id, request, r); };
    if (input.merged) return refuse({.status = 482});
    if (request.method() == method::ack) return on_ack(t, input);
    if (request.method() == method::cancel) return on_cancel(t, input);

    if (request.method() == method::unknown) return refuse({.status = 501});
    bool const is_own = request.method() == method::invite || request.method() == method::bye ||
                        request.method() == method::options || request.method() == method::prack ||
                        request.method() == method::update;
    if (!is_own && !serves(request.method())) return refuse({.status = 405});

    if (auto const failure = validate_request(request)) {
        auto const reason = to_string(*failure);
        return refuse({.status = failure->suggested_status, .reason = reason});
    }
    // RFC 3891 3: only an INVITE can replace anything.
    if (request.method() != method::invite && request.has(header_id::replaces))
        return refuse({.status = 400, .reason = "Replaces Without INVITE"});
    if (request.method() != method::invite && request.has(header_id::join) && takes_join())
        return refuse({.status = 400, .reason = "Join Without INVITE"});  // RFC 3911 4
    auto const scheme = request.request_uri_parts().scheme;
    if (scheme == uri_scheme::other) return refuse({.status = 416});
    if (refuse_scheme(t, input, scheme)) return;
    if (auto const missing = missing_options(request); !missing.empty())
        return refuse({.status = 420, .extra = header_id::unsupported, .extra_value = missing});

    if (!request.to_tag().empty()) return on_in_dialog(t, input);
    bool const needs_dialog =
        request.method() == method::bye || request.method() == method::prack || request.method() == method::update;
    if (needs_dialog) return refuse({.status = 481});
    on_out_of_dialog(t, input);
}

void user_agent_core::impl::on_in_dialog(turn& t, request_received const& input) {
    auto const request = input.request.view();
    auto const refuse = [&](reply const& r) { (void)respond(t, input.id, request, r); };
    auto const at = dialogs.find(dialog_of_request(request));
    auto* found = dialogs.find(at);
    if (found == nullptr && request.method() == method::notify) return on_first_notify(t, input);
    if (found == nullptr) return refuse({.status = 481});
    auto const usage = dialogs.usage(at, usage_kind::invite);
    auto const* concerned = usage ? calls.find(handle_of<session_id>(usage->owner)) : nullptr;
    bool const is_copied_invite =
        concerned != nullptr && request.method() == method::invite && concerned->newest_invite == request.cseq().number;
    if (!is_copied_invite && !found->accept_remote_cseq(request.cseq()))
        return refuse({.status = 500, .reason = "Out of Order"});
    if (request.method() == method::notify) return on_notify(t, at, input);
    if (request.method() == method::subscribe) return on_subscribe_in_dialog(t, at, input);
    if (!usage) return refuse({.status = 481});
    if (request.method() == method::refer) return on_refer(t, at, input);
    auto const session = handle_of<session_id>(usage->owner);
    auto const* call = calls.find(session);
    if (call == nullptr) return refuse({.status = 481});
    if (request.method() == method::bye) return on_bye(t, session, input);
    if (request.method() == method::options) return on_options(t, input);
    if (request.method() == method::prack) return on_prack(t, session, input);
    if (visible_call(session) == nullptr) return refuse({.status = 481});
    note_identity(t, session, *found, input.request, input.from);
    if (request.method() == method::invite) return on_reinvite(t, session, input);
    if (request.method() == method::update) return on_update(t, session, at, input);
    if (auto const package = request.raw("Info-Package"); request.method() == method::info && !package.empty()) {
        // RFC 6086 4.2.2: a package that we have not said we take.
        auto const named = parse_token_params(package);
        auto const& ours = config.info_packages;
        if (!named || std::find(ours.begin(), ours.end(), named->token) == ours.end()) {
            std::array<extra_header, 1> const list{{{"Recv-Info", recv_info}}};
            return refuse({.status = 469, .headers = list});
        }
    }
    refuse({.status = 200});
    t.out.events.emplace_back(in_call_request{session, input.request});
}

void user_agent_core::impl::on_out_of_dialog(turn& t, request_received const& input) {
    switch (input.request.view().method()) {
        case method::invite:
            if (!refuse_content(t, input)) on_invite(t, input);
            return;
        case method::options:
            return on_options(t, input);
        case method::subscribe:
            return on_subscribe(t, input);
        case method::notify:
            return on_unsolicited_notify(t, input);
        case method::refer:
            return on_refer(t, {}, input);
        case method::unknown:
        case method::ack:
        case method::bye:
        case method::cancel:
        case method::register_:
        case method::prack:
        case method::update:
        case method::info:
        case method::message:
        case method::publish:
            return hold_request(t, input);
    }
}

void user_agent_core::impl::on_unsolicited_notify(turn& t, request_received const& input) {
    auto const request = input.request.view();
    auto const named = request.get<header_id::event>();
    bool const is_wanted =
        named && std::find(config.unsolicited_events.begin(), config.unsolicited_events.end(), named->token) !=
                     config.unsolicited_events.end();
    if (is_wanted) return hold_request(t, input);
    (void)respond(t, input.id, request, {.status = 481});
}

void user_agent_core::impl::on_options(turn& t, request_received const& input) {
    // 11.2: what an INVITE would be answered with now.
    auto const request = input.request.view();
    bool const busy = request.to_tag().empty() && calls.size() >= config.limits.sessions;
    (void)respond(
        t, input.id, request,
        {.status = static_cast<std::uint16_t>(busy ? 486 : 200),
         .contact_flow = input.flow,
         .account = account_for(request)}
    );
}

bool user_agent_core::impl::is_description(message_view message) const noexcept {
    return !content_of(message, config.accept).text.empty();
}

bool user_agent_core::impl::refuse_content(turn& t, request_received const& input) {
    auto const request = input.request.view();
    auto const refuse = [&](reply const& r) {
        (void)respond(t, input.id, request, r);
        return true;
    };
    auto const encoding = request.raw(header_id::content_encoding);
    if (!encoding.empty() && !detail::equal_ignoring_case(encoding, "identity"))
        return refuse({.status = 415, .extra = header_id::accept_encoding, .extra_value = "identity"});
    // 20.11: a body with handling=optional may be passed over.
    if (content_of(request, config.accept).is_refused) return refuse({.status = 415});
    auto const ours = parse_media_type(config.accept);
    if (ours && !accepts(request, ours->type, ours->subtype)) return refuse({.status = 406});
    return false;
}

bool user_agent_core::impl::refuse_scheme(turn& t, request_received const& input, uri_scheme scheme) {
    auto const request = input.request.view();
    bool const is_sips = scheme == uri_scheme::sips;
    if (is_sips) {
        // Whoever wants every hop to be safe must not lead us back over one that is not.
        auto const contact = request.get<header_id::contact>();
        if (contact && contact->uri.scheme == uri_scheme::sip) {
            (void)respond(t, input.id, request, {.status = 400, .reason = "SIP Contact With SIPS Request-URI"});
            return true;
        }
    }
    if (!request.to_tag().empty()) return false;
    auto const* account = accounts.find(account_for(request));
    if (account == nullptr) return false;
    auto const rule = account->identity.config.sips;
    if (rule == sips_rule::any || (rule == sips_rule::required) == is_sips) return false;
    auto const warning = fmt::format(
        "{} {} \"{}\"", is_sips ? 380 : 381, account->identity.host, is_sips ? "SIPS Not Allowed" : "SIPS Required"
    );
    (void)respond(t, input.id, request, {.status = 480, .extra = header_id::warning, .extra_value = warning});
    return true;
}

account_id user_agent_core::impl::account_for(message_view request) {
    account_id first, named;
    auto const match = [&](uri_view const& uri) {
        if (uri.user.empty()) return;
        auto const user = unescape(uri.user);
        accounts.for_each([&](account_id id, account const& candidate) {
            bool const fits = user == candidate.identity.user || uri.user == candidate.identity.contact_user;
            // Two accounts with one user part: the domain tells them apart.
            if (fits && (!named || detail::equal_ignoring_case(uri.host, candidate.identity.host))) named = id;
        });
    };
    accounts.for_each([&](account_id id, account const&) {
        if (!first) first = id;
    });
    match(request.request_uri_parts());
    if (!named) match(request.to().uri);
    return named ? named : first;
}

}  // namespace sip
