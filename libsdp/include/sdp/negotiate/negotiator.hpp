// The memory of offer and answer in one dialog: whose turn it is, what was agreed, and the version of our o= line.
//
//            make_offer                    on_remote_answer
//   idle/stable ------------> local_offer  ------------------> stable
//   idle/stable ------------> remote_offer ------------------> stable      rollback: back to where the exchange began
//            on_remote_offer               make_answer / make_refusal
//
// A plain value: copy it for each fork of an INVITE, and to try the answer of an unreliable 18x, which the 2xx repeats
// or changes. It reads no clock and no random source; the seeds come in. RFC 3264 4 and 8, RFC 6337 3 and 5.2.5.
#pragma once

#include "sdp/error.hpp"
#include "sdp/negotiate/answer.hpp"

#include <cstdint>
#include <optional>
#include <variant>

namespace sdp {

/// Offers and answers of one session (RFC 3264).
class negotiator final {
public:
    /// Whose offer is open.
    enum class phase : std::uint8_t { idle, local_offer, remote_offer, stable };

    /// `own` names this side for the whole session: user name, session id and the version that the first description
    /// carries (below 2^62, RFC 3264 5). Its address is replaced by that of the media.
    explicit negotiator(origin own);

    [[nodiscard]] phase current() const noexcept;  ///< Whose offer is open.

    /// What is in force. Untouched while an exchange runs; empty before the first one has ended.
    [[nodiscard]] agreement const& agreed() const noexcept { return agreed_; }

    /// The unanswered offer of the peer, or null.
    [[nodiscard]] session const* remote_offer() const noexcept;

    /// Our next offer. Fails with `out_of_turn` while an exchange runs, and with `not_acceptable` where security is
    /// mandatory and a stream brings neither keys nor a certificate.
    [[nodiscard]] result<session> make_offer(capabilities const&, local_media const&);

    /// Takes the peer's offer. While ours is unanswered it fails with `glare` (491), while the peer's previous one is
    /// unanswered with `out_of_turn` (500, RFC 3261 14.2); in both cases nothing changes.
    [[nodiscard]] result<void> on_remote_offer(session offer);

    /// Answers the peer's offer and ends the exchange. On failure
    /// (488) the offer stays open: roll back after refusing it.
    [[nodiscard]] result<session> make_answer(capabilities const&, local_media const&);

    /// Answers the peer's offer by refusing every line.
    [[nodiscard]] result<session> make_refusal(local_media const&);

    /// Takes the peer's answer to our offer and ends the exchange. On failure our offer stays open: roll back.
    [[nodiscard]] result<void> on_remote_answer(session received);

    /// Forgets the running exchange: after 491, CANCEL, or any other failure of the request that carried the offer.
    /// What was agreed before stays in force. Does nothing when no exchange runs.
    void rollback() noexcept;

private:
    /// What an offer of ours was made with, since the reading of its answer needs the same.
    struct own_offer {
        session offer;
        capabilities able;
        local_media media;
    };
    struct received_offer {
        session offer;
    };

    session close_with(answer made);
    void stamp_version(session& description);
    void remember_numbers(session const& description);

    origin own_;
    agreement agreed_;
    bool has_agreed_ = false;
    std::variant<std::monostate, own_offer, received_offer> open_;  ///< The exchange that runs, if any.
    std::optional<session> last_sent_;  ///< The base of the next version, also when it was refused (RFC 6337 5.2.5).
};

}  // namespace sdp
