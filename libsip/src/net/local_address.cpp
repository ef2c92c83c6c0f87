#include "sip/net/local_address.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "net/addresses.hpp"

namespace sip::net {

namespace {

using boost::asio::ip::udp;

struct descriptor {
    int value = -1;
    explicit descriptor(int opened) noexcept : value(opened) {}
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    ~descriptor() {
        if (value >= 0) ::close(value);
    }
};

error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

}  // namespace

result<ip_address> local_address_towards(ip_address const& remote) {
    // Connecting a datagram socket asks the routing table and sends nothing. Any port but 0 will do.
    auto const target = to_asio<udp>(endpoint{remote, 9, transport_kind::udp});
    descriptor const probe(::socket(target.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (probe.value < 0) return last_error();
    if (::connect(probe.value, target.data(), static_cast<socklen_t>(target.size())) != 0) return last_error();
    udp::endpoint local;
    auto length = static_cast<socklen_t>(local.capacity());
    if (::getsockname(probe.value, local.data(), &length) != 0) return last_error();
    local.resize(length);
    return from_asio(local.address());
}

bool is_own_address(ip_address const& address) {
    auto const target = to_asio<udp>(endpoint{address, 0, transport_kind::udp});
    descriptor const probe(::socket(target.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (probe.value < 0) return true;  // out of descriptors: nothing is known
    return ::bind(probe.value, target.data(), static_cast<socklen_t>(target.size())) == 0 || errno != EADDRNOTAVAIL;
}

}  // namespace sip::net
