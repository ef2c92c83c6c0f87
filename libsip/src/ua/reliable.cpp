// Reliable provisional responses and PRACK (RFC 3262), as caller and as callee, with the offers and answers in them.
#include <utility>

#include <fmt/format.h>

#include "abilities.hpp"
#include "core_impl.hpp"

namespace sip {

namespace {

/// 13.3.1.1: proxies give up an INVITE that is silent for three minutes, so something comes each minute; reliably sent,
/// less often is enough (RFC 3262 3).
constexpr auto provisional_interval = std::chrono::minutes(1);
constexpr auto reliable_interval = std::chrono::seconds(150);

}  // namespace

// ---- as caller

bool user_agent_core::impl::is_reliable_provisional(message_view response) noexcept {
    auto const rseq = response.get<header_id::rseq>();
    return response.status() > 100 && response.status() < 200 && !response.to_tag().empty() && rseq && *rseq != 0 &&
           lists<header_id::require>(response, "100rel");
}

std::optional<description_meaning> user_agent_core::impl::accept_reliable(
    turn& t, session_id id, call& of, leg& in, message_view response
) {
    auto const rseq = *response.get<header_id::rseq>();
    auto const invite = response.cseq().number;
    // RFC 3262 4: one that came again is passed over, and so is one that overtook others: it will be repeated.
    if (in.rseq_of_invite == invite && rseq != in.rseq + 1) return std::nullopt;
    auto const meaning =
        is_description(response) ? in.offers.meaning_of(description_carrier::reliable) : description_meaning::nothing;
    auto const before = std::exchange(in.rseq, rseq);
    auto const invite_before = std::exchange(in.rseq_of_invite, invite);
    try {
        if (meaning != description_meaning::offer) (void)send_prack(t, id, of, in, {});
    } catch (...) {
        in.rseq = before;  // its repetition is as good as new
        in.rseq_of_invite = invite_before;
        throw;
    }
    if (meaning == description_meaning::answer) in.offers.answered();
    if (meaning == description_meaning::offer) {
        in.owes_prack = true;
        in.offers.offer_received(description_carrier::reliable);
    }
    return meaning;
}

error_code user_agent_core::impl::send_prack(turn& t, session_id id, call& of, leg& in, std::string_view description) {
    auto& dialog = *dialogs.find(in.dialog);
    std::array<extra_header, 1> const rack{
        extra_header{"RAck", fmt::format("{} {} INVITE", in.rseq, in.rseq_of_invite)}};
    auto draft = draft_in_dialog(dialog, "PRACK", dialog.local_cseq() + 1, rack, config.accept, description);
    if (!draft) return draft.error();
    outgoing request;
    request.what = purpose::prack;
    request.account = of.account;
    request.session = id;
    request.inside = in.dialog;
    request.draft = std::move(*draft);
    request.strict_route = dialog.way().is_strict();
    request.cseq = dialog.next_local_cseq();
    in.prack = start(t, std::move(request));
    in.owes_prack = false;
    return {};
}

void user_agent_core::impl::on_prack_done(turn& t, outgoing_id id, message const& response, error_code error) {
    auto const& request = *requests.find(id);
    auto const session = request.session;
    auto const dialog = request.inside;
    bool const carried_answer = !request.draft.view().body().empty();
    auto const status = response ? response.view().status() : std::uint16_t{0};
    forget(id);
    auto* call = calls.find(session);
    auto* leg = call != nullptr ? call->leg_of(dialog) : nullptr;
    if (leg == nullptr || (status >= 200 && status < 300)) return;
    // A PRACK that only acknowledges and crosses the final response may find nothing (481): the call goes on, and where
    // the callee misses it, it ends the INVITE. With the answer in it the session has failed.
    auto effect = effect_on_call(method::prack, status);
    if (effect == failure_effect::usage && !carried_answer) effect = failure_effect::transaction;
    if (effect == failure_effect::transaction && carried_answer) effect = failure_effect::usage;
    lose_usages(t, session, dialog, effect, response, error);
}

// ---- as callee

bool user_agent_core::impl::sends_reliably(call const& of, std::string_view description) const noexcept {
    auto const* account = accounts.find(of.account);
    auto const policy = account != nullptr ? account->identity.config.reliable_provisional : reliability::supported;
    auto const request = of.unanswered.request.view();
    if (policy == reliability::off) return false;  // who requires them has met 420
    if (lists<header_id::require>(request, "100rel")) return true;
    if (!lists<header_id::supported>(request, "100rel")) return false;
    if (policy == reliability::required) {
        // RFC 3262 5: the first one must carry our offer where the INVITE had none, and we have none yet.
        return !description.empty() || !of.main.offers.is_idle() || of.main.offers.is_settled();
    }
    return !description.empty();
}

error_code user_agent_core::impl::ring(turn& t, session_id id, std::uint16_t status, std::string_view description) {
    auto* call = visible_call(id);
    if (call == nullptr) return errc::no_such_session;
    if (call->stage != call_stage::ringing || call->held_answer) return errc::wrong_state;
    if (status < 101 || status > 199) return errc::invalid_argument;
    bool const reliably = sends_reliably(*call, description);
    auto& offers = call->main.offers;
    auto const meaning = offers.meaning_of(description_carrier::reliable);
    if (reliably) {
        bool const must_offer = meaning == description_meaning::offer && description.empty();
        bool const has_nothing_to_say = meaning == description_meaning::nothing && !description.empty();
        if (must_offer || has_nothing_to_say) return errc::invalid_argument;
        if (call->reliable.is_full()) return errc::limit_reached;
    }
    auto const request = call->unanswered.request.view();
    auto wire = write_reply(
        request, {.status = status,
                  .to_tag = dialogs.find(call->main.dialog)->id().local_tag,
                  .content_type = config.accept,
                  .body = description,
                  .contact_flow = call->unanswered.flow,
                  .account = call->account,
                  .rseq = reliably ? call->reliable.next_rseq(env.random) : 0U}
    );
    if (!wire) return wire.error();
    call->last_status = status;
    call->repeat_provisional = t.now.mono + (reliably ? sip::duration(reliable_interval) : provisional_interval);
    if (!reliably) {
        call->last_provisional = *wire;
        schedule_call(id, *call);
        return send_response(t, call->unanswered.transaction, std::move(*wire));
    }
    using description_is = reliable_responses::description;
    bool const goes_now = call->reliable.add(
        t.now.mono, call->timing, *wire, description.empty() ? description_is::absent : description_is::present
    );
    call->last_provisional = {};
    call->reliable_invite = request.cseq().number;
    if (!description.empty()) {
        if (call->timer.is_known()) call->main.described = description;
        if (meaning == description_meaning::answer)
            offers.answered();
        else
            offers.offer_sent(description_carrier::reliable);
    }
    schedule_call(id, *call);
    if (!goes_now) return {};
    // A connection that is gone by now does not matter: what comes next finds another way.
    (void)transactions.respond(t.now.mono, call->unanswered.transaction, std::move(*wire), t.transactions());
    return {};
}

void user_agent_core::impl::repeat_provisional(turn& t, session_id id, call& of) {
    if (of.last_provisional) {
        of.repeat_provisional = t.now.mono + provisional_interval;
        (void)transactions.respond(t.now.mono, of.unanswered.transaction, of.last_provisional, t.transactions());
        return;
    }
    // Reliably sent: the same again would be taken for a repetition of the old one, so a new one says that it rings on.
    of.repeat_provisional = t.now.mono + reliable_interval;
    if (!of.held_answer && !of.reliable.is_open()) (void)ring(t, id, of.last_status, {});
}

void user_agent_core::impl::on_prack(turn& t, session_id id, request_received const& input) {
    auto* call = calls.find(id);
    auto const request = input.request.view();
    auto const refuse = [&](reply const& r) { (void)respond(t, input.id, request, r); };
    auto const rack = request.get<header_id::rack>();
    if (!rack) return refuse({.status = 400, .reason = "Missing RAck"});
    if (!call->reliable.matches(*rack, call->reliable_invite)) return refuse({.status = 481});
    if (call->stage == call_stage::refused) {
        refuse({.status = 200});
        return erase_call(t, id);
    }
    auto& leg = call->main;
    if (replace_asked(t, leg, input)) return;
    if (leg.asked.transaction) return refuse_busy(t, input);
    if (refuse_content(t, input)) return;

    if (is_description(request)) {
        switch (leg.offers.meaning_of(description_carrier::prack)) {
            case description_meaning::nothing:
                if (leg.offers.current() == offer_phase::state::local_offer) return refuse({.status = 491});
                return refuse_busy(t, input);
            case description_meaning::offer:
                call->reliable.pause();
                return ask_user(t, id, *call, leg, input, description_carrier::prack);
            case description_meaning::answer:
                leg.offers.answered();
                t.out.events.emplace_back(remote_answer{.id = id, .carrier = input.request, .fork = 0});
                break;
        }
    } else if (leg.offers.awaits_answer_to(description_carrier::reliable)) {
        // RFC 3262 5: the PRACK must answer. Without that there is nothing to set up.
        refuse({.status = 200});
        call->reliable.acknowledge();
        refuse_invite(t, *call, 488);
        return end_call(t, id, end_reason::protocol_error, 488, {}, input.request);
    }
    refuse({.status = 200});
    call->reliable.acknowledge();
    go_on_ringing(t, id, *call);
}

void user_agent_core::impl::go_on_ringing(turn& t, session_id id, call& of) {
    if (of.stage != call_stage::ringing) return schedule_call(id, of);
    if (auto const next = of.reliable.send_next(t.now.mono, of.timing))
        (void)transactions.respond(t.now.mono, of.unanswered.transaction, *next, t.transactions());
    schedule_call(id, of);
    if (of.held_answer && !of.reliable.holds_success() && of.main.offers.is_idle()) send_first_answer(t, id, of);
}

void user_agent_core::impl::on_reliable_due(turn& t, session_id id, call& of, reliable_responses::due const& due) {
    if (!due.gave_up) {
        (void)transactions.respond(t.now.mono, of.unanswered.transaction, due.response, t.transactions());
        return;
    }
    if (of.stage != call_stage::ringing) return;  // the final response has gone: nobody waits for it
    // RFC 3262 3: the INVITE is refused with 5xx.
    refuse_invite(t, of, 504);
    end_call(t, id, end_reason::no_ack, 504, errc::transaction_timeout);
}

}  // namespace sip
