// Calls as callee (RFC 3261 13.3, 9.2): the INVITE rings, is answered, refused, cancelled or left alone; and the ACK.
#include <algorithm>
#include <utility>

#include "core_impl.hpp"

namespace sip {

void user_agent_core::impl::on_invite(turn& t, request_received const& input) {
    auto const request = input.request.view();
    if (calls.size() >= config.limits.sessions) {
        (void)respond(t, input.id, request, {.status = 486});
        return;
    }
    auto const account = account_for(request);
    auto const timer = timer_of(account);
    if (refuse_interval(t, timer, input)) return;
    auto const caller = identity_in(account, request, input.from);
    auto const* settings = accounts.find(account);
    if (settings != nullptr && settings->identity.config.reads.refuses_anonymous && is_anonymous(request)) {
        (void)respond(t, input.id, request, {.status = 433});
        return;
    }
    bool const is_replacement = request.has(header_id::replaces);
    auto named = is_replacement ? replaced_by(t.now.mono, request) : joined_by(t.now.mono, request);
    auto evidence = replacement_evidence::none;
    if (named.of) {
        evidence = evidence_for(request, caller, other_side(named.of));
        bool const must_prove =
            settings == nullptr || settings->identity.config.replaces == replacement_rule::on_evidence;
        if (must_prove && evidence == replacement_evidence::none) named.refusal = 403;
    }
    if (named.refusal != 0) {
        (void)respond(t, input.id, request, {.status = named.refusal});
        return;
    }
    auto const replaces = is_replacement ? named.of : session_id{};
    new_tag const tag(env);
    auto made = dialog::from_request(request, tag.view(), config.limits.route_set);
    if (!made) {
        auto const reason = to_string(made.error());
        (void)respond(t, input.id, request, {.status = made.error().suggested_status, .reason = reason});
        return;
    }
    bool const has_offer = is_description(request);
    call ringing;
    ringing.account = account;
    ringing.timer = timer;
    ringing.replaces = replaces;
    ringing.timing = timing_of(ringing.account);
    ringing.role = dialog_role::uas;
    ringing.stage = call_stage::ringing;
    ringing.ring_limit = t.now.mono + config.ring_limit;
    if (auto const expires = request.get<header_id::expires>())
        ringing.invite_expiry = t.now.mono + std::chrono::seconds(*expires);
    if (has_offer) ringing.main.offers.offer_received(description_carrier::invite);
    (void)note_asserted(ringing, request, caller);
    if (settings != nullptr) made->set_privacy(to_string(settings->identity.config.shows.privacy));
    auto const due = ringing.next_deadline();
    auto const session = insert(calls, deadline_owner::call, std::move(ringing), due);
    try {
        auto& call = *calls.find(session);
        note_abilities(call.main, request);
        call.main.dialog = dialogs.add(std::move(*made), invite_usage(session));
        t.out.events.emplace_back(incoming_call{
            .id = session,
            .account = account,
            .replaces = replaces,
            .joins = is_replacement ? session_id{} : named.of,
            .evidence = evidence,
            .caller = caller,
            .invite = input.request,
            .has_offer = has_offer,
        });
        take_invite(session, call, input);
    } catch (...) {
        erase_call(t, session);
        throw;
    }
}

void user_agent_core::impl::take_invite(session_id id, call& of, request_received const& input) {
    of.unanswered = {input.id, input.request, input.flow, input.from};
    of.contact_flow = input.flow;
    of.newest_invite = input.request.view().cseq().number;
    transactions.set_owner(input.id, token_of(id));
    transactions.set_timing(input.id, of.timing);
}

void user_agent_core::impl::refuse_invite(turn& t, call& of, std::uint16_t status) {
    if (!of.unanswered.transaction) return;
    auto const* in = dialogs.find(of.main.dialog);
    (void)respond(
        t, of.unanswered.transaction, of.unanswered.request.view(),
        {.status = status, .to_tag = in != nullptr ? in->id().local_tag : std::string_view{}}
    );
    of.unanswered = {};
}

error_code user_agent_core::impl::answer(turn& t, session_id id, std::string_view description) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    if (call->stage != call_stage::ringing || call->held_answer) return errc::wrong_state;
    // 13.2.1: the 2xx answers the offer, or makes one where the INVITE had none, unless a reliable provisional response
    // has done so before (RFC 3262 5).
    auto const& offers = call->main.offers;
    bool const needs_description =
        offers.owes_answer_to(description_carrier::invite) || (offers.is_idle() && !offers.is_settled());
    if (description.empty() == needs_description) return errc::invalid_argument;
    if (!call->reliable.holds_success() && !call->main.asked.transaction) {
        call->held_answer.emplace(description);
        auto const failed = send_first_answer(t, id, *call);
        return failed;
    }
    call->held_answer.emplace(description);
    return {};
}

error_code user_agent_core::impl::send_first_answer(turn& t, session_id id, call& of) {
    auto const description = *std::exchange(of.held_answer, std::nullopt);
    auto const body = description.empty() || of.main.offers.owes_answer_to(description_carrier::invite)
                          ? answer_body::answer_or_none
                          : answer_body::offer;
    auto const cseq = of.unanswered.request.view().cseq().number;
    if (auto const failed = send_success(t, id, of, description, body)) return failed;
    of.first_answer = cseq;
    of.stage = call_stage::up;
    dialogs.find(of.main.dialog)->confirm();
    of.reliable.finish();
    of.ring_limit.reset();
    of.invite_expiry.reset();
    of.repeat_provisional.reset();
    of.last_provisional = {};
    schedule_call(id, of);
    // RFC 3891 3: now the other one is released, by BYE or, where it is our own early call, by CANCEL: who rang for it
    // hears that somebody else has answered.
    if (auto const old = std::exchange(of.replaces, {}))
        (void)hang_up(t, old, answered_elsewhere(), end_reason::replaced);
    return {};
}

