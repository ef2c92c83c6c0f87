// What a report costs: RFC 3550 6.2 counts the headers of the network too.
#pragma once

#include <cstddef>

#include "rtp/endpoint.hpp"

namespace rtp {

[[nodiscard]] constexpr std::size_t rtcp_size_on_wire(std::size_t datagram, endpoint const& peer) noexcept {
    return datagram + 8 + (peer.family == address_family::ipv6 ? 40U : 20U);
}

}  // namespace rtp
