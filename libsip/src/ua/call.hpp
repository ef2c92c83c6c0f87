// One call as the user agent keeps it: what the user sees of an INVITE usage, with its dialogs, offers and timers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/container/small_vector.hpp>

#include "outgoing.hpp"
#include "sip/dialog/table.hpp"
#include "sip/ua/core.hpp"
#include "sip/usage/ack_keeper.hpp"
#include "sip/usage/invite_server.hpp"
#include "sip/usage/offer_phase.hpp"
#include "sip/usage/redirection.hpp"
#include "sip/usage/reliable_server.hpp"
#include "sip/usage/session_timer.hpp"

namespace sip {

enum class call_stage : std::uint8_t {
    inviting,   ///< our INVITE has no final response
    ringing,    ///< the peer's INVITE has no final response
    up,         ///< a 2xx was received or sent
    releasing,  ///< the user hung up, but our 2xx has no ACK yet: BYE has to wait (15.1.1)
    refused,    ///< over, but the PRACK of a reliable provisional response may still come (RFC 3262 3)
};

/// An offer of ours in a re-INVITE or UPDATE: on its way (request), waiting for a window to pass (retry_at), or for the
/// ACK of an answer of ours (neither).
struct own_offer {
    outgoing_id request;
    message draft;  ///< what is sent, and sent again after the window
    std::uint8_t attempts = 0;
    bool is_refresh = false;  ///< the description in force again (RFC 4028): the user knows nothing of it
    std::optional<time_point> retry_at;
};

/// A request of the peer that has no final response yet.
struct open_request {
    transaction_id transaction;  ///< empty where there is none
    message request;
    flow_id flow = flow_id::none;
    endpoint from;
};

/// What an UPDATE with an offer was answered with.
struct answered_update {
    std::uint32_t cseq = 0;
    std::uint16_t status = 0;
    std::string description;  ///< ours, in a 2xx
};

/// One dialog of a call, with what is negotiated in it. Before our INVITE is answered each fork has one (RFC 6337 4).
struct leg {
    dialog_handle dialog;
    std::uint32_t fork = 0;
    offer_phase offers;
    std::optional<own_offer> own;

    /// The peer's PRACK or UPDATE whose offer the user has to answer, and until when.
    open_request asked;
    std::optional<time_point> answer_due;
    /// The peer's newest UPDATE with an offer, once it is answered: copies of it get the same.
    std::optional<answered_update> answered;

    /// As caller: the newest reliable response to the INVITE in progress. It waits for our answer where it is owed.
    std::uint32_t rseq = 0, rseq_of_invite = 0;
    bool owes_prack = false;
    outgoing_id prack;  ///< the newest one

    std::string described;           ///< our description that was agreed on last, for refreshes
    bool peer_takes_update = false;  ///< its Allow says so

    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept {
        if (!own || !own->retry_at) return answer_due;
        return answer_due ? std::min(*answer_due, *own->retry_at) : own->retry_at;
    }
};

/// An early dialog of our INVITE, in the order of appearance. A response without To tag (RFC 2543) makes none.
struct fork {
    std::string tag;
    sip::leg leg;
};

struct call {
    account_id account;
    sip::timing timing;
    dialog_role role = dialog_role::uac;
    call_stage stage = call_stage::inviting;
    /// Of the answered call; for a callee from the beginning. Before an INVITE of ours is answered it has no dialog,
    /// and its offers are what each fork begins with.
    leg main;

    // As caller.
    outgoing_id invite;
    boost::container::small_vector<fork, 1> forks;
    std::uint32_t forks_seen = 0;
    redirection redirects;
    ack_handle owed_ack;                ///< the 2xx brought the offer: its ACK waits for our answer
    std::optional<time_point> ack_due;  ///< then the peer has given up waiting for it

    // INVITEs of the peer, the first and later ones.
    open_request unanswered;
    pending_answers answers;
    std::uint32_t newest_invite = 0;            ///< CSeq of the peer's newest INVITE
    std::optional<std::uint32_t> first_answer;  ///< as callee: CSeq of the 2xx that put the call up, until its ACK

    // As callee, before the 2xx.
    reliable_responses reliable;
    std::uint32_t reliable_invite = 0;       ///< CSeq of the INVITE that they answer
    std::optional<std::string> held_answer;  ///< the user has answered, but a PRACK has to come first (RFC 3262 5)
    std::uint16_t last_status = 0;           ///< of the newest provisional response
    buffer_ref last_provisional;             ///< repeated every minute (13.3.1.1)

    session_id replaces;  ///< ends when this one is answered (RFC 3891)

    session_timer timer;
    outgoing_id refresh;  ///< the UPDATE that refreshes it

    std::string bye_reason;  ///< releasing: for the BYE

    std::uint64_t asserted_peer = 0;  ///< hash of the identity that a trusted network has asserted last; 0: none

    flow_id contact_flow = flow_id::none;  ///< the flow whose address the peer has as our Contact
    bool is_contact_void = false;          ///< that address is ours no more, and the user has not been told

    std::optional<time_point> ring_limit;  ///< nobody rings longer
    std::optional<time_point> invite_expiry;
    std::optional<time_point> repeat_provisional;
    std::optional<time_point> forget_at;  ///< refused: nothing comes any more

    /// The leg of a dialog; nothing for a fork that is gone.
    [[nodiscard]] leg* leg_of(dialog_handle dialog) noexcept {
        if (main.dialog == dialog) return &main;
        for (auto& one : forks)
            if (one.leg.dialog == dialog) return &one.leg;
        return nullptr;
    }
    /// What a command means: before the answer the fork of that number, afterwards the only one there is.
    [[nodiscard]] leg* leg_of_fork(std::uint32_t number) noexcept {
        if (stage != call_stage::inviting) return &main;
        for (auto& one : forks)
            if (one.leg.fork == number) return &one.leg;
        return nullptr;
    }
    template <class Visitor>
    void for_each_leg(Visitor&& visit) {
        visit(main);
        for (auto& one : forks)
            visit(one.leg);
    }

    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept {
        auto earliest = answers.next_deadline();
        auto const consider = [&earliest](std::optional<time_point> at) {
            if (at && (!earliest || *at < *earliest)) earliest = at;
        };
        consider(ring_limit);
        consider(ack_due);
        consider(invite_expiry);
        consider(repeat_provisional);
        consider(forget_at);
        consider(reliable.next_deadline());
        if (stage == call_stage::up) consider(timer.next_deadline());
        consider(main.next_deadline());
        for (auto const& one : forks)
            consider(one.leg.next_deadline());
        return earliest;
    }
    [[nodiscard]] wake_reason reason_for(time_point at) const noexcept {
        if (ring_limit == at) return wake_reason::ring_limit;
        if (main.own && main.own->retry_at == at) return wake_reason::glare_retry;
        if (answers.next_deadline() == at) return wake_reason::retransmit_2xx;
        if (reliable.next_deadline() == at) return wake_reason::retransmit_1xx;
        return wake_reason::other;
    }
};

}  // namespace sip
