// What the transaction layer tells its user (RFC 3261's TU). Values; the upper layer visits them in order after each
// input.
#pragma once

#include <cstdint>
#include <variant>

#include <boost/container/small_vector.hpp>

#include "sip/error.hpp"
#include "sip/handle.hpp"
#include "sip/syntax/message.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

/// Chosen by the user of the layer when it creates a transaction, and given back with every event of it: how a response
/// finds its usage.
using owner_token = std::uint64_t;

/// A response to our request: provisional or final, retransmissions absorbed. For INVITE every 2xx is delivered, also
/// repeated ones and those of other forks, until Timer M ends the transaction (RFC 6026).
struct response_received {
    transaction_id id;  ///< the transaction
    owner_token owner = 0;  ///< what the user of the transaction gave
    message response;  ///< the response itself
};

/// Our request got no final answer: Timer B or F (errc::transaction_timeout) or the flow failed
/// (errc::transport_failed). The transaction is gone.
struct request_failed {
    transaction_id id;  ///< the transaction
    owner_token owner = 0;  ///< what the user of the transaction gave
    errc why{};  ///< time-out or transport
};

/// A new request. It must be answered with respond(), except ACK, which has no transaction (id is empty).
struct request_received {
    transaction_id id;  ///< the transaction
    message request;  ///< the request itself
    flow_id flow = flow_id::none;  ///< the socket or connection
    endpoint from;  ///< the sender's address
    transaction_id cancels;    ///< for CANCEL: the INVITE server transaction that it names, if there is one (9.2)
    bool names_other = false;  ///< for CANCEL: it names a request of another method, which it does not touch (9.2)
    bool merged = false;       ///< the same request came over another path: 482 (8.2.2.2)
};

/// A response was not delivered. errc::transaction_timeout: no ACK for a non-2xx within Timer H; the transaction is
/// gone. errc::transport_failed: the flow failed; the transaction lives (RFC 6026 7.1) unless it was a non-INVITE's
/// that had its final response, and reroute() gives it another flow.
struct response_failed {
    transaction_id id;  ///< the transaction
    owner_token owner = 0;  ///< as set by set_owner()
    errc why{};  ///< time-out or transport
};

/// A 2xx to an INVITE whose client transaction is gone: the keeper of ACKs answers it. Nothing shows that we sent that
/// INVITE; other late responses are dropped (RFC 6026 7.2).
struct stray_response {
    message response;  ///< the response itself
    flow_id flow = flow_id::none;  ///< the socket or connection
    endpoint from;  ///< the sender's address
};

using transaction_event =
    std::variant<response_received, request_failed, request_received, response_failed, stray_response>;
using transaction_events = boost::container::small_vector<transaction_event, 4>;

}  // namespace sip
