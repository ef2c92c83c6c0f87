// Keeping one account registered (RFC 3261 10.2): refresh before expiry, 423, Retry-After, back-off, removal. It says
// when to send a REGISTER and with which CSeq and expiry; who builds and routes the request, and answers challenges, is
// the user agent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/environment.hpp"
#include "sip/error.hpp"
#include "sip/syntax/message.hpp"
#include "sip/time.hpp"

namespace sip {

enum class registration_state : std::uint8_t { unregistered, registering, registered, failed, unregistering };

/// How a registration is kept.
struct registration_settings {
    duration expires = std::chrono::seconds(3600);  ///< what we ask for
    duration retry_after_failure =
        std::chrono::seconds(30);  ///< first step of the back-off; zero: never try again by ourselves
    /// Where the back-off ends.
    duration longest_retry = std::chrono::minutes(30);
    /// RFC 5626 4.5: a registration alone is no success yet; prove() says when it is.
    bool needs_proof = false;
};

/// One binding at one registrar.
class registration {
public:
    /// The REGISTER to send now. All attempts share Call-ID and From tag (10.2.4).
    struct request {
        std::uint32_t cseq = 0;     ///< of this REGISTER
        std::uint32_t expires = 0;  ///< seconds; 0 removes the binding
    };
    /// What the user should hear.
    struct news {
        registration_state state{};              ///< from now on
        std::uint16_t status = 0;                ///< of the response; 0 where none came
        error_code error;                        ///< why, where no response tells
        duration expires{};                      ///< what the server granted
        std::optional<time_point> next_attempt;  ///< when it is tried again; nothing: not by itself
    };
    /// What follows from an input.
    struct outcome {
        std::optional<request> send;             ///< a REGISTER to send now
        std::optional<registration::news> news;  ///< something to tell
    };

    registration(registration_settings, environment&);  ///< The environment outlives it.

    /// The user wants to be registered.
    [[nodiscard]] outcome start(time_point now);
    /// Removes the binding; a REGISTER that is out is waited for first.
    [[nodiscard]] outcome stop(time_point now);
    /// The same REGISTER again after a challenge: the next CSeq.
    [[nodiscard]] request retry() noexcept;
    /// A final response; challenges come here only when they cannot be answered (`auth_error` says why).
    /// `reg_id`: what our Contact is told from others with the same URI by (RFC 5626 4.2.1); 0: it has none.
    [[nodiscard]] outcome on_response(
        time_point now, message_view response, std::string_view our_contact_uri, error_code auth_error = {},
        std::uint32_t reg_id = 0
    );
    /// No response came: time-out or no transport.
    [[nodiscard]] outcome on_failed(time_point now, errc why);
    /// The connection that the registrar reaches us by is gone, or our address changed: register anew soon.
    [[nodiscard]] outcome on_flow_lost(time_point now);
    /// The flow has shown that it works (RFC 5626 4.5): earlier failures count no more.
    void prove() noexcept { is_proven_ = true, failures_ = 0; }
    /// Another try at this time instead of the back-off's, or none by itself; only where one is waited for.
    void retry_at(std::optional<time_point> when) noexcept {
        if (state_ == registration_state::failed && deadline_) deadline_ = when;
    }
    /// Registers again at once, differently than before. Only while it has failed.
    [[nodiscard]] outcome retry_now(time_point now);
    [[nodiscard]] outcome on_timeout(time_point now);  ///< what next_deadline() announced is due
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept { return deadline_; }

    void update(registration_settings settings) noexcept { settings_ = settings; }       ///< for the next REGISTER
    [[nodiscard]] registration_state state() const noexcept { return state_; }           ///< where it is
    [[nodiscard]] bool is_wanted() const noexcept { return wish_ == wish::registered; }  ///< by the user
    /// The same for all its REGISTERs (10.2).
    [[nodiscard]] std::string const& call_id() const noexcept { return call_id_; }
    [[nodiscard]] std::string const& from_tag() const noexcept { return from_tag_; }  ///< of its REGISTERs

private:
    [[nodiscard]] outcome send(registration_state, std::uint32_t expires);
    [[nodiscard]] outcome failed(time_point now, std::uint16_t status, error_code, std::optional<duration> wait);
    [[nodiscard]] outcome registered(time_point now, std::uint16_t status, duration granted);
    [[nodiscard]] outcome finished_removal(std::uint16_t status, error_code);
    [[nodiscard]] outcome on_interval_too_brief(time_point now, message_view response);

    enum class wish : std::uint8_t { nothing, registered, removed };

    registration_settings settings_;
    environment* environment_;
    std::string call_id_, from_tag_;
    registration_state state_ = registration_state::unregistered;
    wish wish_ = wish::nothing;
    bool in_flight_ = false;
    bool may_be_bound_ = false;  ///< the registrar may hold a binding of ours
    std::uint32_t cseq_ = 0;
    std::uint32_t asked_ = 0;    ///< seconds in the REGISTER that is out
    std::uint32_t minimum_ = 0;  ///< learnt from 423
    std::uint8_t brief_rounds_ = 0;
    std::uint32_t failures_ = 0;          ///< in a row
    bool is_proven_ = false;              ///< the last registration, where that needs more than a 2xx
    std::optional<time_point> deadline_;  ///< refresh or retry
};

}  // namespace sip
