// Calls from both sides: BYE (RFC 3261 15), requests inside the call, what is due when, and the ends of a call.
#include <utility>

#include "core_impl.hpp"
#include "sip/syntax/headers/reason.hpp"
#include "sip/usage/remedies.hpp"

namespace sip {

namespace {

/// What a BYE says of a call that its peer may take for a good one (RFC 3326); nothing where we know no more than that.
std::string reason_for_loss(end_reason why, std::uint16_t status) {
    if (status >= 300) return sip_reason(status, reason_phrase(status));
    if (why == end_reason::session_expired) return sip_reason(408, "Session Expired");
    if (why == end_reason::no_ack) return sip_reason(408, "No ACK");
    if (why == end_reason::protocol_error) return sip_reason(400, reason_phrase(400));
    return {};
}

}  // namespace

call* user_agent_core::impl::visible_call(session_id id) noexcept {
    auto* call = calls.find(id);
    bool const is_over = call == nullptr || call->stage == call_stage::releasing || call->stage == call_stage::refused;
    return is_over ? nullptr : call;
}

void user_agent_core::impl::schedule_call(session_id id, call const& of) {
    deadlines.set(deadline_owner::call, id, of.next_deadline());
}

// ---- the user's commands

error_code user_agent_core::impl::hang_up(turn& t, session_id id, std::string_view reason, end_reason why) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    if (has_line_break(reason)) return errc::invalid_argument;
    switch (call->stage) {
        case call_stage::inviting:
            cancel(t, call->invite, reason);
            break;
        case call_stage::ringing:
            refuse_invite(t, *call, 480);
            end_call(t, id, why, 480);
            return {};
        case call_stage::up:
            if (call->first_answer) {
                // 15.1.1: no BYE before the ACK of our 2xx, or the end of its 64*T1.
                refuse_invite(t, *call, 487);
                call->stage = call_stage::releasing;
                call->bye_reason = reason;
                call->for_each_leg([&](leg& one) { close_leg(t, one); });
                schedule_call(id, *call);
                t.out.events.emplace_back(call_ended{.id = id, .why = why, .error = {}, .cause = {}});
                return {};
            }
            if (call->owed_ack) send_ack(t, call->owed_ack, call->account);
            if (auto* in = dialogs.find(call->main.dialog)) send_bye(t, *in, call->account, reason);
            break;
        case call_stage::releasing:
        case call_stage::refused:
            return errc::no_such_session;
    }
    end_call(t, id, why);
    return {};
}

