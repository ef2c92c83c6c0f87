// A view of every message on the wire, for logs, captures and ladder diagrams.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "sip/transport/flow.hpp"

namespace sip::net {

/// Which way a message went.
enum class direction : std::uint8_t { received, sent };

/// What a capture shows of credentials and keys: see mask_secrets().
enum class secrets : std::uint8_t { masked, shown };

/// One message as it was received, or as it was handed to the operating system. The views live during the call only.
struct traced_message {
    net::direction direction{};  ///< seen from us
    flow_id flow = flow_id::none;              ///< the core's number of the socket or connection
    endpoint local;                            ///< its port and address as Via would name them
    endpoint remote;                           ///< the peer's address
    std::string_view bytes;                    ///< the whole message, credentials and keys included
    std::chrono::system_clock::time_point at;  ///< just before it was sent, or just after it was read
};

/// Called on the driver's executor, in wire order, before the core sees a received message. It must not throw and must
/// not command the driver. Keep-alives (CRLF) are not shown.
using message_trace = std::function<void(traced_message const&)>;

}  // namespace sip::net
