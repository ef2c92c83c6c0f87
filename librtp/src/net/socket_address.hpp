// From rtp::endpoint to the system's socket addresses and back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "rtp/endpoint.hpp"

namespace rtp::net {

struct socket_address {
    union {
        sockaddr generic;
        sockaddr_in v4;
        sockaddr_in6 v6;
    };
    socklen_t size = 0;
};

/// An endpoint without family gives AF_UNSPEC, by which connect() undoes itself.
[[nodiscard]] socket_address to_socket_address(endpoint const&) noexcept;
/// An unknown family gives an endpoint without one.
[[nodiscard]] endpoint from_socket_address(socket_address const&) noexcept;

}  // namespace rtp::net
