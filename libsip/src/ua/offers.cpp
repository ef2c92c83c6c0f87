// New offers inside a call, ours and the peer's: re-INVITE (RFC 3261 14, RFC 6141), UPDATE (RFC 3311), and what the
// user says to every offer of the peer, whatever message brought it.
#include <utility>

#include "abilities.hpp"
#include "core_impl.hpp"
#include "sip/syntax/headers/reason.hpp"

namespace sip {

namespace {

/// After so many refusals in a row (491, 500) something other than bad luck is at work.
constexpr std::uint8_t most_attempts = 5;

/// RFC 3261 14.2 and RFC 3311 5.2: somebody whose request has to wait tries again after 0 to 10 s.
constexpr std::uint32_t longest_wait = 10;

}  // namespace

// ---- ours

bool user_agent_core::impl::may_offer(call const& of, leg const& in) const noexcept {
    if (in.own || in.asked.transaction || !in.offers.is_idle() || !in.dialog) return false;
    switch (of.stage) {
        case call_stage::up:
            return !of.unanswered.transaction && !of.owed_ack;
        case call_stage::ringing:
            // RFC 3311 5.1: not before the exchange that the INVITE began is through, its PRACK included.
            return in.offers.is_settled() && !of.reliable.holds_success() && !of.held_answer;
        case call_stage::inviting:
            return in.offers.is_settled() && requests.find(in.prack) == nullptr;
        case call_stage::releasing:
        case call_stage::refused:
            return false;
    }
    return false;
}

error_code user_agent_core::impl::reoffer(
    turn& t, session_id id, std::string_view description, offer_options const& how
) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    auto* leg = call->leg_of_fork(how.fork);
    if (leg == nullptr || !may_offer(*call, *leg)) return errc::wrong_state;
    if (description.empty()) return errc::invalid_argument;
    // RFC 3311 5.1: in a confirmed dialog a re-INVITE is better, since its receiver may ask a person.
    bool const by_update = call->stage != call_stage::up || how.by == offer_method::update;
    if (by_update && !leg->peer_takes_update) return errc::unsupported_by_peer;
    auto& in = *dialogs.find(leg->dialog);
    auto draft =
        draft_in_dialog(in, by_update ? "UPDATE" : "INVITE", in.local_cseq() + 1, {}, config.accept, description);
    if (!draft) return draft.error();
    leg->own.emplace();
    leg->own->draft = std::move(*draft);
    // 14.1: not while another INVITE is in progress in either direction; on_ack() goes on.
    if (call->answers.empty()) send_own_offer(t, id, *call, *leg);
    return {};
}

void user_agent_core::impl::send_own_offer(turn& t, session_id id, call& of, leg& in) {
    auto& dialog = *dialogs.find(in.dialog);
    bool const by_update = in.own->draft.view().method() == method::update;
    outgoing request;
    request.what = by_update ? purpose::update : purpose::reinvite;
    request.account = of.account;
    request.session = id;
    request.inside = in.dialog;
    request.draft = in.own->draft;
    request.strict_route = dialog.way().is_strict();
    request.cseq = dialog.next_local_cseq();
    in.own->request = start(t, std::move(request));
    in.own->retry_at.reset();
    if (!by_update) in.offers.begin_invite();
    in.offers.offer_sent(by_update ? description_carrier::update : description_carrier::invite);
    schedule_call(id, of);
}

void user_agent_core::impl::on_reinvite_provisional(turn& t, outgoing_id id, message const& response) {
    auto const view = response.view();
    auto const session = requests.find(id)->session;
    auto* call = calls.find(session);
    if (call == nullptr || call->stage != call_stage::up || !is_reliable_provisional(view)) return;
    auto& leg = call->main;
    if (!leg.own || leg.own->request != id) return;
    if (accept_reliable(t, session, *call, leg, view) != description_meaning::answer) return;
    // RFC 6141 3.2, 4.6: the new session is in force, and the peer's new target with it.
    dialogs.find(leg.dialog)->refresh_target(view);
    t.out.events.emplace_back(remote_answer{.id = session, .carrier = response, .fork = 0});
}

