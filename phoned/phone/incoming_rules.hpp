// What becomes of somebody who calls: refused, forwarded, or let ring. One pure function, so that the order of the
// rules can be read in one place. An INVITE that takes the place of a call (RFC 3891) is not asked here: it continues
// that call.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "phoned/config/settings.hpp"

namespace phoned {

struct caller_facts {
    std::string_view user;        ///< The caller's number, as it is shown
    bool is_anonymous = false;    ///< Has withheld who they are (RFC 5079 3)
    bool asks_intercom = false;   ///< Asks the phone to answer by itself
    bool has_other_call = false;  ///< Somebody talks, rings or is called already
    bool has_free_place = true;   ///< One more call can be kept
};

struct incoming_decision {
    enum class action { ring, refuse, forward } what = action::ring;
    unsigned status = 0;         ///< refuse: the final answer
    std::string forward_target;  ///< forward, and ring with forward_after: as the user entered it
    std::string_view diversion;  ///< RFC 5806: `unconditional`, `user-busy`, `no-answer`
    bool alerts_first = false;   ///< forward: a 180 comes before the 302, as the guide prints it for busy
    std::optional<std::chrono::seconds> forward_after;                    ///< ring: so long, then forward
    enum class answer { user, after_delay, intercom } by = answer::user;  ///< ring: who answers, and when
};

/// What counts for an account: its own rules, or the phone's (features.fwd_mode, features.dnd_mode).
[[nodiscard]] const forward_settings& forwarding_of(const settings&, const account_settings&) noexcept;
[[nodiscard]] bool is_disturbed(const settings&, const account_settings&) noexcept;

/// False with the reason where a target cannot be forwarded to.
[[nodiscard]] bool may_forward_to(std::string_view target, const settings&, std::string& why);

[[nodiscard]] incoming_decision decide_incoming(const settings&, const account_settings&, const caller_facts&);

}  // namespace phoned
