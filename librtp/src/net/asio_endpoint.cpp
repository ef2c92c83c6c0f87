#include "rtp/net/asio_endpoint.hpp"

#include <algorithm>

namespace rtp::net {

namespace ip = boost::asio::ip;

ip::udp::endpoint to_asio(endpoint const& from) {
    switch (from.family) {
        case address_family::none:
            break;
        case address_family::ipv4: {
            ip::address_v4::bytes_type bytes{};
            std::copy_n(from.address.begin(), bytes.size(), bytes.begin());
            return {ip::address_v4(bytes), from.port};
        }
        case address_family::ipv6:
            return {ip::address_v6(from.address, from.scope), from.port};
    }
    return {ip::address_v4(), from.port};
}

endpoint from_asio(ip::udp::endpoint const& from) {
    endpoint result;
    result.port = from.port();
    if (from.address().is_v4()) {
        auto const bytes = from.address().to_v4().to_bytes();
        std::ranges::copy(bytes, result.address.begin());
        result.family = address_family::ipv4;
    } else {
        auto const address = from.address().to_v6();
        result.address = address.to_bytes();
        result.scope = static_cast<std::uint32_t>(address.scope_id());
        result.family = address_family::ipv6;
    }
    return result;
}

}  // namespace rtp::net