void user_agent_core::impl::on_reinvite_success(turn& t, outgoing_id id, message const& response) {
    auto& request = *requests.find(id);
    auto const view = response.view();
    if (request.stage != outgoing::stage::answered) {
        request.stage = outgoing::stage::answered;
        set_deadline(id, t.now.mono + transaction_life(timing_of(request.account)));
    }
    (void)request.client.on_success();  // a CANCEL that came too late changes nothing: the session is the new one
    auto const session = request.session;
    auto* call = calls.find(session);
    if (call == nullptr) {
        // The call is over, but a 2xx is acknowledged all the same (pjsip #1755).
        if (request.orphan) {
            request.orphan->refresh_target(view);
            acknowledge(t, *request.orphan, view, request);
        }
        return;
    }
    auto& leg = call->main;
    auto& in = *dialogs.find(leg.dialog);
    in.refresh_target(view);
    note_abilities(leg, view);
    note_identity(t, session, in, response, request.to);
    call->timer.on_success_received(t.now.mono, view);
    acknowledge(t, in, view, request);
    if (!leg.own || leg.own->request != id) return;
    on_own_offer_success(t, session, *call, leg, description_carrier::success, response);
}

void user_agent_core::impl::on_update_done(turn& t, outgoing_id id, message const& response, errc why) {
    auto const session = requests.find(id)->session;
    auto const dialog = requests.find(id)->inside;
    auto const from = requests.find(id)->to;
    forget(id);
    auto* call = calls.find(session);
    auto* leg = call != nullptr ? call->leg_of(dialog) : nullptr;
    if (leg == nullptr || !leg->own || leg->own->request != id) return;
    auto const view = response ? response.view() : message_view();
    if (!response || view.status() >= 300) return on_own_offer_failure(t, session, *leg, method::update, response, why);
    dialogs.find(dialog)->refresh_target(view);
    note_abilities(*leg, view);
    note_identity(t, session, *dialogs.find(dialog), response, from);
    if (call->stage == call_stage::up) call->timer.on_success_received(t.now.mono, view);
    on_own_offer_success(t, session, *call, *leg, description_carrier::update_success, response);
}

void user_agent_core::impl::on_own_offer_success(
    turn& t, session_id id, call& of, leg& in, description_carrier carrier, message const& response
) {
    auto const view = response.view();
    bool const is_due = in.offers.current() == offer_phase::state::local_offer;
    auto const meaning = is_description(view) ? in.offers.meaning_of(carrier) : description_meaning::nothing;
    if (of.timer.is_known() && is_due) in.described = in.own->draft.view().body();
    bool const is_refresh = in.own->is_refresh;
    in.own.reset();
    schedule_call(id, of);
    if (is_refresh) {
        in.offers.close();
        t.out.events.emplace_back(session_refreshed{.id = id, .status = view.status(), .response = response});
        return;
    }
    if (!is_due) return;  // a reliable provisional response has brought the answer
    if (meaning == description_meaning::answer) {
        in.offers.answered();
        t.out.events.emplace_back(remote_answer{.id = id, .carrier = response, .fork = in.fork});
    } else {
        in.offers.close();
        t.out.events.emplace_back(offer_failed{
            .id = id, .status = view.status(), .will_retry = false, .response = response, .fork = in.fork});
    }
}

void user_agent_core::impl::on_reinvite_failure(turn& t, outgoing_id id, message const& response, errc why) {
    auto const session = requests.find(id)->session;
    forget(id);
    auto* call = calls.find(session);
    if (call == nullptr || !call->main.own || call->main.own->request != id) return;
    on_own_offer_failure(t, session, call->main, method::invite, response, why);
}

void user_agent_core::impl::on_own_offer_failure(
    turn& t, session_id id, leg& in, method by, message const& response, errc why
) {
    auto& call = *calls.find(id);
    auto const status = response ? response.view().status() : std::uint16_t{0};
    // No answer at all counts as 408 (12.2.1.2).
    auto const effect = effect_on_call(by, response ? status : 408);
    if (effect != failure_effect::transaction)
        return lose_usages(t, id, in.dialog, effect, response, response ? error_code() : make_error_code(why));
    if (in.offers.current() != offer_phase::state::local_offer) {
        // RFC 6141 3.4: what a reliable provisional response agreed on stays in force, whatever became of the INVITE.
        in.own.reset();
        return schedule_call(id, call);
    }
    in.offers.close();
    bool const is_refresh = in.own->is_refresh;
    auto const wait = wait_before_retry(call.role, response);
    bool const retry = wait && ++in.own->attempts < most_attempts;
    if (retry) {
        in.own->request = {};
        in.own->retry_at = t.now.mono + *wait;
    } else {
        in.own.reset();
    }
    auto const fork = in.fork;
    if (is_refresh && !retry) call.timer.refresh_failed(t.now.mono);
    schedule_call(id, call);
    if (is_refresh && retry) return;
    if (is_refresh) {
        t.out.events.emplace_back(session_refreshed{.id = id, .status = status, .response = response});
        return;
    }
    t.out.events.emplace_back(offer_failed{
        .id = id, .status = status, .will_retry = retry, .response = response, .fork = fork});
}

