// Who owes an offer or an answer in a session, and what travels in which message (RFC 3264, RFC 3261 13.2.1, 14; RFC
// 6337). Session descriptions themselves are opaque here and do not pass through.
#pragma once

#include <chrono>
#include <cstdint>

#include "sip/dialog/state.hpp"
#include "sip/environment.hpp"
#include "sip/time.hpp"

namespace sip {

/// The message that carried the open offer: it decides where the answer may travel.
enum class offer_carrier : std::uint8_t {
    none,
    invite,   ///< answered in the 2xx
    success,  ///< a 2xx to an INVITE without offer: answered in its ACK
};

/// At most one offer is open in a dialog, of either side.
class offer_phase {
public:
    enum class state : std::uint8_t { idle, local_offer, remote_offer };

    [[nodiscard]] state current() const noexcept { return state_; }
    [[nodiscard]] offer_carrier carrier() const noexcept { return carrier_; }
    [[nodiscard]] bool is_idle() const noexcept { return state_ == state::idle; }
    /// The peer's answer is due in this message.
    [[nodiscard]] bool awaits_answer_to(offer_carrier carrier) const noexcept {
        return state_ == state::local_offer && carrier_ == carrier;
    }
    /// Our answer is due to an offer that came in this message.
    [[nodiscard]] bool owes_answer_to(offer_carrier carrier) const noexcept {
        return state_ == state::remote_offer && carrier_ == carrier;
    }

    void offer_sent(offer_carrier carrier) noexcept {
        state_ = state::local_offer;
        carrier_ = carrier;
    }
    void offer_received(offer_carrier carrier) noexcept {
        state_ = state::remote_offer;
        carrier_ = carrier;
    }
    /// Answered, refused, withdrawn or lost: nothing is open.
    void close() noexcept {
        state_ = state::idle;
        carrier_ = offer_carrier::none;
    }

private:
    state state_ = state::idle;
    offer_carrier carrier_ = offer_carrier::none;
};

/// 14.1: how long to wait after a 491 before offering again. The owner of the Call-ID waits 2.1 to 4 s, the other side
/// 0 to 2 s, both in steps of 10 ms, so that the two cannot collide again.
[[nodiscard]] inline duration glare_wait(dialog_role role, random_source const& random) {
    using std::chrono::milliseconds;
    if (role == dialog_role::uac)
        return milliseconds(2100 + 10 * static_cast<std::int64_t>(random.below(191)));  // 2.10 .. 4.00 s
    return milliseconds(10 * static_cast<std::int64_t>(random.below(201)));             // 0.00 .. 2.00 s
}

}  // namespace sip