result<request_id> user_agent_core::impl::request_in_call(
    turn& t, session_id id, method name, std::span<extra_header const> headers, std::string_view content_type,
    std::string_view body
) {
    auto* call = visible_call(id);
    if (call == nullptr) return make_error_code(errc::no_such_session);
    if (call->stage != call_stage::up) return make_error_code(errc::wrong_state);
    if (name == method::unknown || name == method::invite || name == method::ack || name == method::bye ||
        name == method::cancel || name == method::register_ || !are_free_headers(headers))
        return make_error_code(errc::invalid_argument);
    auto& in = *dialogs.find(call->main.dialog);
    auto draft = draft_in_dialog(in, to_string(name), in.local_cseq() + 1, headers, content_type, body);
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

// ---- BYE, the peer's

void user_agent_core::impl::on_bye(turn& t, session_id id, request_received const& input) {
    (void)respond(t, input.id, input.request.view(), {.status = 200});
    auto* call = calls.find(id);
    switch (call->stage) {
        case call_stage::releasing:
        case call_stage::refused:
            return erase_call(t, id);
        case call_stage::inviting:
            // The callee may not do this (15.1.1), but one whose 2xx never reached us has no other word.
            drop_fork(t, id, *call, dialogs.find(dialog_of_request(input.request.view())));
            if (!call->forks.empty()) return schedule_call(id, *call);
            cancel(t, call->invite);
            break;
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
        // RFC 6141 5.4: a peer that has moved did not hear the answer to its re-INVITE, but has sent another one since.
        if (call->stage == call_stage::up && due->answer.cseq < call->newest_invite &&
            call->first_answer != due->answer.cseq)
            continue;
        // 13.3.1.4: without ACK for 64*T1 the dialog is confirmed all the same, and ended with BYE.
        if (call->stage == call_stage::up)
            return lose_call(t, id, end_reason::no_ack, 0, errc::transaction_timeout, {});
        return release_call(t, id);
    }
    if (is_due(call->forget_at)) return erase_call(t, id);
    while (auto const due = call->reliable.pop_due(now, call->timing)) {
        on_reliable_due(t, id, *call, *due);
        if (calls.find(id) == nullptr) return;
        if (due->gave_up) break;
    }
    if (visible_call(id) == nullptr) return schedule_call(id, *call);
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
    if (is_due(call->repeat_provisional)) repeat_provisional(t, id, *call);
    if (call->stage == call_stage::up) {
        switch (call->timer.pop_due(now)) {
            case session_timer::due::nothing:
                break;
            case session_timer::due::refresh:
                refresh_session(t, id, *call);
                break;
            case session_timer::due::expired:
                return lose_call(t, id, end_reason::session_expired, 0, errc::transaction_timeout, {});
        }
    }
    // One at a time, for the sake of its event; the others are due again at once.
    leg* unanswered = nullptr;
    call->for_each_leg([&](leg& one) {
        if (is_due(one.answer_due)) unanswered = &one;
        if (one.own && is_due(one.own->retry_at)) send_own_offer(t, id, *call, one);
    });
    // RFC 3311 5.2: whoever has to ask a person refuses with 504.
    if (unanswered != nullptr) refuse_asked(t, id, *call, *unanswered, 504);
    schedule_call(id, *call);
}

void user_agent_core::impl::repeat_success(turn& t, pending_answer const& answer) {
    if (transactions.is_cut_off(answer.transaction))
        (void)find_way_back(t, answer.transaction);  // which sends it
    else
        (void)transactions.respond_again(t.now.mono, answer.transaction, answer.response, t.transactions());
}

// ---- ends

void user_agent_core::impl::end_call(
    turn& t, session_id id, end_reason why, std::uint16_t status, error_code error, message cause, std::string detail
) {
    auto const retry_after = cause ? retry_after_of(cause.view()) : std::nullopt;
    t.out.events.emplace_back(call_ended{
        .id = id,
        .why = why,
        .status = status,
        .error = error,
        .cause = std::move(cause),
        .detail = std::move(detail),
        .retry_after = retry_after,
    });
    auto* call = calls.find(id);
    bool const awaits_prack = call->stage == call_stage::ringing && call->reliable.is_open();
    if (!awaits_prack || why == end_reason::remote_hang_up) return erase_call(t, id);
    // RFC 3262 3: what is not acknowledged is not repeated any more, but its PRACK is accepted.
    refuse_invite(t, *call, 487);
    close_leg(t, call->main);
    call->reliable.finish();
    call->stage = call_stage::refused;
    call->ring_limit = call->invite_expiry = call->repeat_provisional = std::nullopt;
    call->forget_at = t.now.mono + transaction_life(call->timing);
    schedule_call(id, *call);
}

void user_agent_core::impl::lose_call(
    turn& t, session_id id, end_reason why, std::uint16_t status, error_code error, message cause
) {
    auto* call = calls.find(id);
    try {
        switch (call->stage) {
            case call_stage::inviting:
                cancel(t, call->invite);
                break;
            case call_stage::ringing:
                refuse_invite(t, *call, 500);
                break;
            case call_stage::up:
                if (auto* in = dialogs.find(call->main.dialog))
                    send_bye(t, *in, call->account, reason_for_loss(why, status));
                break;
            case call_stage::releasing:
            case call_stage::refused:
                break;
        }
    } catch (...) {
        end_call(t, id, why, status, error, std::move(cause));  // out of memory: lost all the same
        throw;
    }
    end_call(t, id, why, status, error, std::move(cause));
}

void user_agent_core::impl::lose_leg(
    turn& t, session_id id, leg& in, end_reason why, std::uint16_t status, error_code error, message cause
) {
    auto* call = calls.find(id);
    if (call->stage == call_stage::inviting) {
        drop_fork(t, id, *call, in.dialog);
        if (!call->forks.empty()) return schedule_call(id, *call);  // others may answer
    }
    lose_call(t, id, why, status, error, std::move(cause));
}

void user_agent_core::impl::lose_usages(
    turn& t, session_id id, dialog_handle at, failure_effect effect, message const& response, error_code error
) {
    if (effect == failure_effect::transaction) return;
    auto const status = response ? response.view().status() : std::uint16_t{0};
    auto* call = visible_call(id);
    if (auto* in = call != nullptr ? call->leg_of(at) : nullptr)
        lose_leg(t, id, *in, end_reason::dialog_lost, status, error, response);
    if (effect == failure_effect::dialog) lose_dialog(t, at, response);
}

void user_agent_core::impl::release_call(turn& t, session_id id) {
    auto const* call = calls.find(id);
    try {
        send_bye(t, *dialogs.find(call->main.dialog), call->account, call->bye_reason);
    } catch (...) {
        erase_call(t, id);  // out of memory: over all the same
        throw;
    }
    erase_call(t, id);
}

void user_agent_core::impl::abandon(outgoing_id id) {
    auto const* request = requests.find(id);
    if (request != nullptr && request->stage != outgoing::stage::sent) forget(id);
}

void user_agent_core::impl::close_leg(turn& t, leg& of) {
    // 15.1.2: what is still open ends with the dialog.
    if (of.asked.transaction) (void)respond(t, of.asked.transaction, of.asked.request.view(), {.status = 487});
    of.asked = {};
    of.answer_due.reset();
    abandon(of.prack);
    if (of.own && of.own->draft.view().method() == method::update) {
        abandon(of.own->request);
        of.own.reset();
    }
}

void user_agent_core::impl::erase_call(turn& t, session_id id) {
    auto* call = calls.find(id);
    if (call == nullptr) return;
    refuse_invite(t, *call, 487);  // 15.1.2: what is still open ends with the dialog
    deadlines.set(deadline_owner::call, id, std::nullopt);
    drop_forks(t, id, *call);
    auto& main = call->main;
    close_leg(t, main);
    abandon(call->refresh);
    if (auto const* in = dialogs.find(main.dialog)) ended.add(t.now.mono, call->timing, in->id());
    auto own = main.own ? requests.find(main.own->request) : nullptr;
    auto const own_id = own != nullptr ? main.own->request : outgoing_id{};
    // Its 2xx may still come, and needs an ACK; a subscription may live on in the dialog.
    bool const is_shared = dialogs.usages(main.dialog).size() > 1;
    if (own != nullptr && is_shared) own->orphan = *dialogs.find(main.dialog);
    if (own != nullptr && !is_shared)
        own->orphan = dialogs.take(main.dialog);
    else
        dialogs.remove_usage(main.dialog, invite_usage(id));
    calls.erase(id);
    // 15.1.2: the peer ends it with 487; CANCEL sees to it that something comes.
    cancel(t, own_id);
}

}  // namespace sip
