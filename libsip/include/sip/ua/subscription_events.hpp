// What a user agent tells its user of events (RFC 6665), as values: of its own subscriptions, and of those of peers.
#pragma once

#include <cstdint>
#include <optional>

#include "sip/error.hpp"
#include "sip/handle.hpp"
#include "sip/syntax/message.hpp"
#include "sip/syntax/refer_target.hpp"
#include "sip/time.hpp"
#include "sip/usage/subscriber.hpp"

namespace sip {

// ---- subscriptions of ours

/// A NOTIFY, in the order of its dialog. It has been answered with 200 already. Subscription-State is read; the body is
/// the package's.
struct notification {
    subscription_id id;  ///< the subscription
    message request;  ///< the request itself
    subscription_status status;  ///< Subscription-State, read
};

/// The subscription was granted, became pending or active, was lost, or one of its requests failed. While it is
/// `waiting`, next_attempt tells when it is made again.
struct subscription_changed {
    subscription_id id;  ///< the subscription
    subscriber::state state{};  ///< from now on
    std::uint16_t status = 0;     ///< of the response that caused it, 0 where none did
    error_code error;             ///< why it failed, where no response tells
    termination_reason reason{};  ///< what the notifier said, or `timeout` where it lapsed
    std::optional<time_point> next_attempt;  ///< when it is tried again; nothing: not by itself
};

/// Another notifier has answered the same SUBSCRIBE (fork_rule::each). `id` names a subscription of its own, which is
/// not made again when it ends.
struct subscription_forked {
    subscription_id id;  ///< the subscription
    subscription_id origin;  ///< the one that was asked for
};

/// The last event of a subscription. Its handle is free from now on. A REFER whose status is below 300 was accepted by
/// somebody who does not report (RFC 4488).
struct subscription_ended {
    subscription_id id;  ///< the subscription
    std::uint16_t status = 0;  ///< the response that ended it, 0 where none did
    error_code error;  ///< why, where no response tells
    termination_reason reason{};  ///< what the notifier said
    message cause;  ///< may be empty
};

// ---- subscriptions of peers at us

/// Somebody subscribes to one of our packages. The user owes accept_subscription() or refuse_subscription() soon: a
/// request that is not an INVITE cannot ring. A user that has to ask first accepts it as pending.
struct incoming_subscription {
    notifier_id id;  ///< the peer's subscription
    account_id account;  ///< the account that the Request-URI or To names; the first one where none fits
    session_id session;  ///< the call in whose dialog it came; empty outside of calls
    message request;  ///< the request itself
    std::uint32_t expires = 0;  ///< seconds that it would be granted; 0: a fetch, which ends with its answer
};

/// The peer has refreshed its subscription, which is answered already. The user owes notify() with the whole state, or
/// a NOTIFY without a body goes out after T1.
struct subscription_refreshed {
    notifier_id id;  ///< the peer's subscription
    message request;  ///< the request itself
    std::uint32_t expires = 0;  ///< seconds granted
};

/// The peer asks us to send a request, usually an INVITE (RFC 3515). The user owes accept_transfer() or
/// refuse_subscription(); once accepted, report_transfer() tells the peer what became of it, up to a final status. The
/// new call is the user's to make, from `target`.
struct transfer_requested {
    notifier_id id;  ///< the peer's subscription
    account_id account;  ///< the account that it belongs to
    session_id session;  ///< the call that it came in, or that Target-Dialog names (RFC 4538); may be empty
    message request;     ///< Referred-By (RFC 3892) belongs into the new request as it stands
    refer_target target;  ///< what to send
    bool reports = true;  ///< false: the peer wants none (RFC 4488), and accept_transfer() ends it
};

enum class notifier_end : std::uint8_t {
    closed,        ///< we ended or refused it, or said the last word on a transfer
    unsubscribed,  ///< the peer asked for the end, or fetched the state once
    expired,
    failed,      ///< a NOTIFY failed: the peer does not know it any more, or cannot be reached
    unanswered,  ///< the user did not decide in time: the peer has given up
};

/// The last event of a peer's subscription. Its handle is free from now on.
struct notifier_ended {
    notifier_id id;  ///< the peer's subscription
    notifier_end why{};  ///< who or what ended it
    std::uint16_t status = 0;  ///< of the NOTIFY that failed
};

}  // namespace sip
