// Calls as caller (RFC 3261 13.2, 9.1): the INVITE, its early dialogs, the answer, and answers that nobody wants.
#include <utility>

#include <fmt/format.h>

#include "core_impl.hpp"

namespace sip {

result<session_id> user_agent_core::impl::invite(turn& t, account_id id, invite_options const& options) {
    auto const* account = accounts.find(id);
    if (account == nullptr) return make_error_code(errc::no_such_account);
    if (calls.size() >= config.limits.sessions) return make_error_code(errc::limit_reached);
    auto const uri = parse_uri(options.target);
    if (!uri || uri->scheme == uri_scheme::other || !are_free_headers(options.headers))
        return make_error_code(errc::invalid_argument);
    // A telephone number is our own domain's to place (RFC 3261 19.1.6).
    auto const target = uri->scheme == uri_scheme::tel
                            ? fmt::format("sip:{}@{};user=phone", uri->user, account->identity.host)
                            : options.target;

    new_tag const tag(env.random);
    new_call_id const call_id(env);
    routed_target const way(target, account->routes());
    auto out = start_draft(
        buffers, {.method = "INVITE",
                  .way = way,
                  .from = fmt::format("{};tag={}", account->identity.from_address, tag.view()),
                  .to = fmt::format("<{}>", target),
                  .call_id = call_id.view(),
                  .cseq = 1}
    );
    add_own_headers(out, method::invite);
    for (auto const& [name, value] : options.headers)
        out.header(name, value);
    if (!options.offer.empty()) out.body(options.content_type, options.offer);
    auto draft = finish_draft(buffers, out);
    if (!draft) return draft.error();

    call made;
    made.account = id;
    made.timing = account->identity.config.timing;
    made.role = dialog_role::uac;
    made.stage = call_stage::inviting;
    made.ring_limit = t.now.mono + options.ring_limit.value_or(config.ring_limit);
    if (!options.offer.empty()) made.offers.offer_sent(offer_carrier::invite);
    auto const rings_until = made.ring_limit;
    auto const session = insert(calls, deadline_owner::call, std::move(made), rings_until);

    outgoing request;
    request.what = purpose::invite;
    request.account = id;
    request.session = session;
    request.draft = std::move(*draft);
    request.strict_route = way.is_strict();
    request.cseq = 1;
    try {
        auto const sent = start(t, std::move(request));
        calls.find(session)->invite = sent;
    } catch (...) {
        erase_call(t, session);
        throw;
    }
    return session;
}

void user_agent_core::impl::on_invite_provisional(turn& t, outgoing_id id, message const& response) {
    auto& request = *requests.find(id);
    auto* call = calls.find(request.session);
    if (call == nullptr || call->stage != call_stage::inviting) return;
    auto const view = response.view();

    std::size_t number = 0;
    while (number < call->forks.size() && call->forks[number].tag != view.to_tag())
        ++number;
    if (number == call->forks.size()) {
        if (number >= config.limits.forks) return;
        fork made{std::string(view.to_tag()), {}};
        if (!made.tag.empty()) {
            auto early = dialog::from_response(request.draft.view(), view, config.limits.route_set);
            if (!early) return;
            early->raise_local_cseq(request.cseq);
            made.dialog = dialogs.add(std::move(*early), invite_usage(request.session));
        }
        call->forks.push_back(std::move(made));
    }
    t.out.events.emplace_back(call_progress{
        .id = request.session,
        .response = response,
        .fork = static_cast<std::uint32_t>(number),
        .has_description = is_description(view),
    });
}

void user_agent_core::impl::on_invite_success(turn& t, outgoing_id id, message const& response) {
    auto& request = *requests.find(id);
    bool const first = request.stage != outgoing::stage::answered;
    auto const step = request.client.on_success();
    if (first) {
        // 13.2.2.4: further forks may answer for 64*T1.
        request.stage = outgoing::stage::answered;
        set_deadline(id, t.now.mono + transaction_life(timing_of(request.account)));
    }
    auto const session = request.session;
    auto* call = calls.find(session);
    if (step != invite_client::step::answered || call == nullptr) return release(t, request, response.view());

    auto const view = response.view();
    std::size_t number = 0;
    while (number < call->forks.size() && call->forks[number].tag != view.to_tag())
        ++number;
    auto at = number < call->forks.size() ? call->forks[number].dialog : dialog_handle{};
    error_code unusable;
    if (auto* early = dialogs.find(at)) {
        unusable = early->confirm(view, config.limits.route_set);
    } else if (auto made = dialog::from_response(request.draft.view(), view, config.limits.route_set)) {
        made->raise_local_cseq(request.cseq);
        at = dialogs.add(std::move(*made), invite_usage(session));
    } else {
        unusable = made.error().code;
    }
    // Without its routes an answer can be neither acknowledged nor released.
    if (unusable) return end_call(t, session, end_reason::protocol_error, view.status(), unusable, response);

    call->stage = call_stage::up;
    call->invite = {};
    call->dialog = at;
    call->ring_limit.reset();
    drop_forks(session, *call, at);
    schedule_call(session, *call);

    bool const described = is_description(view);
    bool const offer_is_ours = call->offers.awaits_answer_to(offer_carrier::invite);
    t.out.events.emplace_back(call_answered{
        .id = session,
        .response = response,
        .fork = static_cast<std::uint32_t>(number),
        .has_description = described,
    });
    auto const& in = *dialogs.find(at);
    if (offer_is_ours || !described) {
        call->offers.close();
        return acknowledge(t, in, view, call->account, {});
    }
    call->owed_ack = hold_ack(t, in, view, call->account);
    call->ack_due = t.now.mono + transaction_life(call->timing);
    schedule_call(session, *call);
    call->offers.offer_received(offer_carrier::success);
    t.out.events.emplace_back(remote_offer{.id = session, .carrier = response, .wanted_from_us = false});
}

void user_agent_core::impl::on_invite_failure(turn& t, outgoing_id id, message const& response, error_code error) {
    auto const session = requests.find(id)->session;
    forget(id);
    if (calls.find(session) == nullptr) return;  // the user gave up before: told already
    if (response) return end_call(t, session, end_reason::rejected, response.view().status(), error, response);
    end_call(t, session, error == errc::transaction_timeout ? end_reason::no_answer : end_reason::transport, 0, error);
}

void user_agent_core::impl::release(turn& t, outgoing const& request, message_view success) {
    auto made = dialog::from_response(request.draft.view(), success, config.limits.route_set);
    if (!made) return;
    made->raise_local_cseq(request.cseq);
    auto const account = request.account;
    acknowledge(t, *made, success, account, {});
    send_bye(t, *made, account, {});
}

void user_agent_core::impl::drop_forks(session_id session, call& of, dialog_handle except) {
    for (auto const& fork : of.forks)
        if (fork.dialog != except) dialogs.remove_usage(fork.dialog, invite_usage(session));
    of.forks.clear();
}

}  // namespace sip
