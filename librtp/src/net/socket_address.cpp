#include "net/socket_address.hpp"

#include <cstring>

namespace rtp::net {

socket_address to_socket_address(endpoint const& from) noexcept {
    socket_address to{};
    switch (from.family) {
        case address_family::none:
            to.generic.sa_family = AF_UNSPEC;
            to.size = sizeof to.generic;
            break;
        case address_family::ipv4:
            to.v4.sin_family = AF_INET;
            to.v4.sin_port = htons(from.port);
            std::memcpy(&to.v4.sin_addr, from.address.data(), sizeof to.v4.sin_addr);
            to.size = sizeof to.v4;
            break;
        case address_family::ipv6:
            to.v6.sin6_family = AF_INET6;
            to.v6.sin6_port = htons(from.port);
            to.v6.sin6_scope_id = from.scope;
            std::memcpy(&to.v6.sin6_addr, from.address.data(), sizeof to.v6.sin6_addr);
            to.size = sizeof to.v6;
            break;
    }
    return to;
}

endpoint from_socket_address(socket_address const& from) noexcept {
    endpoint to;
    if (from.generic.sa_family == AF_INET) {
        to.family = address_family::ipv4;
        to.port = ntohs(from.v4.sin_port);
        std::memcpy(to.address.data(), &from.v4.sin_addr, sizeof from.v4.sin_addr);
    } else if (from.generic.sa_family == AF_INET6) {
        to.family = address_family::ipv6;
        to.port = ntohs(from.v6.sin6_port);
        to.scope = from.v6.sin6_scope_id;
        std::memcpy(to.address.data(), &from.v6.sin6_addr, sizeof from.v6.sin6_addr);
    }
    return to;
}

}  // namespace rtp::net
