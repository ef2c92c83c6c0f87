#include "phoned/phone/incoming_rules.hpp"

#include <algorithm>

namespace phoned {

namespace {

constexpr auto ring = std::chrono::seconds{6};  // the guide's unit

bool is_listed(std::string_view list, std::string_view number) {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        auto one = list.substr(0, end);
        while (one.starts_with(' '))
            one.remove_prefix(1);
        while (one.ends_with(' '))
            one.remove_suffix(1);
        if (!one.empty() && one == number) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

bool is_usable(const forward_rule& rule, const settings& phone) {
    std::string why;
    return rule.enabled && may_forward_to(rule.target, phone, why);
}

}  // namespace

const forward_settings& forwarding_of(const settings& phone, const account_settings& account) noexcept {
    return phone.forward_per_account ? account.forward : phone.forward;
}

bool is_disturbed(const settings& phone, const account_settings& account) noexcept {
    return phone.dnd_per_account ? account.do_not_disturb : phone.do_not_disturb;
}

bool may_forward_to(std::string_view target, const settings& phone, std::string& why) {
    if (target.empty()) {
        why = "there is nothing to forward to";
        return false;
    }
    if (target.starts_with("00") && !phone.forward_international) {
        why = "forwarding abroad is switched off (forward.international.enable)";
        return false;
    }
    return true;
}

incoming_decision decide_incoming(const settings& phone, const account_settings& account, const caller_facts& facts) {
    using action = incoming_decision::action;
    const auto& forward = forwarding_of(phone, account);
    const auto refused = [](unsigned status) {
        incoming_decision out;
        out.what = action::refuse;
        out.status = status;
        return out;
    };
    const auto forwarded = [](const forward_rule& rule, std::string_view why) {
        incoming_decision out;
        out.what = action::forward;
        out.forward_target = rule.target;
        out.diversion = why;
        return out;
    };
    if (account.rejects_anonymous && facts.is_anonymous) return refused(433);  // RFC 5079
    if (is_usable(forward.always, phone)) return forwarded(forward.always, "unconditional");
    const bool disturbed = is_disturbed(phone, account);
    const bool gets_through = phone.dnd_lets_authorized_through && is_listed(phone.dnd_authorized, facts.user);
    if (disturbed && !gets_through) return refused(phone.dnd_refuse_code);
    const bool is_intercom =
        facts.asks_intercom && phone.intercom_allowed && (!facts.has_other_call || phone.intercom_barges);
    if (!facts.has_free_place || (facts.has_other_call && !phone.call_waiting && !is_intercom)) {
        if (!is_usable(forward.busy, phone)) return refused(486);
        auto out = forwarded(forward.busy, "user-busy");
        out.alerts_first = true;
        return out;
    }
    incoming_decision out;
    // Never while another call is there: an answered call would take its place unasked.
    if (is_intercom)
        out.by = incoming_decision::answer::intercom;
    else if (account.auto_answer && !facts.has_other_call)
        out.by = incoming_decision::answer::after_delay;
    // The guide: do not disturb switches local forwarding of unanswered calls off.
    if (!disturbed && is_usable(forward.no_answer, phone)) {
        out.forward_target = forward.no_answer.target;
        out.diversion = "no-answer";
        out.forward_after = ring * forward.no_answer.rings;
    }
    return out;
}

}  // namespace phoned
