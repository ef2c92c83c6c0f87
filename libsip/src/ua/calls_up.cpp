// Calls once they are established, from both sides: new offers by re-INVITE (RFC 3261 14), BYE (15), requests inside
// the call, and the ends of a call.
#include <utility>

#include "core_impl.hpp"
#include "sip/dialog/destruction.hpp"

namespace sip {

namespace {

/// After so many 491 in a row something other than bad luck is at work.
constexpr std::uint8_t most_collisions = 5;

}  // namespace

call* user_agent_core::impl::visible_call(session_id id) noexcept {
    auto* call = calls.find(id);
    return call != nullptr && call->stage != call_stage::releasing ? call : nullptr;
}

void user_agent_core::impl::schedule_call(session_id id, call const& of) {
    deadlines.set(deadline_owner::call, id, of.next_deadline());
}

// ---- the user's commands

error_code user_agent_core::impl::hang_up(turn& t, session_id id, std::string_view reason) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    if (has_line_break(reason)) return errc::invalid_argument;
    switch (call->stage) {
        case call_stage::inviting:
            cancel(t, call->invite);
            break;
        case call_stage::ringing:
            refuse_invite(t, *call, 480);
            end_call(t, id, end_reason::local_hang_up, 480);
            return {};
        case call_stage::up:
            if (call->first_answer) {
                // 15.1.1: no BYE before the ACK of our 2xx, or the end of its 64*T1.
                refuse_invite(t, *call, 487);
                call->stage = call_stage::releasing;
                call->bye_reason = reason;
                t.out.events.emplace_back(call_ended{
                    .id = id, .why = end_reason::local_hang_up, .error = {}, .cause = {}});
                return {};
            }
            if (call->owed_ack) send_ack(t, call->owed_ack, call->account);
            if (auto* in = dialogs.find(call->dialog)) send_bye(t, *in, call->account, reason);
            break;
        case call_stage::releasing:
            return errc::no_such_session;
    }
    end_call(t, id, end_reason::local_hang_up);
    return {};
}

error_code user_agent_core::impl::reoffer(turn& t, session_id id, std::string_view description) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    bool const is_open = call->reinvite || call->unanswered.transaction || !call->offers.is_idle();
    if (call->stage != call_stage::up || is_open) return errc::wrong_state;
    if (description.empty()) return errc::invalid_argument;
    auto& in = *dialogs.find(call->dialog);
    auto draft = draft_in_dialog(in, "INVITE", in.local_cseq() + 1, {}, config.accept, description);
    if (!draft) return draft.error();
    call->reinvite.emplace();
    call->reinvite->draft = std::move(*draft);
    // 14.1: not while another INVITE is in progress in either direction; on_ack() goes on.
    if (call->answers.empty()) send_reinvite(t, id, *call);
    return {};
}

error_code user_agent_core::impl::answer_offer(turn& t, session_id id, std::string_view description) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    if (description.empty()) return errc::invalid_argument;
    if (call->owed_ack) {
        auto* kept = acks.find(call->owed_ack);
        if (kept == nullptr) return errc::wrong_state;
        auto with = with_body(buffers, kept->draft.view(), config.accept, description);
        if (!with) return with.error();
        kept->draft = std::move(*with);
        call->offers.close();
        call->ack_due.reset();
        schedule_call(id, *call);
        send_ack(t, std::exchange(call->owed_ack, {}), call->account);
        return {};
    }
    if (call->stage != call_stage::up || !call->unanswered.transaction) return errc::wrong_state;
    bool const answers_offer = call->offers.owes_answer_to(offer_carrier::invite);
    // The 2xx accepts the peer's Contact as well (RFC 6141 4.6).
    dialogs.find(call->dialog)->refresh_target(call->unanswered.request.view());
    return send_success(t, id, *call, description, answers_offer ? answer_body::answer_or_none : answer_body::offer);
}