error_code user_agent_core::impl::send_success(
    turn& t, session_id id, call& call, std::string_view description, answer_body body
) {
    auto const invite = call.unanswered.request;
    auto const request = invite.view();
    auto const session = call.timer.for_answer(request);
    auto const expires = session.interval != 0 ? session.session_expires() : std::string();
    auto wire = write_reply(
        request, {.status = 200,
                  .to_tag = dialogs.find(call.main.dialog)->id().local_tag,
                  .content_type = config.accept,
                  .body = description,
                  .contact_flow = call.unanswered.flow,
                  .account = call.account,
                  .session_expires = expires,
                  .require_timer = session.require}
    );
    if (!wire) return wire.error();
    call.is_contact_void = false;
    pending_answer pending;
    pending.cseq = request.cseq().number;
    pending.response = *wire;
    pending.transaction = call.unanswered.transaction;
    pending.body = body;
    auto const transaction = call.unanswered.transaction;
    call.answers.add(t.now.mono, call.timing, std::move(pending));
    try {
        // A connection that is gone for good does not matter: the repetition may find another way (13.3.1.4).
        (void)send_response(t, transaction, std::move(*wire));
    } catch (...) {
        (void)call.answers.on_ack(request.cseq().number);  // nothing to repeat: it never left
        throw;
    }
    call.timer.on_success_sent(t.now.mono, request, session);
    if (call.timer.is_known() && !description.empty()) call.main.described = description;
    if (body == answer_body::offer)
        call.main.offers.offer_sent(description_carrier::success);
    else
        call.main.offers.answered();
    call.unanswered = {};
    schedule_call(id, call);
    return {};
}

error_code user_agent_core::impl::reject(
    turn& t, session_id id, std::uint16_t status, std::string_view reason, std::span<extra_header const> headers
) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    if (call->stage != call_stage::ringing) return errc::wrong_state;
    if (status < 300 || status > 699 || !are_free_headers(headers)) return errc::invalid_argument;
    auto const failed = respond(
        t, call->unanswered.transaction, call->unanswered.request.view(),
        {.status = status,
         .reason = reason,
         .to_tag = dialogs.find(call->main.dialog)->id().local_tag,
         .headers = headers}
    );
    if (failed == errc::invalid_argument) return failed;  // the user's text cannot be sent; the call still rings
    call->unanswered = {};
    end_call(t, id, end_reason::refused, status);
    return {};
}

void user_agent_core::impl::on_cancel(turn& t, request_received const& input) {
    auto const request = input.request.view();
    if (!input.cancels) {
        // 9.2: a request that is no INVITE goes on as if nothing had come.
        auto const status = static_cast<std::uint16_t>(input.names_other ? 200 : 481);
        (void)respond(t, input.id, request, {.status = status});
        return;
    }
    auto const session = handle_of<session_id>(transactions.owner_of(input.cancels));
    auto* call = calls.find(session);
    std::string_view const tag = call != nullptr && dialogs.find(call->main.dialog) != nullptr
                                     ? dialogs.find(call->main.dialog)->id().local_tag
                                     : std::string_view{};
    (void)respond(t, input.id, request, {.status = 200, .to_tag = tag});
    if (call == nullptr || call->unanswered.transaction != input.cancels) return;  // 9.2: it crossed our final response

    refuse_invite(t, *call, 487);
    if (call->stage == call_stage::ringing) return end_call(t, session, end_reason::cancelled, 487, {}, input.request);
    call->main.offers.close();
    t.out.events.emplace_back(offer_withdrawn{.id = session, .fork = 0});
}

void user_agent_core::impl::on_ack(turn& t, request_received const& input) {
    auto const ack = input.request.view();
    auto const usage = dialogs.usage(dialogs.find(dialog_of_request(ack)), usage_kind::invite);
    if (!usage) return;
    auto const session = handle_of<session_id>(usage->owner);
    auto* call = calls.find(session);
    if (call == nullptr) return;
    auto const confirmed = call->answers.on_ack(ack.cseq().number);
    if (!confirmed) return;
    schedule_call(session, *call);

    bool const is_first = call->first_answer == confirmed->cseq;
    if (is_first) call->first_answer.reset();
    if (call->stage == call_stage::releasing) {
        if (!is_first) return;
        return release_call(t, session);
    }
    if (is_first) t.out.events.emplace_back(call_confirmed{.id = session, .ack = input.request});
    if (confirmed->body == answer_body::offer) {
        call->main.offers.answered();
        if (is_description(ack)) {
            t.out.events.emplace_back(remote_answer{.id = session, .carrier = input.request, .fork = 0});
        } else if (is_first) {
            // An ACK must answer the offer of its 2xx (13.2.1): of a new session nothing is left then ...
            return lose_call(t, session, end_reason::protocol_error, 0, {}, input.request);
        } else {
            // ... an established one goes on as it was.
            t.out.events.emplace_back(offer_failed{
                .id = session, .status = 0, .will_retry = false, .response = {}, .fork = 0});
        }
    }
    // An offer of ours may have waited for this ACK (14.1).
    auto& own = call->main.own;
    if (own && !own->request && !own->retry_at && call->answers.empty()) send_own_offer(t, session, *call, call->main);
}

}  // namespace sip
