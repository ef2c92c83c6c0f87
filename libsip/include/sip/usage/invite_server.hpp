// The 2xx responses of a callee (RFC 3261 13.3.1.4): each is repeated, whatever the transport, until *its* ACK comes,
// and given up after 64*T1. Which ACK belongs to which 2xx is decided by the CSeq that is awaited, never by what came
// last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <boost/container/small_vector.hpp>

#include "sip/handle.hpp"
#include "sip/syntax/buffer.hpp"
#include "sip/time.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

/// What the body of a 2xx was, and so what its ACK brings.
enum class answer_body : std::uint8_t { answer_or_none, offer };

/// A 2xx to an INVITE that waits for its ACK.
struct pending_answer {
    std::uint32_t cseq = 0;  ///< of the INVITE
    buffer_ref response;  ///< the 2xx
    transaction_id transaction;  ///< of the INVITE
    answer_body body = answer_body::answer_or_none;  ///< what its ACK may carry
    duration interval{};  ///< until the next repetition but one: T1, doubling up to T2
    time_point resend_at;  ///< the next time it is sent
    time_point give_up_at;  ///< 64*T1 after the first time
};

/// The answers of one dialog that are out. Several may overlap: the peer may send its next INVITE while an ACK is lost.
class pending_answers {
public:
    /// One more than this many un-acknowledged INVITEs of a peer are not taken (the caller answers 500).
    static constexpr std::size_t most = 4;

    /// Starts the repetition of a 2xx that has just been sent.
    void add(time_point now, timing const&, pending_answer);
    /// The answer that this ACK confirms; it is not repeated any more. Nothing for an ACK that came again or is astray.
    [[nodiscard]] std::optional<pending_answer> on_ack(std::uint32_t cseq);

    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;
    /// An answer whose time has come: to be sent again, or (gave_up) at the end of its 64*T1 and no longer kept. Call
    /// until nothing.
    struct due {
        pending_answer answer;  ///< the 2xx that is due
        bool gave_up = false;  ///< its ACK never came
    };
    /// The next 2xx to repeat or to give up.
    [[nodiscard]] std::optional<due> pop_due(time_point now, timing const&);

    /// True where no further one is kept.
    [[nodiscard]] bool is_full() const noexcept { return answers_.size() >= most; }
    /// True where there is none.
    [[nodiscard]] bool empty() const noexcept { return answers_.empty(); }
    /// The answer to this INVITE that is out; null where there is none. Valid until the next change.
    [[nodiscard]] pending_answer* find(std::uint32_t cseq) noexcept;
    void clear() noexcept { answers_.clear(); }  ///< forgets all

private:
    boost::container::small_vector<pending_answer, 1> answers_;
};

}  // namespace sip