std::optional<duration> user_agent_core::impl::wait_before_retry(dialog_role role, message const& response) const {
    if (!response) return std::nullopt;
    auto const view = response.view();
    if (view.status() == 491) return glare_wait(role, env.random);
    // 14.2: the peer is still busy with an earlier offer, and says for how long.
    auto const after = view.get<header_id::retry_after>();
    if (view.status() == 500 && after && after->seconds <= longest_wait) return std::chrono::seconds(after->seconds);
    return std::nullopt;
}

void user_agent_core::impl::note_abilities(leg& in, message_view from) noexcept {
    if (from.has(header_id::allow)) in.peer_takes_update = lists<header_id::allow>(from, "UPDATE");
}

// ---- the peer's

void user_agent_core::impl::refuse_busy(turn& t, request_received const& input) {
    auto const wait = std::to_string(env.random.below(longest_wait + 1));
    (void
    )respond(t, input.id, input.request.view(), {.status = 500, .extra = header_id::retry_after, .extra_value = wait});
}

/// The peer's offer overtakes one of ours that waits for its turn: it was made for a session that ends now.
void user_agent_core::impl::overtake(turn& t, session_id id, leg& in) {
    if (!in.own) return;
    bool const is_refresh = in.own->is_refresh;
    in.own.reset();
    if (is_refresh) return;  // what comes refreshes as well
    t.out.events.emplace_back(offer_failed{
        .id = id, .status = 491, .will_retry = false, .response = {}, .fork = in.fork});
}

/// Whoever loses the connection under a request sends it again over another one, as a new transaction with the same
/// CSeq (RFC 3261 8.1.3.1, RFC 3263 4.3). It is one offer all the same, and the newest copy leads to its sender.
bool user_agent_core::impl::replace_asked(turn& t, leg& in, request_received const& copy) {
    if (!in.asked.transaction) return false;
    auto const first = in.asked.request.view();
    auto const again = copy.request.view();
    bool const is_same = first.cseq().name == again.cseq().name && first.cseq().number == again.cseq().number &&
                         first.body() == again.body();
    if (!is_same) return false;
    refuse_replaced(t, in.asked.transaction, first);
    in.asked = {copy.id, copy.request, copy.flow, copy.from};
    return true;
}

void user_agent_core::impl::on_reinvite(turn& t, session_id id, request_received const& input) {
    auto* call = calls.find(id);
    auto& leg = call->main;
    auto const request = input.request.view();
    if (call->newest_invite == request.cseq().number) return on_copied_invite(t, id, *call, input);
    // 14.2: our own INVITE is out, or its offer is not answered.
    bool const ours_is_open = call->stage == call_stage::inviting || (leg.own && leg.own->request) || call->owed_ack ||
                              leg.offers.current() == offer_phase::state::local_offer;
    if (ours_is_open) {
        (void)respond(t, input.id, request, {.status = 491});
        return;
    }
    // 14.2: the one before has no final response yet; or too many of our answers were never acknowledged.
    if (call->unanswered.transaction || leg.asked.transaction || call->answers.is_full()) return refuse_busy(t, input);
    if (refuse_content(t, input) || refuse_interval(t, call->timer, input)) return;
    overtake(t, id, leg);
    note_abilities(leg, request);
    take_invite(id, *call, input);
    leg.offers.begin_invite();
    bool const has_offer = is_description(request);
    if (has_offer) leg.offers.offer_received(description_carrier::invite);
    schedule_call(id, *call);
    t.out.events.emplace_back(remote_offer{.id = id, .carrier = input.request, .wanted_from_us = !has_offer, .fork = 0}
    );
}

