// Transfers (RFC 5589, RFC 3515, RFC 3891) in all three parts.
#include <algorithm>

#include <fmt/format.h>

#include "phoned/phone/failure.hpp"
#include "phoned/phone/identity.hpp"
#include "phoned/phone/phone.hpp"
#include "phoned/phone/referrals.hpp"
#include "phoned/phone/turn.hpp"
#include "sip/syntax/sipfrag.hpp"

namespace phoned {

namespace {

/// After the new call is up the transferor ends the old one, and the target the consultation. Who has not by then is
/// not waited for.
constexpr auto patience = std::chrono::seconds{5};

bool is_confirmed(const call& of) {
    return of.state() == call_state::confirmed;
}

bool can_be_target(const call& of) {
    return is_confirmed(of) || (of.direction() == call_direction::outgoing && of.is_live());
}

}  // namespace

// ---- transferor

command_result<done> phone::call_transfer(const command_context& context, call_number number, std::string_view target) {
    const turn t(*this, context.now);
    auto of = need(number, is_confirmed, "up");
    if (!of) return of.error();
    std::string why;
    auto uri = target_uri(target, (*of)->settings_of_account(), config_, why);
    if (!uri) return failure(error_number::bad_target, why, "bad_target");
    return start_transfer(context.now, **of, nullptr, std::move(*uri));
}

command_result<done> phone::call_transfer_attended(const command_context& context, call_number number, call_number to) {
    const turn t(*this, context.now);
    auto of = need(number, is_confirmed, "up");
    if (!of) return of.error();
    auto target = need(to, can_be_target, "one that could be transferred to");
    if (!target) return target.error();
    if (*of == *target) return failure(error_number::wrong_state, "a call cannot be joined with itself", "same_call");
    auto uri = (*target)->remote();
    if (!is_confirmed(**target) && !config_.semi_attended) {
        // RFC 5589 6.6 knows no Replaces of a call that only rings: the target is called anew.
        (*target)->hang_up(context.now, "transferred");
        return start_transfer(context.now, **of, nullptr, std::move(uri));
    }
    return start_transfer(context.now, **of, *target, std::move(uri));
}

command_result<done> phone::start_transfer(now_t now, call& of, call* to, std::string uri) {
    const auto same = [&](const outgoing_transfer& each) { return each.shown.call == of.number(); };
    if (std::any_of(transfers_out_.begin(), transfers_out_.end(), same))
        return failure(error_number::wrong_state, "this call is being transferred already", "transferring");
    if (transferring_ == of.number()) transferring_.reset();
    auto& made = transfers_out_.emplace_back();
    made.shown = {of.number(), transfer_role::transferor, transfer_state::asked, std::move(uri)};
    if (to != nullptr) made.shown.new_call = to->number();
    made.is_waiting = to != nullptr && !is_confirmed(*to);
    if (made.is_waiting)
        publish(now, made.shown, transfer_state::asked, 0, "waits for the answer");
    else
        hold_and_refer(now, made);
    return done{};
}

/// The guide's features.hold_trans_delay: some servers take a transfer only of a call that has been on hold for a
/// while.
void phone::hold_and_refer(now_t now, outgoing_transfer& of) {
    of.is_waiting = false;
    if (config_.hold_transfer_delay.count() == 0) return send_refer(now, of);
    if (auto* call = find(of.shown.call); !call->wants_hold()) call->set_hold(hold_wish::hold);
    of.refer_at = now.mono + config_.hold_transfer_delay;
}

void phone::send_refer(now_t now, outgoing_transfer& of) {
    of.refer_at.reset();
    const auto* const from = find(of.shown.call);
    const auto* const to = of.shown.new_call ? find(*of.shown.new_call) : nullptr;
    sip::refer_options options(of.shown.target);
    if (to != nullptr) options.replacing(to->session());
    std::string problem;
    ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        const auto made = core.refer(at, from->session(), options, out);
        if (made)
            of.reports = *made;
        else
            problem = made.error().message();
    });
    if (problem.empty())
        publish(now, of.shown, transfer_state::asked, 0, {});
    else
        end_transfer(now, of, transfer_state::failed, 0, problem);
}

