// One call as the user agent keeps it: what the user sees of an INVITE usage, with its dialogs, offers and timers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/container/small_vector.hpp>

#include "outgoing.hpp"
#include "sip/dialog/table.hpp"
#include "sip/ua/protocol_core.hpp"
#include "sip/usage/ack_keeper.hpp"
#include "sip/usage/invite_server.hpp"
#include "sip/usage/offer_phase.hpp"

namespace sip {

enum class call_stage : std::uint8_t {
    inviting,   ///< our INVITE has no final response
    ringing,    ///< the peer's INVITE has no final response
    up,         ///< a 2xx was received or sent
    releasing,  ///< the user hung up, but our 2xx has no ACK yet: BYE has to wait (15.1.1)
};

/// An early dialog of our INVITE, in the order of appearance. A response without To tag (RFC 2543) makes none.
struct fork {
    std::string tag;
    dialog_handle dialog;
};

/// An offer of ours in a re-INVITE: on its way (request), waiting for the glare window to pass (retry_at), or for the
/// ACK of an answer of ours (neither).
struct own_reinvite {
    outgoing_id request;
    message draft;  ///< what is sent, and sent again after the window
    std::uint8_t collisions = 0;
    std::optional<time_point> retry_at;
};

/// An INVITE of the peer that has no final response yet.
struct open_invite {
    transaction_id transaction;  ///< empty where there is none
    message request;
    flow_id flow = flow_id::none;
    endpoint from;
};

struct call {
    account_id account;
    sip::timing timing;
    dialog_role role = dialog_role::uac;
    call_stage stage = call_stage::inviting;
    dialog_handle dialog;  ///< of the answered call; for a callee from the beginning
    offer_phase offers;

    // As caller.
    outgoing_id invite;
    boost::container::small_vector<fork, 1> forks;
    ack_handle owed_ack;                ///< the 2xx brought the offer: its ACK waits for our answer
    std::optional<time_point> ack_due;  ///< then the peer has given up waiting for it

    // INVITEs of the peer, the first and later ones.
    open_invite unanswered;
    pending_answers answers;
    std::optional<std::uint32_t> first_answer;  ///< as callee: CSeq of the 2xx that put the call up, until its ACK
    buffer_ref last_provisional;                ///< repeated every minute (13.3.1.1)

    std::optional<own_reinvite> reinvite;
    std::string bye_reason;  ///< releasing: for the BYE

    std::optional<time_point> ring_limit;  ///< nobody rings longer
    std::optional<time_point> invite_expiry;
    std::optional<time_point> repeat_provisional;

    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept {
        auto earliest = answers.next_deadline();
        auto const consider = [&earliest](std::optional<time_point> at) {
            if (at && (!earliest || *at < *earliest)) earliest = at;
        };
        consider(ring_limit);
        consider(ack_due);
        consider(invite_expiry);
        consider(repeat_provisional);
        if (reinvite) consider(reinvite->retry_at);
        return earliest;
    }
    [[nodiscard]] wake_reason reason_for(time_point at) const noexcept {
        if (ring_limit == at) return wake_reason::ring_limit;
        if (reinvite && reinvite->retry_at == at) return wake_reason::glare_retry;
        if (answers.next_deadline() == at) return wake_reason::retransmit_2xx;
        return wake_reason::other;
    }
};

}  // namespace sip
