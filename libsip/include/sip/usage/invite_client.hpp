// One INVITE of ours, initial or re-INVITE, from the first byte to its last answer (RFC 3261 9.1, 13.2): when a CANCEL
// may go out, and what each answer means. It decides; the user agent acts. It sees no message.
#pragma once

#include <cstdint>

namespace sip {

/// How far an INVITE of ours is.
class invite_client {
public:
    /// Of the INVITE.
    enum class state : std::uint8_t {
        calling,     ///< no response yet: a CANCEL has to wait (9.1)
        proceeding,  ///< a provisional response came: a CANCEL may go
        succeeded,   ///< a 2xx came; those of further forks may follow until the transaction ends (13.2.2.4)
        failed,      ///< a final response other than 2xx, or none: nothing more comes
    };
    /// What the user agent does now.
    enum class step : std::uint8_t {
        nothing,
        send_cancel,
        answered,  ///< acknowledge; the call is up
        release,   ///< acknowledge, then BYE: nobody wants this answer any more
    };

    [[nodiscard]] state current() const noexcept { return state_; }  ///< where it is
    [[nodiscard]] bool is_cancelled() const noexcept { return cancelled_; }  ///< true once its end was asked for
    /// True while no final response has come.
    [[nodiscard]] bool is_open() const noexcept { return state_ == state::calling || state_ == state::proceeding; }

    /// The user gave up. A CANCEL that would cross the final response is not sent at all.
    [[nodiscard]] step cancel() noexcept {
        if (cancelled_ || !is_open()) return step::nothing;
        cancelled_ = true;
        return state_ == state::proceeding ? step::send_cancel : step::nothing;
    }

    /// A response of 101 to 199.
    [[nodiscard]] step on_provisional() noexcept {
        if (state_ != state::calling) return step::nothing;
        state_ = state::proceeding;
        return cancelled_ ? step::send_cancel : step::nothing;
    }

    /// A 2xx that was not seen before. The first one answers; after a CANCEL, or from another fork, it is released.
    [[nodiscard]] step on_success() noexcept {
        bool const wanted = is_open() && !cancelled_;
        state_ = state::succeeded;
        return wanted ? step::answered : step::release;
    }

    void on_failure() noexcept { state_ = state::failed; }  ///< a final response of 300 to 699, or none in time

    /// The same INVITE in a new transaction: after a challenge, or to another address.
    void restart() noexcept { state_ = state::calling; }

private:
    state state_ = state::calling;
    bool cancelled_ = false;
};

}  // namespace sip
