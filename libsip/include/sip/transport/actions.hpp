// What a core asks its shell to do. The shell performs actions in order, then delivers events, then asks for the next
// deadline.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include <boost/container/small_vector.hpp>

#include "sip/handle.hpp"
#include "sip/syntax/buffer.hpp"
#include "sip/transport/dns_records.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

/// Write these bytes to the flow; datagram flows need `to`. While a connection is still being opened the shell queues
/// them, and before it flushes it asks still_wanted(origin): the transaction may have ended meanwhile.
struct send_message {
    flow_id flow = flow_id::none;  ///< the socket or connection
    endpoint to;  ///< where to
    buffer_ref bytes;  ///< the whole message
    transaction_id origin;  ///< empty where no transaction stands behind the message
};

/// Write a ping: bytes that are no message, and that no trace shows. The answer is on_keep_alive().
struct send_keep_alive {
    flow_id flow = flow_id::none;  ///< the socket or connection
    endpoint to;  ///< where to
    buffer_ref bytes;  ///< the whole message
};

/// Connect to `to`; the answer is a flow_event for `flow`.
struct open_flow {
    flow_id flow = flow_id::none;  ///< the socket or connection
    endpoint to;  ///< where to
    std::string server_name;  ///< the name that the user asked for, which TLS must verify (RFC 5922)
};

/// Close a connection or socket, once what is queued has been written.
struct close_flow {
    flow_id flow = flow_id::none;  ///< the socket or connection
};

/// Ask the name service for the records of one type that `name` has; the answer is on_resolved(request, ...).
struct resolve_name {
    std::uint32_t request = 0;  ///< names the question in its answer
    std::string name;  ///< the domain
    dns_type type = dns_type::address;  ///< what is asked for
};

using action = std::variant<send_message, send_keep_alive, open_flow, close_flow, resolve_name>;
using actions = boost::container::small_vector<action, 8>;

}  // namespace sip
