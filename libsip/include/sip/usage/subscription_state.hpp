// Subscription-State (RFC 6665 4.1.3, 8.2.3): what a NOTIFY says of its subscription, and what a subscriber does when
// it says that the subscription is over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/headers/simple.hpp"

namespace sip {

enum class subscription_phase : std::uint8_t { pending, active, terminated };

/// Why a subscription is over. `unspecified` stands for no reason and for one that we do not know, which mean the same
/// (4.1.3).
enum class termination_reason : std::uint8_t {
    unspecified,
    deactivated,  ///< the notifier moves: subscribe again at once
    probation,    ///< subscribe again later
    rejected,     ///< not allowed: never again
    timeout,      ///< it was not refreshed
    giveup,       ///< nobody could authorise it in time: try later
    noresource,   ///< what was watched is gone: never again
    invariant,    ///< it will never change: the last state stands
};
[[nodiscard]] termination_reason termination_reason_from(std::string_view) noexcept;
/// As the header has it; empty for `unspecified`.
[[nodiscard]] std::string_view to_string(termination_reason) noexcept;

/// What a Subscription-State header says.
struct subscription_status {
    subscription_phase phase = subscription_phase::active;  ///< pending, active or terminated
    termination_reason reason = termination_reason::unspecified;  ///< of one that is terminated
    std::optional<std::uint32_t> expires = {};      ///< seconds left: pending and active
    std::optional<std::uint32_t> retry_after = {};  ///< seconds: terminated by probation or giveup

    friend bool operator==(subscription_status const&, subscription_status const&) = default;
};

/// A state that is none of the three of RFC 6665 means that the subscription lives, without further promise: it counts
/// as active (8.2.3 lets extensions add states). A parameter that is no number counts as missing.
[[nodiscard]] subscription_status subscription_status_from(token_params_view const&) noexcept;
/// The header's value.
[[nodiscard]] std::string to_string(subscription_status const&);

/// When to subscribe again after a NOTIFY that terminates (4.1.3).
enum class resubscription : std::uint8_t {
    never,
    at_once,
    later,  ///< after retry-after; where that is missing, when the subscriber sees fit
};
[[nodiscard]] constexpr resubscription resubscription_after(termination_reason why) noexcept {
    switch (why) {
        case termination_reason::deactivated:
        case termination_reason::timeout:
            return resubscription::at_once;
        case termination_reason::unspecified:
        case termination_reason::probation:
        case termination_reason::giveup:
            return resubscription::later;
        case termination_reason::rejected:
        case termination_reason::noresource:
        case termination_reason::invariant:
            return resubscription::never;
    }
    return resubscription::never;
}

/// Two Event values name the same subscription of a dialog: same package and same id, byte for byte (8.2.1).
[[nodiscard]] bool is_same_event(token_params_view const&, token_params_view const&) noexcept;

}  // namespace sip