error_code user_agent_core::impl::refuse_offer(turn& t, session_id id, std::uint16_t status) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    if (call->owed_ack) return hang_up(t, id, {});  // a 2xx cannot be refused: ACK, then BYE
    if (call->stage != call_stage::up || !call->unanswered.transaction) return errc::wrong_state;
    if (status < 300 || status > 699) return errc::invalid_argument;
    refuse_invite(t, *call, status);
    call->offers.close();
    t.out.events.emplace_back(offer_withdrawn{id});
    return {};
}

result<request_id> user_agent_core::impl::request_in_call(
    turn& t, session_id id, method name, std::string_view content_type, std::string_view body
) {
    auto* call = visible_call(id);
    if (call == nullptr) return make_error_code(errc::no_such_session);
    if (call->stage != call_stage::up) return make_error_code(errc::wrong_state);
    if (name == method::unknown || name == method::invite || name == method::ack || name == method::bye ||
        name == method::cancel || name == method::register_)
        return make_error_code(errc::invalid_argument);
    auto& in = *dialogs.find(call->dialog);
    auto draft = draft_in_dialog(in, to_string(name), in.local_cseq() + 1, {}, content_type, body);
    if (!draft) return draft.error();
    outgoing request;
    request.what = purpose::in_call;
    request.account = call->account;
    request.session = id;
    request.request = new_request_id();
    request.draft = std::move(*draft);
    request.strict_route = in.way().is_strict();
    request.cseq = in.next_local_cseq();
    auto const made = request.request;
    (void)start(t, std::move(request));
    return made;
}

// ---- re-INVITE, ours

void user_agent_core::impl::send_reinvite(turn& t, session_id id, call& of) {
    auto& in = *dialogs.find(of.dialog);
    of.reinvite->retry_at.reset();
    of.offers.offer_sent(offer_carrier::invite);
    schedule_call(id, of);
    outgoing request;
    request.what = purpose::reinvite;
    request.account = of.account;
    request.session = id;
    request.draft = of.reinvite->draft;
    request.strict_route = in.way().is_strict();
    request.cseq = in.next_local_cseq();
    of.reinvite->request = start(t, std::move(request));
}

void user_agent_core::impl::on_reinvite_success(turn& t, outgoing_id id, message const& response) {
    auto& request = *requests.find(id);
    auto const view = response.view();
    if (request.stage != outgoing::stage::answered) {
        request.stage = outgoing::stage::answered;
        set_deadline(id, t.now.mono + transaction_life(timing_of(request.account)));
    }
    bool const answered = request.client.on_success() == invite_client::step::answered;
    auto const session = request.session;
    auto* call = calls.find(session);
    if (call == nullptr) {
        // The call is over, but a 2xx is acknowledged all the same (pjsip #1755).
        if (request.orphan) {
            request.orphan->refresh_target(view);
            acknowledge(t, *request.orphan, view, request.account, {});
        }
        return;
    }
    auto& in = *dialogs.find(call->dialog);
    in.refresh_target(view);
    acknowledge(t, in, view, call->account, {});
    if (!call->reinvite || call->reinvite->request != id) return;
    call->reinvite.reset();
    call->offers.close();
    schedule_call(session, *call);
    (void)answered;  // a CANCEL that came too late changes nothing: the session is the new one
    if (is_description(view))
        t.out.events.emplace_back(remote_answer{.id = session, .carrier = response, .fork = 0});
    else
        t.out.events.emplace_back(offer_failed{
            .id = session, .status = view.status(), .will_retry = false, .response = response});
}

