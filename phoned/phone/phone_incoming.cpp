// Who calls: what becomes of them, and how they are sent on.
#include <fmt/format.h>

#include "phoned/phone/alert.hpp"
#include "phoned/phone/failure.hpp"
#include "phoned/phone/identity.hpp"
#include "phoned/phone/incoming_rules.hpp"
#include "phoned/phone/phone.hpp"
#include "phoned/phone/referrals.hpp"
#include "phoned/phone/turn.hpp"

namespace phoned {

void phone::on_incoming(now_t now, const sip::incoming_call& incoming) {
    const auto* const l = line_of(incoming.account);
    if (l == nullptr) return refuse(incoming.id, 404, {});
    if (is_stopping_) return refuse(incoming.id, 480, {});
    // An INVITE that replaces a call of ours (RFC 3891) continues that call: it disturbs nobody and needs no line.
    if (const auto* replaced = find(incoming.replaces)) return take_over(now, incoming, *l, *replaced);
    const auto invite = incoming.invite.view();
    const auto caller = caller_of(invite, incoming.caller);
    const auto address = sip::parse_uri(caller.uri);
    const auto user = address ? sip::unescape(address->user) : std::string();
    const auto decision = decide_incoming(
        config_, *l->config,
        {.user = user,
         .is_anonymous = caller.is_anonymous,
         .asks_intercom = is_intercom(invite),
         .has_other_call = !calls_.empty(),
         .has_free_place = calls_.size() < most_calls}
    );
    using action = incoming_decision::action;
    if (decision.what == action::refuse) {
        refuse(incoming.id, decision.status, {});
        return enter_turned_away(
            now, incoming, *l, decision.status, sip::reason_phrase(static_cast<std::uint16_t>(decision.status))
        );
    }
    if (decision.what == action::forward) return turn_away(now, incoming, *l, decision);

    auto& made = new_call(call_direction::incoming, *l);
    if (!made.receive(now, incoming)) return;
    made.set_alert(ring_asked_for(invite, config_, *l->config));
    made.ring();
    enter_history(now, made, history_kind::missed);
    if (!made.is_anonymous()) last_caller_ = {made.remote(), l->number};
    using answer_by = incoming_decision::answer;
    if (decision.by == answer_by::after_delay) auto_answer_at_[made.number()] = now.mono + config_.auto_answer_delay;
    if (decision.by == answer_by::intercom) {
        made.set_auto_answered();
        made.set_muted(config_.intercom_muted);
        if (config_.intercom_tone) tones_.remind();
        return answer(now, made);
    }
    if (decision.forward_after) {
        std::string why;
        if (const auto uri = target_uri(decision.forward_target, *l->config, config_, why))
            forward_at_[made.number()] = {now.mono + *decision.forward_after, *uri};
        else
            note(now, why);
    }
}

/// The target's part in an attended transfer.
void phone::take_over(now_t now, const sip::incoming_call& incoming, const line& l, const call& replaced) {
    transfer_summary taken{replaced.number(), transfer_role::target, transfer_state::done, {}};
    auto& made = new_call(call_direction::incoming, l);
    if (!made.receive(now, incoming)) return;
    taken.target = made.remote();
    taken.new_call = made.number();
    made.set_auto_answered();
    enter_history(now, made, history_kind::received);
    publish(now, taken, transfer_state::done, 0, {});
    hold_others(&replaced);
    (void)made.answer(now);
}

/// Forwards a call that never rings here.
void phone::turn_away(now_t now, const sip::incoming_call& incoming, const line& l, const incoming_decision& decision) {
    std::string why;
    const auto uri = target_uri(decision.forward_target, *l.config, config_, why);
    if (!uri) {
        note(now, why);
        return refuse(incoming.id, 480, {});
    }
    if (decision.alerts_first)
        ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            (void)core.ring(at, incoming.id, 180, {}, out);
        });
    refuse(incoming.id, 302, redirection_headers(*uri, address_of_record(*l.config), decision.diversion));
    const auto text = fmt::format("forwarded to {}", *uri);
    note(now, text);
    enter_turned_away(now, incoming, l, 302, text);
}

void phone::refuse(sip::session_id id, unsigned status, const std::vector<sip::extra_header>& headers) {
    ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.reject(at, id, static_cast<std::uint16_t>(status), {}, headers, out);
    });
}

void phone::forward_unanswered(now_t now) {
    for (auto at = forward_at_.begin(); at != forward_at_.end();) {
        if (at->second.at > now.mono) {
            ++at;
            continue;
        }
        const auto due = *at;
        at = forward_at_.erase(at);
        if (auto* of = find(due.first); of != nullptr && of->is_live()) {
            enter_history(now, *of, history_kind::forwarded);
            of->forward(due.second.uri, "no-answer");
        }
    }
}

command_result<done> phone::call_forward(const command_context& context, call_number number, std::string_view target) {
    const turn t(*this, context.now);
    auto of = need(
        number,
        [](const call& each) {
            return each.direction() == call_direction::incoming && each.state() == call_state::early;
        },
        "ringing here"
    );
    if (!of) return of.error();
    std::string why;
    if (!may_forward_to(target, config_, why)) return failure(error_number::bad_target, why, "bad_target");
    const auto uri = target_uri(target, (*of)->settings_of_account(), config_, why);
    if (!uri) return failure(error_number::bad_target, why, "bad_target");
    enter_history(context.now, **of, history_kind::forwarded);
    (*of)->forward(*uri, "deflection");
    return done{};
}

}  // namespace phoned
