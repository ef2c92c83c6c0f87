// Socket options that Asio has no names for.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "sip/error.hpp"

namespace sip::net {

/// Lets several sockets of this process share one port (SO_REUSEPORT). Never used with a single shard: two phones on
/// one port would silently share their traffic.
inline error_code share_port(int socket) noexcept {
    int const on = 1;
    if (::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) return {};
    return {errno, boost::system::system_category()};
}

/// Puts the code point into the upper six bits of the traffic class (RFC 2474). A wish: failure changes nothing.
inline void mark_packets(int socket, bool is_v6, std::uint8_t dscp) noexcept {
    int const traffic_class = (dscp & 63) << 2;
    if (traffic_class == 0) return;
    if (is_v6)
        ::setsockopt(socket, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof traffic_class);
    else
        ::setsockopt(socket, IPPROTO_IP, IP_TOS, &traffic_class, sizeof traffic_class);
}

}  // namespace sip::net
