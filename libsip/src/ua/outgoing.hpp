// A request of ours on its way: from the wish to send it to the last answer that can come. It outlives the call behind
// it where the protocol asks for that (a CANCEL still to be sent, a 2xx of a late fork).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sip/dialog/state.hpp"
#include "sip/handle.hpp"
#include "sip/syntax/message.hpp"
#include "sip/time.hpp"
#include "sip/transport/locator.hpp"
#include "sip/usage/ack_keeper.hpp"
#include "sip/usage/auth_retry.hpp"
#include "sip/usage/invite_client.hpp"

namespace sip {

using outgoing_id = handle<struct outgoing_tag>;

/// Whose request it is, and so who hears of its answers.
enum class purpose : std::uint8_t {
    invite,        ///< the first INVITE of a call
    reinvite,      ///< an INVITE inside a call
    prack,         ///< acknowledges a reliable provisional response
    update,        ///< an offer in an UPDATE
    refresh,       ///< an UPDATE without offer (RFC 4028)
    ack,           ///< the ACK of a 2xx: has no answers
    bye,           ///< nobody waits for the answer: the call is over (15.1.1)
    in_call,       ///< the user's request inside a call
    registration,  ///< REGISTER of an account
    single,        ///< the user's request outside a dialog
    subscribe,     ///< SUBSCRIBE of a subscription of ours
    refer,         ///< REFER: makes a subscription of ours
    notify,        ///< NOTIFY of a subscription of a peer's
    publish,       ///< PUBLISH of a publication of ours
};

struct outgoing {
    purpose what{};
    account_id account;
    std::size_t server = 0;         ///< which of the account's servers it is written for
    std::size_t servers_tried = 0;  ///< before this one
    session_id session;  ///< may be stale: the call has ended
    request_id request;  ///< in_call, single
    subscription_id subscription;
    notifier_id notifier;  ///< notify; empty for the last one
    publication_id publication;
    dialog_handle inside;  ///< prack, update, refresh, bye: which dialog of the call; may be stale
    ack_handle ack;        ///< ack
    message draft;
    bool strict_route = false;  ///< goes to its Request-URI although it has a Route (12.2.1.1)
    std::uint32_t cseq = 0;
    auth_attempts attempts;
    std::uint8_t changes = 0;            ///< remedies that have changed it: at most most_changes
    std::optional<std::string> options;  ///< option tags instead of the account's: after 420 or 421
    std::string cancel_reason;           ///< for its CANCEL: a Reason value
    invite_client client;                ///< invite, reinvite
    std::optional<dialog> orphan;        ///< reinvite: the dialog, once its call has ended

    enum class stage : std::uint8_t {
        waiting,   ///< for what others see as our address (account_config::stun_server)
        locating,  ///< the name service has been asked
        opening,   ///< waits for a connection
        sent,      ///< a transaction has it
        answered,  ///< an INVITE after its first 2xx, for as long as further ones may come
        lost,      ///< memory ran out when its end was being told: it fails at its deadline
    } stage = stage::locating;
    std::uint64_t serial = 0;  ///< the order in which requests were started, kept when they wait for one connection
    std::uint32_t lookup = 0;  ///< the locator's number
    std::vector<location> locations;
    std::size_t next_location = 0;
    flow_id flow = flow_id::none;
    bool flow_was_up = false;  ///< the connection was there before us and may have died long ago
    endpoint to;
    bool reached_own_server = false;  ///< `to` is one of the account's servers
    std::string failure;              ///< what was told of the last flow that failed it
    transaction_id transaction;
    bool is_on_trial = false;            ///< `to` has only some of its 64*T1, since there is another place
    std::optional<time_point> deadline;  ///< waiting, locating, opening, lost: fail; sent: cancel, or the end of the trial;
                                         ///< answered: forget
};

}  // namespace sip
