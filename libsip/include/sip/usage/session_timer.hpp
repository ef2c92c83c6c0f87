// Session timers (RFC 4028): how long a session lives without being refreshed, who refreshes it, and when. It reads and
// writes header values and keeps the deadlines; the user agent sends the refreshes and ends what has expired.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "sip/syntax/message.hpp"
#include "sip/time.hpp"

namespace sip {

/// What an account wants of session timers (RFC 4028).
struct session_timer_settings {
    /// Whether there are any.
    enum class use : std::uint8_t {
        off,        ///< not known to us: the option tag "timer" is not listed
        supported,  ///< where the peer or a proxy asks for it
        requested,  ///< we ask for it
    };
    /// Who refreshes.
    enum class refresher : std::uint8_t {
        automatic,  ///< as caller we leave it to the callee, as callee to the caller
        caller,
        callee,
    };
    /// By which request.
    enum class method : std::uint8_t {
        automatic,  ///< UPDATE where the peer takes it, else re-INVITE (7.4)
        reinvite,
    };
    use when = use::supported;  ///< whether there are any
    std::chrono::seconds interval{1800};  ///< what we ask for
    std::chrono::seconds minimum{90};     ///< a peer that asks for less is answered 422; not below 90
    refresher who = refresher::automatic;  ///< who refreshes
    method by = method::automatic;  ///< by which request
};

/// The session timer of one call.
class session_timer {
public:
    session_timer() = default;
    explicit session_timer(session_timer_settings const&);  ///< as the account wants it

    /// What an INVITE or UPDATE of ours carries (7.1, 7.4); an empty value is not written.
    struct request_headers {
        std::string session_expires, min_se;  ///< header values; empty: none
    };
    /// Of an INVITE or UPDATE of ours.
    [[nodiscard]] request_headers for_request() const;
    /// A 422 to such a request (7.3): true where it is worth trying again with what for_request() says now.
    [[nodiscard]] bool on_too_small(message_view response);
    /// The 2xx to such a request: the timer starts anew, or stops (7.2).
    void on_success_received(time_point now, message_view success);

    /// The Min-SE to refuse this request of the peer with by 422 (9); nothing where it is acceptable.
    [[nodiscard]] std::optional<std::chrono::seconds> too_small(message_view request) const noexcept;
    /// What our 2xx to the peer's INVITE or UPDATE carries (9, table 2).
    struct answer {
        std::uint32_t interval = 0;  ///< s; 0: no session timer
        bool we_refresh = false;  ///< otherwise the peer does
        bool require = false;  ///< the peer has to understand it: Require: timer

        [[nodiscard]] std::string session_expires() const;  ///< the header of the 2xx
    };
    [[nodiscard]] answer for_answer(message_view request) const noexcept;  ///< what our 2xx to this request says
    /// Our 2xx to this request has left.
    void on_success_sent(time_point now, message_view request, answer const&);

    /// What to do now.
    enum class due : std::uint8_t { nothing, refresh, expired };
    /// What has come due, once.
    [[nodiscard]] due pop_due(time_point now) noexcept;
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;
    /// A refresh did not succeed, or could not be sent now, but the session still lives: another try comes later.
    void refresh_later(time_point now, duration wait) noexcept;
    /// Our refresh was not answered with 2xx; the session goes on until it expires.
    void refresh_failed(time_point now) noexcept;

    /// True where we speak session timers.
    [[nodiscard]] bool is_known() const noexcept { return settings_.when != session_timer_settings::use::off; }
    [[nodiscard]] bool is_running() const noexcept { return interval_ != 0; }  ///< true where one was agreed on
    /// True where refreshing is ours.
    [[nodiscard]] bool we_refresh() const noexcept { return is_running() && we_refresh_; }
    /// What was agreed on.
    [[nodiscard]] std::chrono::seconds interval() const noexcept { return std::chrono::seconds(interval_); }
    /// True where UPDATE may refresh.
    [[nodiscard]] bool updates_allowed() const noexcept {
        return settings_.by == session_timer_settings::method::automatic;
    }

private:
    [[nodiscard]] std::uint32_t floor() const noexcept;
    void start(time_point now, std::uint32_t interval, bool we_refresh) noexcept;
    void stop() noexcept;

    session_timer_settings settings_{.when = session_timer_settings::use::off};
    std::uint32_t interval_ = 0;  ///< s; 0: no timer runs
    std::uint32_t min_se_ = 0;    ///< the largest Min-SE heard of, 0 where none was (7.4)
    std::uint8_t refusals_ = 0;
    bool we_refresh_ = false, established_ = false;
    std::optional<time_point> refresh_at_, expires_at_;
};

}  // namespace sip
