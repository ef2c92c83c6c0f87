// Calls among each other: one voice at a time; and the commands of clients about them.
#include <algorithm>

#include <fmt/format.h>

#include "phoned/phone/failure.hpp"
#include "phoned/phone/identity.hpp"
#include "phoned/phone/phone.hpp"
#include "phoned/phone/turn.hpp"

namespace phoned {

namespace {

/// How long an answer waits for the call that talks to be put on hold: a peer that does not react does not keep the new
/// caller waiting.
constexpr auto hold_patience = std::chrono::seconds{8};

bool is_any(const call&) {
    return true;
}
bool is_ringing_here(const call& of) {
    return of.direction() == call_direction::incoming && of.state() == call_state::early;
}
bool is_confirmed(const call& of) {
    return of.state() == call_state::confirmed;
}

}  // namespace

// ---- among each other

/// The call whose voice is heard: the one that talks, else the one whose early media comes.
call* phone::in_focus() {
    call* early = nullptr;
    for (auto& [number, of] : calls_) {
        if (is_left_behind(number)) continue;
        if (is_confirmed(*of) && !of->wants_hold()) return of.get();
        if (of->state() == call_state::early && of->direction() == call_direction::outgoing) early = of.get();
    }
    return early;
}

/// The newest call that we hold.
call* phone::held_call() {
    for (auto at = calls_.rbegin(); at != calls_.rend(); ++at)
        if (is_confirmed(*at->second) && at->second->wants_hold()) return at->second.get();
    return nullptr;
}

call* phone::ringing_call() {
    for (auto& [number, of] : calls_)
        if (is_ringing_here(*of)) return of.get();
    return nullptr;
}

/// One voice at a time: who begins to talk puts the others on hold. A conference counts as one.
void phone::hold_others(const call* except) {
    const bool keeps_room = except != nullptr && except->is_in_conference();
    for (auto& [number, of] : calls_) {
        if (of.get() == except || !is_confirmed(*of) || of->wants_hold() || is_left_behind(number)) continue;
        if (!(keeps_room && of->is_in_conference())) of->set_hold(hold_wish::hold);
    }
}

void phone::take_back(call& of) {
    hold_others(&of);
    if (of.wants_hold()) of.set_hold(hold_wish::talk);
}

/// The guide's flow 5: the call that talks is on hold, agreed by its peer, before the waiting one is answered.
void phone::answer(now_t now, call& of) {
    if (!is_ringing_here(of)) return;
    auto_answer_at_.erase(of.number());
    forward_at_.erase(of.number());
    hold_others(&of);
    held_answer_ = {of.number(), now.mono + hold_patience};
}

void phone::answer_when_others_are_held(now_t now) {
    if (!held_answer_) return;
    const bool is_waiting = std::any_of(calls_.begin(), calls_.end(), [](const auto& each) {
        return each.second->is_changing() && each.second->wants_hold();
    });
    if (is_waiting && now.mono < held_answer_->at_latest) return;
    const auto number = held_answer_->call;
    held_answer_.reset();
    if (auto* of = find(number); of != nullptr && is_ringing_here(*of)) (void)of->answer(now);
}

call& phone::new_call(call_direction direction, const line& l) {
    ++calls_total_;
    const call_number number{++last_number_};
    return *calls_.emplace(number, std::make_unique<call>(number, direction, l.number, *l.config, around_))
                .first->second;
}

// ---- commands

command_result<call*> phone::need(call_number number, bool (*fits)(const call&), std::string_view state_wanted) {
    auto* of = find(number);
    if (of == nullptr)
        return failure(
            error_number::no_such_call, fmt::format("there is no call {}", static_cast<unsigned>(number)),
            "no_such_call"
        );
    if (!of->is_live() || !fits(*of))
        return failure(
            error_number::wrong_state, fmt::format("call {} is not {}", static_cast<unsigned>(number), state_wanted),
            "wrong_state"
        );
    return of;
}

command_result<call_number> phone::call_dial(const command_context& context, const dial_request& request) {
    const turn t(*this, context.now);
    return dial(context.now, request);
}

command_result<call_number> phone::dial(now_t now, const dial_request& request) {
    if (is_stopping_) return failure(error_number::not_available, "the phone shuts down", "stopping");
    if (calls_.size() >= most_calls)
        return failure(error_number::limit_reached, fmt::format("{} calls are the most", most_calls), "limit");
    line* l = nullptr;
    if (request.account) {
        l = find_line(*request.account);
        if (l == nullptr || !l->id)
            return failure(
                error_number::no_such_account,
                fmt::format("account {} is not switched on or not usable", *request.account), "no_such_account"
            );
    } else {
        const auto at =
            std::find_if(lines_.begin(), lines_.end(), [](const line& each) { return static_cast<bool>(each.id); });
        if (at == lines_.end())
            return failure(error_number::no_such_account, "no account is usable", "no_such_account");
        l = &*at;
    }
    std::string why;
    const auto uri = target_uri(request.target, *l->config, config_, why);
    if (!uri) return failure(error_number::bad_target, why, "bad_target");

    redial_.reset();
    hold_others(nullptr);
    call_target target{*uri};
    target.is_anonymous = request.anonymous;
    if (request.intercom && !l->config->intercom_alert.empty())
        target.headers.emplace_back("Alert-Info", l->config->intercom_alert);
    else if (request.intercom)
        target.uri += ";intercom=true";  // the form in which the guide's phones ask each other
    auto made = place(now, *l, std::move(target));
    if (made) last_dialled_ = {request.target, l->number};
    return made;
}

command_result<call_number> phone::place(now_t now, const line& l, call_target target) {
    busy_tone_until_.reset();
    auto& made = new_call(call_direction::outgoing, l);
    const auto number = made.number();
    if (auto problem = made.place(now, l.id, std::move(target), config_.no_answer_time)) {
        calls_.erase(number);
        return failure(error_number::not_available, *problem, "not_placed");
    }
    enter_history(now, made, history_kind::dialled);
    return number;
}

command_result<done> phone::call_answer(const command_context& context, call_number number) {
    const turn t(*this, context.now);
    auto of = need(number, is_ringing_here, "ringing here");
    if (!of) return of.error();
    answer(context.now, **of);
    return done{};
}

command_result<done> phone::call_reject(
    const command_context& context, call_number number, std::optional<unsigned> sip_code
) {
    const turn t(*this, context.now);
    auto of = need(number, is_ringing_here, "ringing here");
    if (!of) return of.error();
    (*of)->reject(sip_code.value_or(config_.normal_refuse_code));
    return done{};
}

command_result<done> phone::call_hangup(const command_context& context, call_number number) {
    const turn t(*this, context.now);
    auto of = need(number, is_any, "alive");
    if (!of) return of.error();
    if (is_ringing_here(**of))
        (*of)->reject(config_.normal_refuse_code);
    else
        (*of)->hang_up(context.now, "hung up");
    return done{};
}

command_result<done> phone::call_hold(const command_context& context, call_number number) {
    const turn t(*this, context.now);
    auto of = need(number, is_confirmed, "up");
    if (!of) return of.error();
    (*of)->set_hold(hold_wish::hold);
    return done{};
}

command_result<done> phone::call_resume(const command_context& context, call_number number) {
    const turn t(*this, context.now);
    auto of = need(number, is_confirmed, "up");
    if (!of) return of.error();
    take_back(**of);
    return done{};
}

command_result<call_number> phone::call_swap(const command_context& context) {
    const turn t(*this, context.now);
    auto* const held = held_call();
    if (held == nullptr) return failure(error_number::wrong_state, "no call is on hold", "wrong_state");
    take_back(*held);
    return held->number();
}

command_result<done> phone::call_mute(const command_context& context, call_number number, bool muted) {
    const turn t(*this, context.now);
    auto of = need(number, is_any, "alive");
    if (!of) return of.error();
    if (!config_.allow_mute)
        return failure(error_number::not_available, "muting is switched off (features.allow_mute)", "not_allowed");
    (*of)->set_muted(muted);
    return done{};
}

command_result<done> phone::call_dtmf(const command_context& context, call_number number, std::string_view digits) {
    const turn t(*this, context.now);
    auto of = need(number, is_confirmed, "up");
    if (!of) return of.error();
    if (!(*of)->send_digits(context.now, digits))
        return failure(error_number::not_available, "the other side takes no digits now", "no_digits");
    return done{};
}

std::vector<call_summary> phone::call_list(const command_context& context) {
    std::vector<call_summary> out(ended_.begin(), ended_.end());
    for (const auto& [number, of] : calls_)
        out.push_back(of->summary(context.now));
    std::sort(out.begin(), out.end(), [](const call_summary& a, const call_summary& b) { return a.call < b.call; });
    return out;
}

command_result<call_quality> phone::call_stats(const command_context&, call_number number) {
    auto of = need(number, is_any, "alive");
    if (!of) return of.error();
    return (*of)->quality();
}

// ---- accounts

std::vector<account_summary> phone::account_list(const command_context&) {
    std::vector<account_summary> out;
    for (const auto& l : lines_)
        out.push_back(l.summary);
    return out;
}

command_result<done> phone::account_register(const command_context& context, unsigned account) {
    const turn t(*this, context.now);
    auto* l = find_line(account);
    if (l == nullptr || !l->id)
        return failure(
            error_number::no_such_account, fmt::format("there is no usable account {}", account), "no_such_account"
        );
    register_line(*l);
    return done{};
}

command_result<done> phone::account_unregister(const command_context& context, unsigned account) {
    const turn t(*this, context.now);
    auto* l = find_line(account);
    if (l == nullptr || !l->id)
        return failure(
            error_number::no_such_account, fmt::format("there is no usable account {}", account), "no_such_account"
        );
    l->register_at.reset();
    ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.unregister_account(at, l->id, out);
    });
    return done{};
}

}  // namespace phoned
