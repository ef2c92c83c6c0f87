// What users switch on and off, the call lists, and dialling again.
#include <algorithm>

#include <fmt/format.h>

#include "phoned/phone/failure.hpp"
#include "phoned/phone/identity.hpp"
#include "phoned/phone/incoming_rules.hpp"
#include "phoned/phone/phone.hpp"
#include "phoned/phone/turn.hpp"
#include "phoned/phone/user_settings.hpp"

namespace phoned {

namespace {

command_failure no_account(unsigned account) {
    return failure(
        error_number::no_such_account, fmt::format("account {} is not switched on", account), "no_such_account"
    );
}

forward_rule& rule_of(forward_settings& of, forward_kind kind) {
    switch (kind) {
        case forward_kind::always:
            return of.always;
        case forward_kind::busy:
            return of.busy;
        case forward_kind::no_answer:
            return of.no_answer;
    }
    return of.always;
}

}  // namespace

// ---- do not disturb, forwarding

command_result<done> phone::dnd_set(const command_context& context, bool on, std::optional<unsigned> account) {
    const turn t(*this, context.now);
    if (account && find_line(*account) == nullptr) return no_account(*account);
    const auto change = [&](bool& of, const server_codes& codes, unsigned number) {
        if (of != on) tell_server(context.now, number, on ? codes.on : codes.off, {});
        of = on;
        publish_features(context.now, number);
    };
    if (!config_.dnd_per_account) change(config_.do_not_disturb, config_.dnd_codes, 0);
    for (const auto& l : lines_) {
        auto& own = config_.accounts[l.number - 1];
        if (config_.dnd_per_account && (!account || l.number == *account))
            change(own.do_not_disturb, own.dnd_codes, l.number);
    }
    keep_features();
    return done{};
}

command_result<done> phone::forward_set(const command_context& context, const forward_request& wanted) {
    const turn t(*this, context.now);
    if (wanted.account && find_line(*wanted.account) == nullptr) return no_account(*wanted.account);
    if (wanted.target && !is_one_line(*wanted.target))
        return failure(error_number::bad_target, "a number or address has no control characters", "bad_target");
    const auto change = [&](forward_settings& of, unsigned number) -> std::optional<command_failure> {
        auto changed = rule_of(of, wanted.kind);
        changed.enabled = wanted.on;
        changed.target = wanted.target.value_or(changed.target);
        changed.rings = wanted.rings.value_or(changed.rings);
        std::string why;
        const auto& account = number == 0 ? config_.accounts[0] : config_.accounts[number - 1];
        const bool is_good = !wanted.on || (may_forward_to(changed.target, config_, why) &&
                                            target_uri(changed.target, account, config_, why).has_value());
        if (!is_good) return failure(error_number::bad_target, why, "bad_target");
        const auto& before = rule_of(of, wanted.kind);
        if (changed.enabled && (!before.enabled || changed.target != before.target))
            tell_server(context.now, number, changed.codes.on, changed.target);
        if (!changed.enabled && before.enabled) tell_server(context.now, number, changed.codes.off, {});
        rule_of(of, wanted.kind) = changed;
        publish_features(context.now, number);
        return std::nullopt;
    };
    if (!config_.forward_per_account) {
        if (auto problem = change(config_.forward, 0)) return *problem;
        keep_features();
        return done{};
    }
    for (const auto& l : lines_) {
        if (wanted.account && l.number != *wanted.account) continue;
        if (auto problem = change(config_.accounts[l.number - 1].forward, l.number)) return *problem;
    }
    keep_features();
    return done{};
}

/// A server that keeps the feature itself hears of it by a call to the code, as the guide has it. Such a call disturbs
/// no other, and stands in no list.
void phone::tell_server(now_t now, unsigned account, const std::string& code, const std::string& target) {
    if (code.empty() || calls_.size() >= most_calls) return;
    const auto at = std::find_if(lines_.begin(), lines_.end(), [&](const line& each) {
        return each.id && (account == 0 || each.number == account);
    });
    std::string why = "no account is usable";
    const auto uri = at == lines_.end() ? std::nullopt : target_uri(code + target, *at->config, config_, why);
    if (!uri) return note(now, why);
    auto& made = new_call(call_direction::outgoing, *at);
    const auto number = made.number();
    if (const auto problem = made.place(now, at->id, {*uri}, config_.no_answer_time)) {
        calls_.erase(number);
        note(now, *problem);
    }
}

void phone::keep_features() {
    if (ports_.keep) ports_.keep(user_settings_text(config_, identity_.provisioned));
}

std::vector<feature_summary> phone::feature_list(const command_context&) {
    std::vector<feature_summary> out;
    if (!config_.dnd_per_account || !config_.forward_per_account)
        out.push_back({0, config_.do_not_disturb, config_.forward});
    if (config_.dnd_per_account || config_.forward_per_account)
        for (const auto& l : lines_)
            out.push_back({l.number, l.config->do_not_disturb, l.config->forward});
    return out;
}

void phone::publish_features(now_t now, unsigned account) {
    for (const auto& one : feature_list({now, {}}))
        if (one.account == account) hub_->publish(now, feature_state_event{one});
}

// ---- the call lists

void phone::enter_history(now_t now, const call& of, history_kind kind) {
    if (ports_.history == nullptr || !config_.keeps_history) return;
    if (kind == history_kind::missed && !of.settings_of_account().logs_missed_calls) return;
    const auto summary = of.summary(now);
    auto& entry = open_entries_[of.number()];
    entry.kind = kind;
    entry.account = summary.account;
    entry.remote = summary.remote;
    entry.remote_name = summary.remote_name;
    if (entry.id != 0) return;
    entry.began = now.wall;
    entry.cause = "interrupted";  // until its end is known
    entry.id = ports_.history->add(entry);
    if (entry.id != 0) return;
    open_entries_.erase(of.number());
    hub_->publish(now, alarm_event{alarm_severity::warning, "history", "a call could not be written down"});
}

/// A call that was refused or forwarded before it could ring: its beginning is its end.
void phone::enter_turned_away(
    now_t now, const sip::incoming_call& incoming, const line& l, unsigned status, std::string_view why
) {
    const bool is_forwarded = status == 302;
    if (ports_.history == nullptr || !config_.keeps_history) return;
    if (!is_forwarded && !l.config->logs_missed_calls) return;
    history_entry entry{};
    entry.kind = is_forwarded ? history_kind::forwarded : history_kind::missed;
    entry.account = l.number;
    const auto caller = caller_of(incoming.invite.view(), incoming.caller);
    entry.remote = caller.uri;
    entry.remote_name = caller.name;
    entry.began = now.wall;
    entry.sip_code = status;
    entry.cause = why;
    entry.id = ports_.history->add(entry);
    if (entry.id != 0) hub_->publish(now, history_added_event{entry});
}

/// Whoever was answered was not missed, whatever happens to the phone from now on.
void phone::note_answer(call_number number) {
    const auto at = open_entries_.find(number);
    if (at == open_entries_.end() || at->second.kind != history_kind::missed) return;
    at->second.kind = history_kind::received;
    ports_.history->update(at->second);
}

void phone::finish_history(now_t now, const call_summary& of) {
    const auto at = open_entries_.find(of.call);
    if (at == open_entries_.end()) return;
    auto entry = std::move(at->second);
    open_entries_.erase(at);
    // Nor was whoever our user has refused.
    if (entry.kind == history_kind::missed && of.ended == ended_by::local) entry.kind = history_kind::received;
    entry.remote = of.remote;
    entry.remote_name = of.remote_name;
    entry.talked = of.talked;
    entry.sip_code = of.sip_code;
    entry.cause = of.cause;
    ports_.history->update(entry);
    hub_->publish(now, history_added_event{entry});
}

command_result<history_page> phone::history_list(const command_context&, const history_request& wanted) {
    if (ports_.history == nullptr) return failure(error_number::not_available, "no call lists are kept", "no_history");
    return history_page{ports_.history->newest(wanted.kind, wanted.limit), ports_.history->count(history_kind::missed)};
}

command_result<done> phone::history_clear(const command_context&) {
    if (ports_.history == nullptr) return failure(error_number::not_available, "no call lists are kept", "no_history");
    ports_.history->clear();
    return done{};
}

// ---- dialling again

/// Who was dialled and who called last is known from the call lists, so that a restart changes nothing.
void phone::recall_numbers() {
    if (ports_.history == nullptr) return;
    const auto newest = [this](history_kind kind) { return ports_.history->newest(kind, 1); };
    for (const auto& entry : newest(history_kind::dialled))
        last_dialled_ = {entry.remote, entry.account};
    std::int64_t last = 0;
    for (const auto kind : {history_kind::received, history_kind::missed})
        for (const auto& entry : newest(kind)) {
            if (entry.id < last || entry.remote.ends_with("@anonymous.invalid")) continue;
            last = entry.id;
            last_caller_ = {entry.remote, entry.account};
        }
}

command_result<call_number> phone::call_redial(const command_context& context, std::optional<unsigned> account) {
    const turn t(*this, context.now);
    if (!last_dialled_) return failure(error_number::not_available, "nothing was dialled yet", "no_history");
    return dial(context.now, {last_dialled_->target, account.value_or(last_dialled_->account)});
}

command_result<call_number> phone::call_return(const command_context& context, std::optional<unsigned> account) {
    const turn t(*this, context.now);
    if (!last_caller_) return failure(error_number::not_available, "nobody has called yet", "no_history");
    return dial(context.now, {last_caller_->target, account.value_or(last_caller_->account)});
}

/// The guide's auto redial: a callee that is busy is called again, so often and in such intervals.
void phone::begin_auto_redial(now_t now, const call_summary& of) {
    if (!config_.auto_redial || is_stopping_ || (of.sip_code != 486 && of.sip_code != 600)) return redial_.reset();
    if (!redial_) redial_ = {{of.remote, of.account}, config_.auto_redial_times, std::nullopt};
    if (redial_->left == 0) return redial_.reset();
    --redial_->left;
    redial_->at = now.mono + config_.auto_redial_interval;
    note(now, fmt::format("busy; dials again in {} s", config_.auto_redial_interval.count()));
}

void phone::redial_when_due(now_t now) {
    if (!redial_ || !redial_->at || *redial_->at > now.mono) return;
    if (!calls_.empty()) return redial_.reset();  // the user has something better to do
    auto again = *redial_;
    again.at.reset();
    if (dial(now, {again.what.target, again.what.account})) redial_ = again;
}

}  // namespace phoned