void user_agent_core::impl::on_copied_invite(turn& t, session_id id, call& of, request_received const& input) {
    auto const request = input.request.view();
    if (of.unanswered.transaction) {
        auto const first = of.unanswered.request;
        if (first.view().body() != request.body()) return refuse_busy(t, input);
        refuse_replaced(t, of.unanswered.transaction, first.view());
        return take_invite(id, of, input);
    }
    // What we refused is not remembered, and what is acknowledged needs no answer: the peer may ask anew.
    auto* pending = of.answers.find(request.cseq().number);
    if (pending == nullptr) return refuse_busy(t, input);
    auto const before = parse_message(pending->response, buffers);
    if (!before) return refuse_busy(t, input);
    auto const answer = before->view();
    auto wire = write_reply(
        request, {.status = 200,
                  .to_tag = answer.to_tag(),
                  .content_type = config.accept,
                  .body = answer.body(),
                  .contact_flow = input.flow,
                  .account = of.account,
                  .session_expires = answer.raw(header_id::session_expires),
                  .require_timer = lists<header_id::require>(answer, "timer")}
    );
    if (!wire) return refuse_busy(t, input);
    of.contact_flow = input.flow;
    pending->response = *wire;
    pending->transaction = input.id;
    (void)send_response(t, input.id, std::move(*wire));
}

void user_agent_core::impl::on_update(turn& t, session_id id, dialog_handle at, request_received const& input) {
    auto* call = calls.find(id);
    auto* leg = call->leg_of(at);
    auto const request = input.request.view();
    auto const refuse = [&](reply const& r) { (void)respond(t, input.id, request, r); };
    if (leg == nullptr) return refuse({.status = 481});
    if (replace_asked(t, *leg, input)) return;
    // RFC 3311 5.2: the UPDATE before it is not answered; our own offer is open; or the peer's is.
    if (leg->asked.transaction && leg->asked.request.view().method() == method::update) return refuse_busy(t, input);
    if (refuse_content(t, input) || refuse_interval(t, call->timer, input)) return;
    open_request const update{input.id, input.request, input.flow, input.from};
    if (!is_description(request)) {
        note_abilities(*leg, request);
        (void)accept_update(t, *call, *leg, update, {});
        return schedule_call(id, *call);
    }
    if (auto const& last = leg->answered; last && last->cseq == request.cseq().number) {
        // A copy whose answer was lost with its connection: the user has decided, and is not asked twice.
        if (last->status >= 300) return refuse({.status = last->status});
        (void)accept_update(t, *call, *leg, update, last->description);
        return schedule_call(id, *call);
    }
    bool const ours_is_open =
        (leg->own && leg->own->request) || call->owed_ack || leg->offers.current() == offer_phase::state::local_offer;
    if (ours_is_open) return refuse({.status = 491});
    if (leg->asked.transaction || !leg->offers.is_idle()) return refuse_busy(t, input);
    note_abilities(*leg, request);
    overtake(t, id, *leg);
    ask_user(t, id, *call, *leg, input, description_carrier::update);
}

void user_agent_core::impl::ask_user(
    turn& t, session_id id, call& of, leg& in, request_received const& input, description_carrier carrier
) {
    in.asked = {input.id, input.request, input.flow, input.from};
    in.offers.offer_received(carrier);
    // Half of what its sender waits: a user who has not answered by then has to ask somebody.
    in.answer_due = t.now.mono + transaction_life(of.timing) / 2;
    schedule_call(id, of);
    t.out.events.emplace_back(remote_offer{.id = id, .carrier = input.request, .wanted_from_us = false, .fork = in.fork}
    );
}

// ---- what the user says to it

error_code user_agent_core::impl::answer_offer(
    turn& t, session_id id, std::string_view description, std::uint32_t fork
) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    auto* leg = call->leg_of_fork(fork);
    if (leg == nullptr) return errc::wrong_state;
    if (description.empty()) return errc::invalid_argument;
    if (call->owed_ack) {
        auto* kept = acks.find(call->owed_ack);
        if (kept == nullptr) return errc::wrong_state;
        auto with = with_body(buffers, kept->draft.view(), config.accept, description);
        if (!with) return with.error();
        kept->draft = std::move(*with);
        leg->offers.answered();
        if (call->timer.is_known()) leg->described = description;
        call->ack_due.reset();
        schedule_call(id, *call);
        send_ack(t, std::exchange(call->owed_ack, {}), call->account);
        return {};
    }
    if (leg->asked.transaction) return answer_asked(t, id, *call, *leg, description);
    if (leg->owes_prack) {
        auto const failed = send_prack(t, id, *call, *leg, description);
        if (failed) return failed;
        leg->offers.answered();
        if (call->timer.is_known()) leg->described = description;
        return {};
    }
    if (call->stage != call_stage::up || !call->unanswered.transaction) return errc::wrong_state;
    bool const answers_offer = leg->offers.owes_answer_to(description_carrier::invite);
    // The 2xx accepts the peer's Contact as well (RFC 6141 4.6).
    dialogs.find(leg->dialog)->refresh_target(call->unanswered.request.view());
    return send_success(t, id, *call, description, answers_offer ? answer_body::answer_or_none : answer_body::offer);
}