void phone::publish(now_t now, transfer_summary& of, transfer_state state, unsigned sip_code, std::string_view reason) {
    of.state = state;
    of.sip_code = sip_code;
    of.reason = reason;
    hub_->publish(now, call_transfer_event{of});
}

/// The last word: the call is let go, or taken back. The transfer is taken off the list when the phone settles.
void phone::end_transfer(
    now_t now, outgoing_transfer& of, transfer_state state, unsigned sip_code, std::string_view reason
) {
    publish(now, of.shown, state, sip_code, reason);
    of.reports = {};
    auto* const call = find(of.shown.call);
    if (state == transfer_state::failed) {
        note(now, reason.empty() ? "transfer failed" : fmt::format("transfer failed: {}", reason));
        if (call != nullptr && is_confirmed(*call) && !call->is_in_conference()) take_back(*call);
        return;
    }
    note(now, "transferred");
    if (call != nullptr) call->hang_up(now, "transferred");
    // The target ends the consultation, whose place the new call has taken (RFC 3891 3).
    if (of.shown.new_call) let_go_at_[*of.shown.new_call] = now.mono + patience;
}

outgoing_transfer* phone::find_transfer(sip::subscription_id id) {
    const auto at = std::find_if(transfers_out_.begin(), transfers_out_.end(), [&](const outgoing_transfer& each) {
        return each.reports == id;
    });
    return at == transfers_out_.end() || !id ? nullptr : &*at;
}

void phone::on_refer_answer(now_t now, const sip::subscription_changed& e) {
    auto* const of = find_transfer(e.id);
    if (of == nullptr || of->shown.state != transfer_state::asked || e.status < 200 || e.status >= 300) return;
    publish(now, of->shown, transfer_state::accepted, e.status, {});
    // The guide lets the call go now; what becomes of the transfer is then only told.
    if (config_.release_transferred == transfer_release::when_accepted)
        if (auto* call = find(of->shown.call)) call->hang_up(now, "transferred");
}

void phone::on_report(now_t now, const sip::notification& e) {
    auto* const of = find_transfer(e.id);
    if (of == nullptr) return;
    const auto told = sip::parse_sipfrag(e.request.view().body());
    if (!told) return;
    if (told->status < 200)
        publish(now, of->shown, transfer_state::progress, told->status, told->reason);
    else
        end_transfer(
            now, *of, told->status < 300 ? transfer_state::done : transfer_state::failed, told->status, told->reason
        );
}

void phone::on_reports_ended(now_t now, const sip::subscription_ended& e) {
    auto* const of = find_transfer(e.id);
    if (of == nullptr) return;
    if (e.status >= 300) {
        const auto phrase = e.cause ? e.cause.view().reason() : std::string_view();
        end_transfer(now, *of, transfer_state::failed, e.status, phrase);
    } else if (e.status >= 200 && of->shown.state == transfer_state::asked) {
        end_transfer(now, *of, transfer_state::done, e.status, "the other side reports nothing");  // RFC 4488
    } else {
        end_transfer(
            now, *of, transfer_state::failed, 0, e.error ? e.error.message() : "the other side never told the outcome"
        );
    }
}

// ---- transferee

void phone::on_transfer(now_t now, const sip::transfer_requested& e) {
    const auto refuse = [&](unsigned status) {
        ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            (void)core.refuse_subscription(at, e.id, static_cast<std::uint16_t>(status), {}, out);
        });
    };
    auto* const old = find(e.session);
    // A stranger does not make us call people: only whoever talks with our user.
    if (old == nullptr || !is_confirmed(*old) || is_stopping_) return refuse(403);
    const auto* const l = find_line(old->account());
    if (e.target.method != sip::method::invite || l == nullptr) return refuse(501);
    if (calls_.size() >= most_calls || is_left_behind(old->number())) return refuse(486);

    call_target target{e.target.uri};
    for (const auto& [name, value] : e.target.headers) {
        if (sip::header_from(name) == sip::header_id::replaces)
            target.replaces = value;
        else if (sip::header_from(name) != sip::header_id::require)
            target.headers.emplace_back(name, value);
    }
    const auto by = e.request.view().raw(sip::header_id::referred_by);
    if (!by.empty()) target.headers.emplace_back("Referred-By", std::string(by));
    ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.accept_transfer(at, e.id, out);
    });
    incoming_transfer made{{old->number(), transfer_role::transferee, transfer_state::accepted, e.target.uri}, e.id};
    const auto placed = place(now, *l, std::move(target));
    if (!placed) {
        publish(now, made.shown, transfer_state::failed, 500, placed.error().message);
        ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            (void)core.report_transfer(at, e.id, 500, {}, out);
        });
        return;
    }
    made.shown.new_call = *placed;
    find(*placed)->set_referred_by(referred_by(e.request.view()));
    publish(now, made.shown, transfer_state::accepted, 0, {});
    note(now, fmt::format("transferred to {}", e.target.uri));
    transfers_in_.push_back(std::move(made));
}

