// Which of this machine's addresses a peer would see.
#pragma once

#include "sip/transport/flow.hpp"

namespace sip::net {

/// The source address that the routing table picks for packets to `remote`. No packet is sent. An error where no route
/// leads there (network_unreachable).
[[nodiscard]] result<ip_address> local_address_towards(ip_address const& remote);

/// False where no interface of this machine has the address any more.
[[nodiscard]] bool is_own_address(ip_address const&);

}  // namespace sip::net
