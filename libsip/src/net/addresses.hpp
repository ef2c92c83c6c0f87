// Between our plain address values and the ones that Asio and the kernel use.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "sip/transport/flow.hpp"

namespace sip::net {

[[nodiscard]] inline boost::asio::ip::address to_asio(ip_address const& address) noexcept {
    if (address.is_v6) return boost::asio::ip::address_v6(address.bytes);
    return boost::asio::ip::address_v4({address.bytes[0], address.bytes[1], address.bytes[2], address.bytes[3]});
}

[[nodiscard]] inline ip_address from_asio(boost::asio::ip::address const& address) noexcept {
    ip_address value;
    if (address.is_v6()) {
        value.bytes = address.to_v6().to_bytes();
        value.is_v6 = true;
    } else {
        auto const bytes = address.to_v4().to_bytes();
        for (std::size_t i = 0; i < bytes.size(); ++i)
            value.bytes[i] = bytes[i];
    }
    return value;
}

template <class Protocol>
[[nodiscard]] boost::asio::ip::basic_endpoint<Protocol> to_asio(endpoint const& value) noexcept {
    return {to_asio(value.address), value.port};
}

[[nodiscard]] inline endpoint from_asio(boost::asio::ip::udp::endpoint const& value) noexcept {
    return {from_asio(value.address()), value.port(), transport_kind::udp};
}
[[nodiscard]] inline endpoint from_asio(
    boost::asio::ip::tcp::endpoint const& value, transport_kind kind = transport_kind::tcp
) noexcept {
    return {from_asio(value.address()), value.port(), kind};
}

/// What a person would call the family, for setting options: IPv6 sockets serve IPv6 alone.
template <class Protocol>
[[nodiscard]] Protocol family_of(endpoint const& value) noexcept {
    return value.address.is_v6 ? Protocol::v6() : Protocol::v4();
}

}  // namespace sip::net
