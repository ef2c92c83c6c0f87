// Keeping one subscription alive (RFC 6665 4.1): Timer N, refresh before expiry, 423, what each failure and each end
// means, subscribing again with back-off. It says when to send a SUBSCRIBE and for how long it asks; who builds and
// routes it, answers challenges and keeps the dialog is the user agent.
#pragma once

#include <cstdint>
#include <optional>

#include "sip/environment.hpp"
#include "sip/error.hpp"
#include "sip/syntax/message.hpp"
#include "sip/time.hpp"
#include "sip/usage/subscription_state.hpp"

namespace sip {

/// How a subscription is kept.
struct subscriber_settings {
    std::uint32_t expires = 3600;  ///< seconds; 0 fetches the state once (4.4.3)
    bool renew = true;             ///< subscribe again when the subscription is lost
    sip::timing timing = {};  ///< T1, T2 and T4
    duration retry_after_failure = std::chrono::seconds(30);  ///< first step of the back-off
    duration longest_retry = std::chrono::minutes(30);  ///< where the back-off ends
};

/// One subscription of ours.
class subscriber {
public:
    /// How far it is.
    enum class state : std::uint8_t {
        subscribing,  ///< no NOTIFY has come yet
        pending,
        active,
        leaving,  ///< we asked for the end, and wait for the last NOTIFY
        waiting,  ///< lost; next_attempt() says when we subscribe again
        ended,
    };
    /// The SUBSCRIBE to send now.
    struct request {
        /// Seconds; 0 ends it.
        std::uint32_t expires = 0;
        /// A new subscription, with a Call-ID and From tag of its own; otherwise the same one goes on: in its dialog,
        /// or, before there is one, with the next CSeq.
        bool fresh = false;
    };
    /// What the user should hear; state() and next_attempt() tell the rest.
    struct news {
        std::uint16_t status = 0;  ///< of the response; 0 where none came
        error_code error;  ///< why, where no response tells
        termination_reason reason{};  ///< what the notifier said
    };
    /// What follows from an input.
    struct outcome {
        std::optional<request> send;  ///< a SUBSCRIBE to send now
        std::optional<subscriber::news> news;  ///< something to tell
    };

    /// The environment outlives it.
    subscriber(subscriber_settings, environment&);
    /// One that a NOTIFY made without a SUBSCRIBE of its own: another fork of one that was sent at `now`.
    [[nodiscard]] static subscriber of_fork(time_point now, subscriber_settings, environment&);

    /// The first SUBSCRIBE.
    [[nodiscard]] outcome start(time_point now);
    /// A REFER that asks for an implicit subscription is out: as start(), but the request is the REFER.
    void start_implicit(time_point now);
    /// Before the first NOTIFY there is nothing to ask the notifier for: the subscription is over at once, and the user
    /// agent refuses what still comes.
    [[nodiscard]] outcome stop(time_point now);
    /// Asks for the whole state again. Nothing where a request is out already, or no dialog exists.
    [[nodiscard]] outcome refresh(time_point now);
    /// A final response; challenges come here only when they cannot be answered (`auth_error` says why).
    [[nodiscard]] outcome on_response(time_point now, message_view response, error_code auth_error = {});
    /// No response came: time-out or no transport.
    [[nodiscard]] outcome on_failed(time_point now, errc why);
    /// A NOTIFY of its dialog says this.
    [[nodiscard]] outcome on_notify(time_point now, subscription_status const&);
    [[nodiscard]] outcome on_timeout(time_point now);  ///< what next_deadline() announced is due

    /// How far it is.
    [[nodiscard]] state current() const noexcept { return state_; }
    /// A NOTIFY has made a dialog, and nothing has ended it.
    [[nodiscard]] bool is_established() const noexcept {
        return state_ == state::pending || state_ == state::active || (state_ == state::leaving);
    }
    /// Further forks may report until then (4.1.2.4).
    [[nodiscard]] time_point forks_until() const noexcept { return forks_until_; }
    /// When it is tried again; nothing: not by itself.
    [[nodiscard]] std::optional<time_point> next_attempt() const noexcept { return retry_at_; }
    /// When it lapses unless it is refreshed.
    [[nodiscard]] std::optional<time_point> expiry() const noexcept { return expiry_; }
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

private:
    [[nodiscard]] outcome send(time_point now, std::uint32_t expires, bool fresh);
    [[nodiscard]] outcome ended(news);
    /// The subscription is gone. Again at once, later, or never.
    [[nodiscard]] outcome lost(time_point now, resubscription, std::optional<duration> wait, news);
    [[nodiscard]] outcome on_too_brief(time_point now, message_view response, error_code);
    [[nodiscard]] outcome on_refusal(time_point now, message_view response, error_code);
    [[nodiscard]] outcome keep_until_expiry(time_point now, std::optional<duration> wait, news);
    [[nodiscard]] duration back_off();
    void lapse_at(time_point now, duration granted);

    subscriber_settings settings_;
    environment* environment_;
    state state_ = state::subscribing;
    bool in_flight_ = false;
    bool notified_ = false;  ///< since the last SUBSCRIBE
    bool implicit_ = false;  ///< a REFER made it, which does not say for how long
    std::uint32_t asked_ = 0, minimum_ = 0;
    std::uint8_t brief_rounds_ = 0;
    std::uint32_t failures_ = 0;  ///< in a row
    time_point started_{}, forks_until_{};
    std::optional<time_point> timer_n_, expiry_, refresh_at_, retry_at_;
};

}  // namespace sip