void user_agent_core::impl::on_reinvite_failure(turn& t, outgoing_id id, message const& response, errc why) {
    auto const session = requests.find(id)->session;
    forget(id);
    auto* call = calls.find(session);
    if (call == nullptr || !call->reinvite || call->reinvite->request != id) return;
    auto const status = response ? response.view().status() : std::uint16_t{0};
    // No answer at all counts as 408 (12.2.1.2).
    if (effect_on_call(method::invite, response ? status : 408) != failure_effect::transaction)
        return lose_call(
            t, session, end_reason::dialog_lost, status, response ? error_code() : make_error_code(why), response
        );
    call->offers.close();
    bool const retry = status == 491 && ++call->reinvite->collisions < most_collisions;
    if (retry) {
        call->reinvite->request = {};
        call->reinvite->retry_at = t.now.mono + glare_wait(call->role, env.random);
    } else {
        call->reinvite.reset();
    }
    schedule_call(session, *call);
    t.out.events.emplace_back(offer_failed{.id = session, .status = status, .will_retry = retry, .response = response});
}

// ---- re-INVITE and BYE, the peer's

void user_agent_core::impl::on_reinvite(turn& t, session_id id, request_received const& input) {
    auto* call = calls.find(id);
    auto const request = input.request.view();
    auto const refuse = [&](reply const& r) { (void)respond(t, input.id, request, r); };
    // 14.2: our own INVITE is out, or its offer is not answered.
    bool const ours_is_open = call->stage == call_stage::inviting || (call->reinvite && call->reinvite->request) ||
                              call->owed_ack || call->offers.current() == offer_phase::state::local_offer;
    if (ours_is_open) return refuse({.status = 491});
    // 14.2: the one before has no final response yet; or too many of our answers were never acknowledged.
    if (call->unanswered.transaction || call->answers.is_full()) {
        auto const wait = std::to_string(env.random.below(11));
        return refuse({.status = 500, .extra = header_id::retry_after, .extra_value = wait});
    }
    if (refuse_content(t, input)) return;
    if (call->reinvite) {
        // Our offer waits for its turn, and the peer's overtakes it: it was made for a session that ends now.
        call->reinvite.reset();
        t.out.events.emplace_back(offer_failed{.id = id, .status = 491, .will_retry = false, .response = {}});
    }
    take_invite(id, *call, input);
    bool const has_offer = is_description(request);
    if (has_offer) call->offers.offer_received(offer_carrier::invite);
    schedule_call(id, *call);
    t.out.events.emplace_back(remote_offer{.id = id, .carrier = input.request, .wanted_from_us = !has_offer});
}

void user_agent_core::impl::on_bye(turn& t, session_id id, request_received const& input) {
    (void)respond(t, input.id, input.request.view(), {.status = 200});
    auto* call = calls.find(id);
    switch (call->stage) {
        case call_stage::releasing:
            return erase_call(t, id);
        case call_stage::inviting: {
            // The callee may not do this (15.1.1), but one whose 2xx never reached us has no other word.
            dialogs.remove_usage(dialogs.find(dialog_of_request(input.request.view())), invite_usage(id));
            bool others = false;
            for (auto const& fork : call->forks)
                others = others || dialogs.find(fork.dialog) != nullptr;
            if (others) return;
            cancel(t, call->invite);
            break;
        }
        case call_stage::ringing:
            return end_call(t, id, end_reason::cancelled, 487, {}, input.request);
        case call_stage::up:
            if (call->owed_ack) send_ack(t, call->owed_ack, call->account);
            break;
    }
    end_call(t, id, end_reason::remote_hang_up, 0, {}, input.request);
}

// ---- time