error_code user_agent_core::impl::accept_update(
    turn& t, call& of, leg& in, open_request const& update, std::string_view description
) {
    auto const request = update.request.view();
    bool const is_refresh = of.stage == call_stage::up;
    auto const session = is_refresh ? of.timer.for_answer(request) : session_timer::answer();
    auto const expires = session.interval != 0 ? session.session_expires() : std::string();
    auto const failed = respond(
        t, update.transaction, request,
        {.status = 200,
         .content_type = config.accept,
         .body = description,
         .contact_flow = update.flow,
         .account = of.account,
         .session_expires = expires,
         .require_timer = session.require}
    );
    if (failed == errc::invalid_argument || failed == errc::too_large) return failed;
    if (is_refresh) of.timer.on_success_sent(t.now.mono, request, session);
    dialogs.find(in.dialog)->refresh_target(request);
    return failed;
}

error_code user_agent_core::impl::answer_asked(
    turn& t, session_id id, call& of, leg& in, std::string_view description
) {
    auto const asked = in.asked;
    auto const request = asked.request.view();
    bool const is_update = request.method() == method::update;
    answered_update answered{request.cseq().number, 200, std::string(description)};
    auto const failed = is_update ? accept_update(t, of, in, asked, description)
                                  : respond(
                                        t, asked.transaction, request,
                                        {.status = 200, .content_type = config.accept, .body = description}
                                    );
    if (failed == errc::invalid_argument || failed == errc::too_large) return failed;
    if (of.timer.is_known()) in.described = description;
    if (is_update) in.answered = std::move(answered);
    in.offers.answered();
    in.asked = {};
    in.answer_due.reset();
    if (!is_update) of.reliable.acknowledge();
    go_on_ringing(t, id, of);
    return {};
}

error_code user_agent_core::impl::refuse_offer(
    turn& t, session_id id, std::uint16_t status, std::uint32_t fork, std::string_view formal_answer
) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    auto* leg = call->leg_of_fork(fork);
    if (leg == nullptr) return errc::wrong_state;
    // A response cannot be refused: the whole call is (ACK, then BYE; or CANCEL), and hears why (RFC 3326 3.2).
    if (call->owed_ack || leg->owes_prack) {
        if (!formal_answer.empty())
            if (auto const failed = answer_offer(t, id, formal_answer, fork)) return failed;
        return hang_up(t, id, sip_reason(488, reason_phrase(488)));
    }
    if (status < 300 || status > 699) return errc::invalid_argument;
    if (leg->asked.transaction) {
        refuse_asked(t, id, *call, *leg, status);
        return {};
    }
    if (call->stage != call_stage::up || !call->unanswered.transaction) return errc::wrong_state;
    refuse_invite(t, *call, status);
    leg->offers.close();
    t.out.events.emplace_back(offer_withdrawn{.id = id, .fork = 0});
    return {};
}

void user_agent_core::impl::refuse_asked(turn& t, session_id id, call& of, leg& in, std::uint16_t status) {
    auto const request = in.asked.request.view();
    (void)respond(t, in.asked.transaction, request, {.status = status});
    if (request.method() == method::update) in.answered = {request.cseq().number, status, {}};
    // RFC 6337 2.3: the response that a refused PRACK named still waits for one that can be accepted.
    if (request.method() == method::prack) of.reliable.resume(t.now.mono, of.timing);
    in.asked = {};
    in.answer_due.reset();
    in.offers.close();
    t.out.events.emplace_back(offer_withdrawn{.id = id, .fork = in.fork});
    go_on_ringing(t, id, of);
}

}  // namespace sip