/// The peer is told what becomes of the new call, each thing once.
void phone::report(now_t now, incoming_transfer& of) {
    const auto* const made = find(*of.shown.new_call);
    unsigned status = 0;
    std::string_view reason;
    if (made == nullptr || !made->is_live()) {
        status = made == nullptr || made->sip_code() < 300 ? 487 : made->sip_code();
        if (made != nullptr && made->sip_code() >= 300) reason = made->cause();
    } else if (is_confirmed(*made)) {
        status = 200;
    } else if (made->state() == call_state::early) {
        status = made->wants_ring_back() ? 180 : 183;
    }
    if (status == 0 || status == of.reported) return;
    of.reported = status;
    ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.report_transfer(at, of.reports, static_cast<std::uint16_t>(status), reason, out);
    });
    const auto state = status < 200   ? transfer_state::progress
                       : status < 300 ? transfer_state::done
                                      : transfer_state::failed;
    publish(now, of.shown, state, status, reason);
    if (state == transfer_state::done && find(of.shown.call) != nullptr)
        let_go_at_[of.shown.call] = now.mono + patience;
}

/// The peer of this call has sent our user to somebody else, who is called or talks now: it is not heard any more.
bool phone::is_left_behind(call_number number) const {
    return std::any_of(transfers_in_.begin(), transfers_in_.end(), [&](const incoming_transfer& each) {
        return each.shown.call == number && each.reported < 300;
    });
}

// ---- both

void phone::follow_transfers(now_t now) {
    for (auto& each : transfers_out_) {
        if (each.refer_at && *each.refer_at <= now.mono) send_refer(now, each);
        if (!each.is_waiting) continue;
        const auto* const to = find(*each.shown.new_call);
        if (to != nullptr && is_confirmed(*to)) {
            // Its answer has made it the call that talks; the one to be transferred stays on hold.
            hold_and_refer(now, each);
        } else if (to == nullptr || !to->is_live()) {
            each.is_waiting = false;
            end_transfer(
                now, each, transfer_state::failed, to != nullptr ? to->sip_code() : 0,
                to != nullptr ? to->cause() : std::string()
            );
        }
    }
    for (auto& each : transfers_in_)
        report(now, each);
    std::erase_if(transfers_out_, [](const outgoing_transfer& each) {
        return !each.reports && !each.is_waiting && !each.refer_at;
    });
    std::erase_if(transfers_in_, [&](const incoming_transfer& each) {
        // Until the old call is over, so that it stays unheard.
        return each.reported >= 300 || (each.reported >= 200 && find(each.shown.call) == nullptr);
    });
}

/// Whoever is being transferred and hangs up has somebody else to talk to: RFC 5589 6.1 lets it, before any report.
/// Whoever is lost will not report any more.
void phone::transfer_lost_call(now_t now, const call& of) {
    for (auto& each : transfers_out_) {
        if (each.shown.call != of.number()) continue;
        if (each.is_waiting || each.refer_at) {
            each.is_waiting = false;
            each.refer_at.reset();
            publish(now, each.shown, transfer_state::failed, 0, of.cause());
            continue;
        }
        if (!each.reports) continue;
        const auto ended = of.summary(now).ended;
        if (ended == ended_by::remote) end_transfer(now, each, transfer_state::done, 0, "the other side has left");
        if (ended == ended_by::network) end_transfer(now, each, transfer_state::failed, 0, of.cause());
    }
}

}  // namespace phoned