void user_agent_core::impl::on_call_due(turn& t, session_id id) {
    auto* call = calls.find(id);
    if (call == nullptr) return;
    auto const now = t.now.mono;
    auto const is_due = [now](std::optional<time_point> at) { return at && *at <= now; };

    while (auto due = call->answers.pop_due(now, call->timing)) {
        if (!due->gave_up) {
            repeat_success(t, due->answer);
            continue;
        }
        // 13.3.1.4: without ACK for 64*T1 the dialog is confirmed all the same, and ended with BYE.
        if (call->stage == call_stage::up)
            return lose_call(t, id, end_reason::no_ack, 0, errc::transaction_timeout, {});
        return release_call(t, id);
    }
    if (is_due(call->ring_limit)) {
        call->ring_limit.reset();
        if (call->stage == call_stage::inviting) {
            cancel(t, call->invite);
            return end_call(t, id, end_reason::no_answer, 0, errc::transaction_timeout);
        }
        refuse_invite(t, *call, 480);
        return end_call(t, id, end_reason::no_answer, 480);
    }
    // The offer in the 2xx was not answered while the peer repeated it: it has said BYE by now, or will not know us.
    if (is_due(call->ack_due)) return lose_call(t, id, end_reason::dialog_lost, 0, errc::transaction_timeout, {});
    if (is_due(call->invite_expiry)) {
        // 13.3.1: the caller's Expires has passed.
        return end_call(t, id, end_reason::no_answer, 487);
    }
    if (is_due(call->repeat_provisional)) {
        call->repeat_provisional = now + std::chrono::minutes(1);
        (void)transactions.respond(now, call->unanswered.transaction, call->last_provisional, t.transactions());
    }
    if (call->reinvite && is_due(call->reinvite->retry_at)) send_reinvite(t, id, *call);
    schedule_call(id, *call);
}

void user_agent_core::impl::repeat_success(turn& t, pending_answer const& answer) {
    if (transactions.respond_again(t.now.mono, answer.transaction, answer.response, t.transactions()) !=
        errc::transport_failed)
        return;
    // The connection is gone. 18.2.2: another one to where Via points; this repetition or the next finds it up.
    auto const flow = flows.towards(answer.way_back);
    if (!flow) {
        if (!is_reliable(answer.way_back.kind)) return;
        t.out.actions.push_back(open_flow{flows.add_opening(answer.way_back), answer.way_back, {}});
        return;
    }
    if (flows.find(*flow)->state == flow_state::up)
        (void)transactions.reroute(answer.transaction, *flow, answer.way_back, t.transactions());
}

// ---- ends

void user_agent_core::impl::end_call(
    turn& t, session_id id, end_reason why, std::uint16_t status, error_code error, message cause
) {
    t.out.events.emplace_back(call_ended{
        .id = id, .why = why, .status = status, .error = error, .cause = std::move(cause)});
    erase_call(t, id);
}

void user_agent_core::impl::lose_call(
    turn& t, session_id id, end_reason why, std::uint16_t status, error_code error, message cause
) {
    auto const* call = calls.find(id);
    try {
        if (auto* in = dialogs.find(call->dialog)) send_bye(t, *in, call->account, {});
    } catch (...) {
        end_call(t, id, why, status, error, std::move(cause));  // out of memory: lost all the same
        throw;
    }
    end_call(t, id, why, status, error, std::move(cause));
}

void user_agent_core::impl::release_call(turn& t, session_id id) {
    auto const* call = calls.find(id);
    try {
        send_bye(t, *dialogs.find(call->dialog), call->account, call->bye_reason);
    } catch (...) {
        erase_call(t, id);  // out of memory: over all the same
        throw;
    }
    erase_call(t, id);
}

void user_agent_core::impl::erase_call(turn& t, session_id id) {
    auto* call = calls.find(id);
    if (call == nullptr) return;
    refuse_invite(t, *call, 487);  // 15.1.2: what is still open ends with the dialog
    deadlines.set(deadline_owner::call, id, std::nullopt);
    drop_forks(id, *call, {});
    auto own = call->reinvite ? requests.find(call->reinvite->request) : nullptr;
    auto const own_id = own != nullptr ? call->reinvite->request : outgoing_id{};
    // Its 2xx may still come, and needs an ACK; a subscription may live on in the dialog.
    bool const is_shared = dialogs.usages(call->dialog).size() > 1;
    if (own != nullptr && is_shared) own->orphan = *dialogs.find(call->dialog);
    if (own != nullptr && !is_shared)
        own->orphan = dialogs.take(call->dialog);
    else
        dialogs.remove_usage(call->dialog, invite_usage(id));
    calls.erase(id);
    // 15.1.2: the peer ends it with 487; CANCEL sees to it that something comes.
    cancel(t, own_id);
}

}  // namespace sip
