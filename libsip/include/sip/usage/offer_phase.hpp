// Who owes an offer or an answer in a session, and what travels in which message (RFC 3264, RFC 3261 13.2.1, 14; RFC
// 6337). Session descriptions themselves are opaque here and do not pass through.
#pragma once

#include <chrono>
#include <cstdint>

#include "sip/dialog/state.hpp"
#include "sip/environment.hpp"
#include "sip/time.hpp"

namespace sip {

/// Messages that may carry a session description. An unreliable provisional response is none of them: what it shows is
/// a preview of the answer (RFC 3261 13.2.1).
enum class description_carrier : std::uint8_t {
    none,
    invite,
    reliable,  ///< a provisional response that is acknowledged by PRACK (RFC 3262)
    success,   ///< the 2xx of an INVITE
    ack,       ///< of a 2xx
    prack,
    prack_success,
    update,
    update_success,
};

/// What a description is where it stands.
enum class description_meaning : std::uint8_t {
    nothing,  ///< repeated or out of place: passed over
    offer,
    answer,
};

/// Who owes what in one dialog. At most one offer is open, of either side.
///
///     offer in             answer in                            (RFC 6337 2.2)
///     INVITE               its 2xx, or a reliable provisional response before it
///     reliable response    its PRACK          only where the INVITE had no offer and nothing was agreed on before
///     2xx to INVITE        its ACK            likewise
///     PRACK                its 2xx
///     UPDATE               its 2xx
class offer_phase {
public:
    /// Whose offer is open.
    enum class state : std::uint8_t { idle, local_offer, remote_offer };

    /// Whose offer is open.
    [[nodiscard]] constexpr state current() const noexcept { return state_; }
    /// What carried the open offer.
    [[nodiscard]] constexpr description_carrier carrier() const noexcept { return carrier_; }
    /// True where no offer is open.
    [[nodiscard]] constexpr bool is_idle() const noexcept { return state_ == state::idle; }
    /// The peer's answer is due to an offer that went out in this message.
    [[nodiscard]] constexpr bool awaits_answer_to(description_carrier carrier) const noexcept {
        return state_ == state::local_offer && carrier_ == carrier;
    }
    /// Our answer is due to an offer that came in this message.
    [[nodiscard]] constexpr bool owes_answer_to(description_carrier carrier) const noexcept {
        return state_ == state::remote_offer && carrier_ == carrier;
    }
    /// The INVITE in progress has had its exchange: its responses bring no other (RFC 6337 3.1.1).
    [[nodiscard]] constexpr bool is_settled() const noexcept { return settled_; }

    /// What a description means that comes from the peer in this message (or would go to it from us).
    [[nodiscard]] constexpr description_meaning meaning_of(description_carrier in) const noexcept {
        using enum description_carrier;
        auto const answers = [this](description_carrier offer) {
            return state_ != state::idle && carrier_ == offer ? description_meaning::answer
                                                              : description_meaning::nothing;
        };
        auto const offers = [this] { return is_idle() ? description_meaning::offer : description_meaning::nothing; };
        switch (in) {
            case none:
                return description_meaning::nothing;
            case invite:
            case update:
                return offers();
            case reliable:
            case success:
                if (carrier_ == invite) return answers(invite);
                return settled_ ? description_meaning::nothing : offers();
            case ack:
                return answers(success);
            case prack:
                return carrier_ == reliable ? answers(reliable) : offers();
            case prack_success:
                return answers(prack);
            case update_success:
                return answers(update);
        }
        return description_meaning::nothing;
    }

    /// Another INVITE begins in this dialog.
    constexpr void begin_invite() noexcept { settled_ = false; }
    /// An offer of ours has left in this message.
    constexpr void offer_sent(description_carrier carrier) noexcept {
        state_ = state::local_offer;
        carrier_ = carrier;
    }
    /// An offer of the peer's has come in this message.
    constexpr void offer_received(description_carrier carrier) noexcept {
        state_ = state::remote_offer;
        carrier_ = carrier;
    }
    /// The answer went or came.
    constexpr void answered() noexcept {
        close();
        settled_ = true;
    }
    /// Refused, withdrawn or lost: nothing is open.
    constexpr void close() noexcept {
        state_ = state::idle;
        carrier_ = description_carrier::none;
    }

private:
    state state_ = state::idle;
    description_carrier carrier_ = description_carrier::none;
    bool settled_ = false;
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
