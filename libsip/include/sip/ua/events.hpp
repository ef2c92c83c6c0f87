// What a user agent tells its user, as values. The list is everything that can happen to a registration, a call or a
// single request; a phone visits what it needs. Events own their message, which stays valid as long as the event is
// kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "sip/error.hpp"
#include "sip/handle.hpp"
#include "sip/syntax/message.hpp"
#include "sip/time.hpp"
#include "sip/ua/publish_options.hpp"
#include "sip/ua/subscription_events.hpp"
#include "sip/usage/identity.hpp"
#include "sip/usage/registration.hpp"
#include "sip/usage/replacing.hpp"

namespace sip {

// ---- calls
// --------------------------------------------------------------------------------------------------------------------------------

/// Somebody calls. The user rings, answers, or rejects; until then the caller waits. Retransmissions never make a
/// second event.
struct incoming_call {
    session_id id;        ///< the call
    account_id account;   ///< the account that the Request-URI or To names; the first one where none fits
    session_id replaces;  ///< a call of ours whose place it wants (RFC 3891): answer() ends that one; empty: none
    /// A call of ours that it wants to be part of (RFC 3911), where "join" is among the option tags of the user: mix
    /// both, or refuse with 488; empty: none.
    session_id joins;
    replacement_evidence evidence{};  ///< what speaks for either
    identity_choice caller;  ///< who calls: named_by(invite.view(), caller); alerting_of() says how it may ring
    message invite;  ///< has_offer: its session_description() is an offer; otherwise our answer() must carry one (RFC 3261 13.2.1)
    bool has_offer = false;  ///< see `invite`
};

/// A provisional response to our INVITE, 100 excepted. Each early dialog (fork) has its own number, counted from 0, and
/// its own offers and answers; which fork's early media is heard is the user's choice.
struct call_progress {
    session_id id;                 ///< the call
    message response;              ///< the response itself
    std::uint32_t fork = 0;        ///< the early dialog that it belongs to
    bool has_description = false;  ///< it shows the answer to our offer, for early media (13.2.1)
    bool is_reliable = false;  ///< acknowledged by PRACK (RFC 3262): what it describes is agreed, and is not repeated
    identity_choice callee = {};  ///< who is alerted: named_by(response.view(), callee)
};

/// Our INVITE was answered: the call is up. When our INVITE carried no offer, the 2xx brings one: a remote_offer event
/// follows, and the answer rides in the ACK, which waits for answer_offer(). Otherwise the ACK has gone already. A 2xx
/// of a second fork never gets here: it is acknowledged and released.
struct call_answered {
    session_id id;                 ///< the call
    message response;              ///< the response itself
    std::uint32_t fork = 0;        ///< the early dialog that it belongs to
    bool has_description = false;  ///< `response` carries a session description
    identity_choice callee = {};   ///< who has answered
};

/// The ACK to our 2xx arrived: the call is up on both sides. `ack` may carry the answer to our offer (then
/// remote_answer follows).
struct call_confirmed {
    session_id id;  ///< the call
    message ack;    ///< the ACK itself
};

/// The peer offers a new session in a re-INVITE, UPDATE or PRACK, or its 2xx or reliable provisional response brings
/// the first offer. The user owes answer_offer() or refuse_offer(), for PRACK and UPDATE without asking anybody: their
/// sender waits for no person (RFC 3311 5.2). A re-INVITE without a body asks for our offer: wanted_from_us is set, and
/// answer_offer() carries an offer then.
struct remote_offer {
    session_id id;                ///< the call
    message carrier;              ///< the message that brought it
    bool wanted_from_us = false;  ///< the request has no body: it asks for our offer
    std::uint32_t fork = 0;       ///< before our INVITE is answered: whose early dialog it belongs to
};

/// The answer to an offer of ours: in a 2xx to a re-INVITE or UPDATE, in a reliable response to a re-INVITE, in the ACK
/// or PRACK of a response of ours that carried the offer.
struct remote_answer {
    session_id id;           ///< the call
    message carrier;         ///< the message that brought it
    std::uint32_t fork = 0;  ///< the early dialog that it belongs to
};

/// An offer of ours was not taken: roll back to the session before it. With will_retry the user agent sends the same
/// offer again by itself after the glare window (RFC 3261 14.1); the call goes on either way, unless call_ended follows
/// (481, 408: RFC 5057). A peer's offer that arrives inside the window overtakes ours: a second offer_failed with
/// will_retry false comes before its remote_offer, and whether to offer again is the user's to decide.
struct offer_failed {
    session_id id;             ///< the call
    std::uint16_t status = 0;  ///< 0 where no response came
    bool will_retry = false;   ///< it is sent again by itself
    message response;          ///< may be empty
    std::uint32_t fork = 0;    ///< the early dialog that it belongs to
};

/// The peer's offer does not stand any more: its re-INVITE was cancelled, or the offer was refused or not answered in
/// time. Roll back.
struct offer_withdrawn {
    session_id id;           ///< the call
    std::uint32_t fork = 0;  ///< the early dialog that it belongs to
};

/// Our address has changed while the call is up, or while it was on its way to being up: Contact and session
/// description name an address that is ours no more. The user owes reoffer() with a description for the new one; its
/// re-INVITE brings the peer the new Contact as well (RFC 3261 12.2.1.1, 14.1). Registrations are renewed without the
/// user.
struct local_address_changed {
    session_id id;  ///< the call
};

enum class end_reason : std::uint8_t {
    session_expired,  ///< nobody refreshed the session in time (RFC 4028 10)
    replaced,         ///< another call has taken its place (RFC 3891)
    local_hang_up,    ///< we sent CANCEL or BYE
    remote_hang_up,   ///< BYE
    cancelled,        ///< the caller cancelled before we answered
    rejected,         ///< our INVITE met a final response of 300 to 699: see status and cause (302 carries Contact)
    refused,          ///< we rejected the call
    no_answer,        ///< Timer B, or nobody answered within ring_limit
    no_ack,           ///< our 2xx or a reliable provisional response was never acknowledged (13.3.1.4, RFC 3262 3)
    dialog_lost,      ///< the peer does not know the call any more (481, 408 to a request in it)
    transport,        ///< no way to the peer
    protocol_error,   ///< the peer broke the rules beyond repair
};

/// We have refreshed the session (RFC 4028), or tried to. A failure ends the call only where call_ended follows. A
/// re-INVITE repeats the agreed description; its answer in `response` may still differ from the one before.
struct session_refreshed {
    session_id id;             ///< the call
    std::uint16_t status = 0;  ///< 0 where no response came
    message response;          ///< may be empty
};

/// Our INVITE was redirected and goes on to another target by itself (8.1.3.4); early dialogs before are over.
struct call_redirected {
    session_id id;       ///< the call
    std::string target;  ///< where the INVITE goes now
    message response;    ///< the 3xx, or the failure of the target before
};

/// The last event of a call. Its handle is free from now on.
struct call_ended {
    session_id id;             ///< the call
    end_reason why{};          ///< who or what ended it
    std::uint16_t status = 0;  ///< the response that ended it, 0 where none did
    error_code error;          ///< for transport and time-outs
    message cause;             ///< the response or request that ended it; may be empty. sip_cause_of() reads its Reason
    std::string detail = {};   ///< for people: why no way led to the peer, where that is known
    /// Seconds after which another attempt may be worth while, where the refusal says so (Retry-After).
    std::optional<std::uint32_t> retry_after = {};
};

/// A request inside the call that the user agent does not treat itself: INFO with a body, MESSAGE, ... It has been
/// answered with 200 already.
struct in_call_request {
    session_id id;    ///< the call
    message request;  ///< the request itself
};

/// The peer of a call is somebody else now. Either a network that we trust asserts another identity than before
/// (P-Asserted-Identity in a request inside the call, or in the 2xx to one of ours); or the peer's own From says so
/// (RFC 4916), which nothing proves: `who` tells which.
struct identity_changed {
    session_id id;        ///< the call
    message carrier;      ///< the message that brought it
    identity_choice who;  ///< named_by(carrier.view(), who)
};

// ---- registrations
// ------------------------------------------------------------------------------------------------------------------------

/// Every change of an account's registration, and every failed attempt. With several servers (RFC 5626 flows, or a
/// second server): what happened at one of them.
struct registration_changed {
    account_id account;              ///< the account that it belongs to
    registration_state state{};      ///< of the account: registered while any server has a binding of ours
    std::size_t server = 0;          ///< account_config's own, then its alternatives
    registration_state at_server{};  ///< of the registration there
    std::uint16_t status = 0;        ///< of the response that caused it, 0 where none did
    error_code error;                ///< why it failed, where no response tells
    std::string detail = {};         ///< the same for people: "the certificate of tls 192.0.2.1:5061 has expired"
    duration expires{};              ///< registered: what the server granted
    std::optional<time_point>
        next_attempt;  ///< registered: the refresh; failed: the retry, nothing where trying again is useless
};

// ---- requests outside a dialog
// ------------------------------------------------------------------------------------------------------------

/// The end of a request of ours: OPTIONS and the like. Exactly one for each request_id.
struct request_completed {
    request_id id;             ///< the request
    std::uint16_t status = 0;  ///< 0 where no final response came: see error
    error_code error;          ///< why no response came
    message response;          ///< may be empty
    std::string detail = {};   ///< for people: why no way led to the peer, where that is known
};

/// A request outside a dialog that the user agent does not answer by itself. The user owes respond(id, ...). OPTIONS is
/// answered by the user agent, as are methods that are not in user_agent_config::methods (405) and everything
/// malformed.
struct incoming_request {
    request_id id;       ///< the request
    account_id account;  ///< the account that it belongs to
    message request;     ///< the request itself
};

using event = std::variant<
    incoming_call, call_progress, call_answered, call_confirmed, remote_offer, remote_answer, offer_failed,
    offer_withdrawn, local_address_changed, session_refreshed, call_redirected, call_ended, in_call_request,
    registration_changed, request_completed, incoming_request,
    // subscription_events.hpp
    notification, subscription_changed, subscription_forked, subscription_ended, incoming_subscription,
    subscription_refreshed, transfer_requested, notifier_ended, publication_changed, identity_changed>;

}  // namespace sip
