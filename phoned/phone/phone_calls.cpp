// The phone's policies about calls, and the commands of its clients.
#include <algorithm>

#include <fmt/format.h>

#include "phoned/phone/identity.hpp"
#include "phoned/phone/phone.hpp"
#include "phoned/phone/turn.hpp"

namespace phoned {

namespace {

command_failure failure(error_number code, std::string text, std::string cause) {
    return {.code = code, .message = std::move(text), .cause = std::move(cause)};
}

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

// ---- incoming calls

void phone::on_incoming(now_t now, const sip::incoming_call& incoming) {
    ++calls_total_;
    const auto refuse = [&](unsigned status) {
        ports_.sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            (void)core.reject(at, incoming.id, static_cast<std::uint16_t>(status), {}, {}, out);
        });
    };
    auto* l = line_of(incoming.account);
    if (l == nullptr) return refuse(404);
    if (is_stopping_) return refuse(480);
    const bool is_disturbed = config_.dnd_per_account ? l->config->do_not_disturb : config_.do_not_disturb;
    // An INVITE that replaces a call of ours (RFC 3891) continues that call: it disturbs nobody and needs no line.
    const bool replaces = find(incoming.replaces) != nullptr;
    if (is_disturbed && !replaces) return refuse(config_.dnd_refuse_code);
    const bool is_busy = !calls_.empty() && !config_.call_waiting && !replaces;
    if (is_busy || calls_.size() >= most_calls) return refuse(486);

    const call_number number{++last_number_};
    const bool was_idle = calls_.empty();
    auto& made =
        *calls_
             .emplace(number, std::make_unique<call>(number, call_direction::incoming, l->number, *l->config, around_))
             .first->second;
    if (!made.receive(now, incoming)) return;
    if (replaces) return answer(now, made);
    // Never while another call is there: an answered call would take its place unasked.
    if (l->config->auto_answer && was_idle) auto_answer_at_[number] = now.mono + config_.auto_answer_delay;
}

call* phone::ringing_call() {
    for (auto& [number, of] : calls_)
        if (is_ringing_here(*of)) return of.get();
    return nullptr;
}

/// One voice at a time: who begins to talk puts the others on hold.
void phone::hold_others(const call* except) {
    for (auto& [number, of] : calls_)
        if (of.get() != except && is_confirmed(*of) && !of->wants_hold()) of->set_hold(hold_wish::hold);
}

void phone::answer(now_t now, call& of) {
    if (!is_ringing_here(of)) return;
    hold_others(&of);
    (void)of.answer(now);
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

    hold_others(nullptr);
    busy_tone_until_.reset();
    ++calls_total_;
    const call_number number{++last_number_};
    auto& made =
        *calls_
             .emplace(number, std::make_unique<call>(number, call_direction::outgoing, l->number, *l->config, around_))
             .first->second;
    if (auto problem = made.place(now, l->id, *uri, config_.no_answer_time)) {
        calls_.erase(number);
        return failure(error_number::not_available, *problem, "not_placed");
    }
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
    hold_others(*of);
    (*of)->set_hold(hold_wish::talk);
    return done{};
}

command_result<done> phone::call_mute(const command_context& context, call_number number, bool muted) {
    const turn t(*this, context.now);
    auto of = need(number, is_any, "alive");
    if (!of) return of.error();
    if (!config_.allow_mute)
        return failure(error_number::not_available, "muting is switched off (features.allow_mute)", "not_allowed");
    (*of)->set_muted(muted);
    is_muted_ = muted;
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
