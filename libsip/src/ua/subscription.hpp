// Subscriptions as the user agent keeps them: one of ours (subscriber), one of a peer's (notifier).
#pragma once

#include <optional>
#include <string>

#include "outgoing.hpp"
#include "sip/dialog/table.hpp"
#include "sip/ua/subscribe_options.hpp"
#include "sip/usage/notifier.hpp"
#include "sip/usage/subscriber.hpp"

namespace sip {

struct subscription {
    account_id account;
    subscribe_options options;
    sip::subscriber state;
    std::string call_id, local_tag;  ///< of the SUBSCRIBE that waits for its NOTIFYs
    std::uint32_t cseq = 0;          ///< of the SUBSCRIBE that was sent last
    message first;                   ///< that SUBSCRIBE: the dialogs of its forks are made from it
    outgoing_id request;             ///< the SUBSCRIBE that is out
    dialog_handle dialog;
    std::uint32_t forks = 0;   ///< other subscriptions that came of it
    bool is_transfer = false;  ///< a REFER made it: its CSeq is the id of its events
};

struct peer_subscription {
    account_id account;
    std::string event;  ///< the Event value that its NOTIFYs carry
    sip::notifier state;
    dialog_handle dialog;

    // A SUBSCRIBE that waits for the user's word.
    transaction_id transaction;  ///< empty where there is none
    message request;
    flow_id flow = flow_id::none;
    std::uint32_t wanted = 0;  ///< seconds that it will be granted
    std::optional<time_point> decide_by;
    bool is_transfer = false;       ///< the request is a REFER
    bool is_undecided = false;      ///< it was answered in time, but the user has not said yet what becomes of it
    bool wants_no_reports = false;  ///< RFC 4488

    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept {
        return decide_by ? decide_by : state.next_deadline();
    }
};

}  // namespace sip
