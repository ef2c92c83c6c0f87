// Keeping one piece of event state published (RFC 3903 4): PUBLISH with SIP-ETag and SIP-If-Match, refresh before
// expiry, 412, 423, back-off, removal. It says what to send; who builds and routes the request, and answers challenges,
// is the user agent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sip/environment.hpp"
#include "sip/error.hpp"
#include "sip/syntax/message.hpp"
#include "sip/time.hpp"
#include "sip/usage/notifier.hpp"

namespace sip {

/// How a publication is kept.
struct publication_settings {
    std::uint32_t expires = 3600;                             ///< seconds
    duration retry_after_failure = std::chrono::seconds(30);  ///< first step of the back-off
    duration longest_retry = std::chrono::minutes(30);  ///< where the back-off ends
};

/// One piece of published state.
class publication {
public:
    /// How far it is.
    enum class state : std::uint8_t {
        publishing,  ///< nothing is known at the server yet
        published,
        waiting,   ///< refused or not answered; next_attempt() says when it is tried again
        removing,  ///< the last request is out
        ended,
    };
    /// The PUBLISH to send now (table 1 of RFC 3903 4.1): an entity tag makes it a refresh, a change or a removal.
    struct request {
        std::uint32_t expires = 0;  ///< seconds; 0 removes
        std::string if_match;   ///< empty: an initial publication
        bool has_body = false;  ///< body() goes with it
    };
    /// What the user hears.
    struct news {
        std::uint16_t status = 0;  ///< of the response; 0 where none came
        error_code error;  ///< why, where no response tells
    };
    /// What follows from an input.
    struct outcome {
        std::optional<request> send;  ///< a PUBLISH to send now
        std::optional<publication::news> news;  ///< something to tell
    };

    /// The environment outlives it.
    publication(publication_settings settings, environment& env) : settings_(settings), environment_(&env) {}

    /// The first state.
    [[nodiscard]] outcome start(notification_body);
    /// New state. While a request is out it waits for the answer; the newest one counts.
    [[nodiscard]] outcome modify(notification_body);
    /// Removes the state; over at once where nothing was published.
    [[nodiscard]] outcome stop();
    /// A final response; challenges come here only when they cannot be answered.
    [[nodiscard]] outcome on_response(time_point now, message_view response, error_code auth_error = {});
    [[nodiscard]] outcome on_failed(time_point now, errc why);  ///< no response came
    [[nodiscard]] outcome on_timeout(time_point now);  ///< what next_deadline() announced is due

    [[nodiscard]] state current() const noexcept { return state_; }  ///< how far it is
    [[nodiscard]] notification_body const& body() const noexcept { return body_; }  ///< the newest state
    /// When it is tried again; nothing: not by itself.
    [[nodiscard]] std::optional<time_point> next_attempt() const noexcept {
        return state_ == state::waiting ? deadline_ : std::nullopt;
    }
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept { return deadline_; }

private:
    [[nodiscard]] outcome send(std::uint32_t expires, bool with_body);
    [[nodiscard]] outcome ended(news);
    [[nodiscard]] outcome failed(time_point now, std::optional<duration> wait, news);
    [[nodiscard]] outcome published(time_point now, message_view response);

    publication_settings settings_;
    environment* environment_;
    state state_ = state::publishing;
    notification_body body_;
    std::string tag_;  ///< what the server calls our state; empty while it has none
    bool in_flight_ = false, changed_ = false, leaving_ = false;
    std::uint32_t asked_ = 0, minimum_ = 0;
    std::uint8_t quick_rounds_ = 0;  ///< 412 and 423 in a row
    std::uint32_t failures_ = 0;
    std::optional<time_point> deadline_;
};

}  // namespace sip
