// A view of every message on the wire, for logs, captures and ladder diagrams.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "sip/transport/flow.hpp"

namespace sip::net {

enum class direction : std::uint8_t { received, sent };

/// One message as it was received, or as it was handed to the operating system. The views live during the call only.
struct traced_message {
    net::direction direction{};
    flow_id flow = flow_id::none;
    endpoint local;  ///< its port and address as Via would name them
    endpoint remote;
    std::string_view bytes;                    ///< the whole message; may hold credentials
    std::chrono::system_clock::time_point at;  ///< just before it was sent, or just after it was read
};

/// Called on the driver's executor, in wire order, before the core sees a received message. It must not throw and must
/// not command the driver. Keep-alives (CRLF) are not shown.
using message_trace = std::function<void(traced_message const&)>;

}  // namespace sip::net
