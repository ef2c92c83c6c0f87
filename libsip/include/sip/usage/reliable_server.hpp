// The reliable provisional responses of a callee (RFC 3262 3): each is repeated until its PRACK comes, and the next one
// waits for that. It sees finished responses and says which of them to send; the user agent sends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <boost/container/small_vector.hpp>

#include "sip/environment.hpp"
#include "sip/syntax/buffer.hpp"
#include "sip/syntax/headers/simple.hpp"
#include "sip/time.hpp"

namespace sip {

/// One INVITE's list of unacknowledged responses. Numbers are given in the order of add(); only the oldest is out, so
/// that the peer has them in order.
class reliable_responses {
public:
    /// More that wait for their turn are not taken.
    static constexpr std::size_t most = 8;

    /// The RSeq that the next response must carry: the first is random (RFC 3262 3), each further one is greater by
    /// one.
    [[nodiscard]] std::uint32_t next_rseq(random_source const& random) {
        if (last_rseq_ == 0) first_ = 1 + static_cast<std::uint32_t>(random.below(0x7fff'fffeU));
        return last_rseq_ == 0 ? first_ : last_rseq_ + 1;
    }
    /// Whether a response carries one.
    enum class description : bool { absent, present };
    /// Takes the response that carries next_rseq(). True where it is to be sent now.
    [[nodiscard]] bool add(time_point now, timing const&, buffer_ref response, description);

    /// True where a PRACK for an INVITE with this CSeq number names the response that is out.
    [[nodiscard]] bool matches(rack_view const&, std::uint32_t invite_cseq) const noexcept;
    /// Its PRACK is accepted: it is repeated no more.
    void acknowledge() noexcept;
    /// Its PRACK has come, but cannot be answered yet: it is not repeated until resume().
    void pause() noexcept { resend_at_.reset(); }
    /// The one that was held back goes out now.
    void resume(time_point now, timing const&) noexcept;
    /// The response whose turn has come after acknowledge(); nothing where all are through.
    [[nodiscard]] std::optional<buffer_ref> send_next(time_point now, timing const&);

    /// What is to be done with a response.
    struct due {
        buffer_ref response;  ///< the response itself
        bool gave_up = false;  ///< 64*T1 without PRACK
    };
    /// The next one to repeat or to give up.
    [[nodiscard]] std::optional<due> pop_due(time_point now, timing const&);
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    /// The INVITE gets its final response: nothing is repeated any more and what waited is not sent, but the PRACK of
    /// the one that is out may still come.
    void finish() noexcept;

    /// True where no further one may wait.
    [[nodiscard]] bool is_full() const noexcept { return waiting_.size() >= most; }
    /// True while one waits for its PRACK.
    [[nodiscard]] bool is_open() const noexcept { return !waiting_.empty(); }
    /// Reliable responses have been used in this INVITE.
    [[nodiscard]] bool is_used() const noexcept { return last_rseq_ != 0; }
    /// A description is not acknowledged: no 2xx before (RFC 3262 3 and 5).
    [[nodiscard]] bool holds_success() const noexcept;

private:
    struct waiting {
        std::uint32_t rseq = 0;
        buffer_ref response;
        bool described = false;
    };
    void start(time_point now, timing const&) noexcept;

    boost::container::small_vector<waiting, 1> waiting_;  ///< the first one is out
    duration interval_{};
    std::optional<time_point> resend_at_, give_up_at_;
    std::uint32_t first_ = 0, last_rseq_ = 0;
};

}  // namespace sip
