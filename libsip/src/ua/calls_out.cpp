// Calls as caller (RFC 3261 13.2, 9.1): the INVITE, its early dialogs, the answer, and answers that nobody wants.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core_impl.hpp"
#include "sip/usage/remedies.hpp"

namespace sip {

result<session_id> user_agent_core::impl::invite(turn& t, account_id id, invite_options const& options) {
    auto const* account = accounts.find(id);
    if (account == nullptr) return make_error_code(errc::no_such_account);
    if (calls.size() >= config.limits.sessions) return make_error_code(errc::limit_reached);
    auto const uri = parse_uri(options.target);
    if (!uri || uri->scheme == uri_scheme::other || is_whole_request(*uri) || !are_free_headers(options.headers))
        return make_error_code(errc::invalid_argument);
    // A telephone number is our own domain's to place (RFC 3261 19.1.6).
    auto const target = uri->scheme == uri_scheme::tel ? number_at(uri->user, account->identity.host) : options.target;
    auto const& shows = options.shows ? *options.shows : account->identity.config.shows;

    new_tag const tag(env);
    new_call_id const call_id(env);
    auto const routes = account->routes_to(target);
    routed_target const way(target, routes);
    auto const from = shows.anonymous_from ? anonymous_address : std::string_view(account->identity.from_address());
    auto out = start_draft(
        buffers, {.method = "INVITE",
                  .way = way,
                  .from = fmt::format("{};tag={}", from, tag.view()),
                  .to = fmt::format("<{}>", target),
                  .call_id = call_id.view(),
                  .cseq = 1}
    );
    add_own_headers(out, method::invite);
    write_own_identity(out, *account, shows);
    bool const requires_reliable = account->identity.config.reliable_provisional == reliability::required;
    if (requires_reliable) out.header(header_id::require, "100rel");
    if (!options.replaces.empty()) {
        // RFC 3891 4: whoever does not know Replaces is not to make an ordinary call of it.
        out.header(header_id::replaces, options.replaces).header(header_id::require, "replaces");
    }
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
    made.timer = timer_of(id);
    if (!options.offer.empty()) made.main.offers.offer_sent(description_carrier::invite);
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

    auto* fork = fork_of(t, *call, request, view);
    if (fork == nullptr) return;
    auto& leg = fork->leg;
    note_abilities(leg, view);
    auto const session = request.session;
    bool const reliable = is_reliable_provisional(view);
    // 13.2.1: what an unreliable one describes is a preview of the answer; it may not be an offer.
    auto meaning = is_description(view) && leg.offers.awaits_answer_to(description_carrier::invite)
                       ? description_meaning::answer
                       : description_meaning::nothing;
    if (reliable) {
        auto const accepted = accept_reliable(t, session, *call, leg, view);
        if (!accepted) return;
        meaning = *accepted;
    }
    t.out.events.emplace_back(call_progress{
        .id = session,
        .response = response,
        .fork = leg.fork,
        .has_description = meaning == description_meaning::answer,
        .is_reliable = reliable,
        .callee = identity_in(call->account, view, request.to),
    });
    if (meaning == description_meaning::offer)
        t.out.events.emplace_back(remote_offer{
            .id = session, .carrier = response, .wanted_from_us = false, .fork = leg.fork});
}

fork* user_agent_core::impl::fork_of(turn&, call& of, outgoing const& request, message_view response) {
    for (auto& known : of.forks)
        if (known.tag == response.to_tag()) return &known;
    if (of.forks.size() >= config.limits.forks) return nullptr;
    fork made{std::string(response.to_tag()), of.main};
    made.leg.fork = of.forks_seen;
    if (!made.tag.empty()) {
        auto early = dialog::from_response(request.draft.view(), response, config.limits.route_set);
        if (!early) return nullptr;
        early->raise_local_cseq(request.cseq);
        of.forks.reserve(of.forks.size() + 1);
        made.leg.dialog = dialogs.add(std::move(*early), invite_usage(request.session));
    }
    of.forks.push_back(std::move(made));
    ++of.forks_seen;
    return &of.forks.back();
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
    auto const known =
        std::find_if(call->forks.begin(), call->forks.end(), [&](fork const& one) { return one.tag == view.to_tag(); });
    auto answered = known != call->forks.end() ? known->leg : call->main;
    if (known == call->forks.end()) answered.fork = call->forks_seen++;
    error_code unusable;
    if (auto* early = dialogs.find(answered.dialog)) {
        unusable = early->confirm(view, config.limits.route_set);
    } else if (auto made = dialog::from_response(request.draft.view(), view, config.limits.route_set)) {
        made->raise_local_cseq(request.cseq);
        answered.dialog = dialogs.add(std::move(*made), invite_usage(session));
    } else {
        unusable = made.error().code;
    }
    // Without its routes an answer can be neither acknowledged nor released.
    if (unusable) return end_call(t, session, end_reason::protocol_error, view.status(), unusable, response);

    if (known != call->forks.end()) call->forks.erase(known);
    call->main = std::move(answered);
    call->stage = call_stage::up;
    call->invite = {};
    call->ring_limit.reset();
    drop_forks(t, session, *call);
    auto& leg = call->main;
    note_abilities(leg, view);
    call->timer.on_success_received(t.now.mono, view);
    if (call->timer.is_running() && leg.described.empty()) leg.described = request.draft.view().body();
    schedule_call(session, *call);

    auto const meaning =
        is_description(view) ? leg.offers.meaning_of(description_carrier::success) : description_meaning::nothing;
    auto const callee = identity_in(call->account, view, request.to);
    (void)note_asserted(*call, view, callee);
    t.out.events.emplace_back(call_answered{
        .id = session,
        .response = response,
        .fork = leg.fork,
        .has_description = meaning != description_meaning::nothing,
        .callee = callee,
    });
    tell_void_contact(t, session, *call);
    auto const& in = *dialogs.find(leg.dialog);
    if (meaning != description_meaning::offer) {
        if (leg.offers.awaits_answer_to(description_carrier::invite)) leg.offers.answered();
        return acknowledge(t, in, view, request);
    }
    call->owed_ack = hold_ack(t, in, view, request);
    call->ack_due = t.now.mono + transaction_life(call->timing);
    schedule_call(session, *call);
    leg.offers.offer_received(description_carrier::success);
    t.out.events.emplace_back(remote_offer{
        .id = session, .carrier = response, .wanted_from_us = false, .fork = leg.fork});
}

void user_agent_core::impl::on_invite_failure(turn& t, outgoing_id id, message const& response, error_code error) {
    auto const session = requests.find(id)->session;
    auto detail = std::move(requests.find(id)->failure);
    forget(id);
    if (calls.find(session) == nullptr) return;  // the user gave up before: told already
    if (response) return end_call(t, session, end_reason::rejected, response.view().status(), error, response);
    auto const why = error == errc::transaction_timeout ? end_reason::no_answer : end_reason::transport;
    end_call(t, session, why, 0, error, {}, std::move(detail));
}

void user_agent_core::impl::release(turn& t, outgoing const& request, message_view success) {
    auto made = dialog::from_response(request.draft.view(), success, config.limits.route_set);
    if (!made) return;
    made->raise_local_cseq(request.cseq);
    auto const account = request.account;
    acknowledge(t, *made, success, request);
    send_bye(t, *made, account, answered_elsewhere());
}

void user_agent_core::impl::drop_fork(turn& t, session_id session, call& of, dialog_handle dialog) {
    for (auto at = of.forks.begin(); at != of.forks.end(); ++at) {
        if (at->leg.dialog != dialog) continue;
        // A late 2xx of this fork is released by a BYE that has to be newer than all that was sent in it (12.2.1.1).
        if (auto* invite = requests.find(of.invite))
            if (auto const* in = dialogs.find(dialog)) invite->cseq = std::max(invite->cseq, in->local_cseq());
        auto gone = std::move(at->leg);
        of.forks.erase(at);
        dialogs.remove_usage(gone.dialog, invite_usage(session));
        return close_leg(t, gone);
    }
}

void user_agent_core::impl::drop_forks(turn& t, session_id session, call& of) {
    while (!of.forks.empty())
        drop_fork(t, session, of, of.forks.back().leg.dialog);
}

}  // namespace sip
