// One subscription of a peer at us (RFC 6665 4.2): for how long it is granted, what has still to be told, and when a
// NOTIFY may go. It sees no message; the user agent writes and sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "sip/error.hpp"
#include "sip/time.hpp"
#include "sip/usage/subscription_state.hpp"

namespace sip {

/// What a state is told in.
struct notification_body {
    /// Text empty: a NOTIFY without a body.
    std::string content_type, text;  ///< text empty: a NOTIFY without a body
};

/// Whether a body says everything, or what has changed since the one before it (RFC 6665 5.4.5 leaves that to the
/// package).
enum class body_scope : std::uint8_t {
    full,     ///< a newer body makes those superfluous that still wait
    partial,  ///< every body has to arrive, in order
};

/// What a package asks of its subscriptions.
struct notifier_settings {
    /// Seconds.
    std::uint32_t shortest = 60, longest = 7200, preferred = 3600;  ///< seconds
    duration interval = {};  ///< between two NOTIFY at least; what comes sooner waits
    body_scope scope = body_scope::full;  ///< what a newer body does to those that wait
    sip::timing timing = {};  ///< T1, T2 and T4
};

/// One peer's subscription.
class notifier {
public:
    static constexpr std::size_t most_waiting = 16;   ///< bodies of partial scope
    static constexpr std::uint8_t most_failures = 3;  ///< NOTIFYs in a row that fail without ending the subscription

    explicit notifier(notifier_settings settings) : settings_(settings) {}  ///< of one package

    /// What a SUBSCRIBE that asks for so many seconds gets; nothing where that is too brief: 423 (4.2.1.1 allows it
    /// only below an hour). No wish takes what the package prefers.
    [[nodiscard]] static std::optional<std::uint32_t> grant(
        notifier_settings const&, std::optional<std::uint32_t> wanted
    ) noexcept;

    /// The SUBSCRIBE was accepted, or refreshed: the subscription lasts so long, and a NOTIFY is owed at once.
    void last_for(time_point now, std::uint32_t seconds);
    void set_phase(subscription_phase phase) noexcept { phase_ = phase; }  ///< what the next NOTIFY says
    [[nodiscard]] subscription_phase phase() const noexcept { return phase_; }  ///< pending, active or terminated

    /// errc::limit_reached where too many wait already.
    [[nodiscard]] error_code put(notification_body);
    /// A NOTIFY may go now: there is something to tell, none is on its way, and the interval has passed. What the user
    /// owes after a SUBSCRIBE and does not give goes without a body after T1.
    [[nodiscard]] bool is_due(time_point now) const noexcept;
    /// The next thing to tell, from now on on its way.
    [[nodiscard]] notification_body take(time_point now);
    [[nodiscard]] subscription_status status(time_point now) const noexcept;  ///< what Subscription-State says now

    /// The NOTIFY on its way was answered with 2xx.
    void on_delivered() noexcept;
    /// The NOTIFY failed in a way that leaves the subscription alone: it is told again after `wait`, unless something
    /// newer says more. False where that happens too often.
    [[nodiscard]] bool on_failed(time_point now, std::optional<duration> wait);

    /// True where it was not refreshed in time.
    [[nodiscard]] bool has_expired(time_point now) const noexcept { return expiry_ && *expiry_ <= now; }
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

private:
    [[nodiscard]] std::optional<time_point> next_notify() const noexcept;

    notifier_settings settings_;
    subscription_phase phase_ = subscription_phase::pending;
    std::deque<notification_body> waiting_;
    notification_body on_its_way_;
    bool in_flight_ = false;
    std::uint8_t failures_ = 0;
    std::optional<time_point> expiry_;
    std::optional<time_point> owed_at_;  ///< a NOTIFY must go then, with or without a body
    time_point not_before_{};
};

}  // namespace sip
