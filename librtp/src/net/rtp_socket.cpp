#include "rtp/net/rtp_socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "net/file_descriptor.hpp"
#include "net/media_loop_implementation.hpp"
#include "net/socket_address.hpp"

namespace rtp::net {

namespace {

error_code last_error() {
    return {errno, boost::system::system_category()};
}

template <class Value>
error_code set_option(int socket, int level, int name, Value const& value) {
    if (::setsockopt(socket, level, name, &value, sizeof value) == 0) return {};
    return last_error();
}

constexpr int on = 1;
constexpr int off = 0;

error_code set_dscp(int socket, address_family family, std::uint8_t dscp) {
    if (dscp == 0) return {};
    int const traffic_class = dscp << 2;  // the two low bits are ECN's
    return family == address_family::ipv6 ? set_option(socket, IPPROTO_IPV6, IPV6_TCLASS, traffic_class)
                                          : set_option(socket, IPPROTO_IP, IP_TOS, traffic_class);
}

error_code bind_to(int socket, endpoint const& local) {
    auto const address = to_socket_address(local);
    return ::bind(socket, &address.generic, address.size) == 0 ? error_code{} : last_error();
}

result<file_descriptor> open_socket(address_family family, std::uint8_t dscp) {
    auto const domain = family == address_family::ipv6 ? AF_INET6 : AF_INET;
    file_descriptor socket(::socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) return last_error();
    error_code error;
    // One family for each socket, so that an IPv4 peer never shows up as a mapped IPv6 address.
    if (family == address_family::ipv6) error = set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, on);
    if (!error) error = set_dscp(socket.get(), family, dscp);
    if (error) return error;
    return socket;
}

/// Bound where nobody else is, so that no other program can take what is meant for us.
result<file_descriptor> open_bound(endpoint const& local, std::uint8_t dscp) {
    auto socket = open_socket(local.family, dscp);
    if (!socket) return socket;
    if (auto const error = bind_to(socket->get(), local)) return error;
    return socket;
}

error_code join_ipv4(int socket, multicast_options const& options) {
    auto const address = to_socket_address(options.group);
    ip_mreqn membership{};
    membership.imr_multiaddr = address.v4.sin_addr;
    membership.imr_ifindex = static_cast<int>(options.interface);
    int const hops = options.hops;
    auto error = set_option(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership);
    // Without it the system also delivers groups that other programs of this machine have joined (ip(7)).
    if (!error) error = set_option(socket, IPPROTO_IP, IP_MULTICAST_ALL, off);
    if (!error && options.interface != 0) error = set_option(socket, IPPROTO_IP, IP_MULTICAST_IF, membership);
    if (!error) error = set_option(socket, IPPROTO_IP, IP_MULTICAST_TTL, hops);
    if (!error)
        error = set_option(
            socket, IPPROTO_IP, IP_MULTICAST_LOOP, options.loop == multicast_options::loopback::on ? on : off
        );
    return error;
}

error_code join_ipv6(int socket, multicast_options const& options) {
    auto const address = to_socket_address(options.group);
    ipv6_mreq membership{};
    membership.ipv6mr_multiaddr = address.v6.sin6_addr;
    membership.ipv6mr_interface = options.interface;
    int const interface = static_cast<int>(options.interface);
    int const hops = options.hops;
    auto error = set_option(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, membership);
    if (!error) error = set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface);
    if (!error) error = set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
    if (!error)
        error = set_option(
            socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, options.loop == multicast_options::loopback::on ? on : off
        );
    return error;
}

/// Bound to the group itself: what is sent to the port by any other address does not arrive.
result<file_descriptor> open_member(multicast_options const& options, endpoint local) {
    auto socket = open_socket(local.family, options.dscp);
    if (!socket) return socket;
    if (local.family == address_family::ipv6) local.scope = options.interface;
    auto error = set_option(socket->get(), SOL_SOCKET, SO_REUSEADDR, on);
    if (!error) error = bind_to(socket->get(), local);
    if (!error)
        error = local.family == address_family::ipv6 ? join_ipv6(socket->get(), options)
                                                     : join_ipv4(socket->get(), options);
    if (error) return error;
    return socket;
}

endpoint above(endpoint address) {
    ++address.port;
    return address;
}

}  // namespace

class rtp_socket::implementation final : public media_loop::implementation::reader,
                                         public std::enable_shared_from_this<implementation> {
public:
    explicit implementation(std::shared_ptr<media_loop::implementation> loop) : loop_(std::move(loop)) {}

    error_code bind(port_lease lease, rtp_socket_options const& options) {
        lease_.emplace(std::move(lease));
        auto local = options.local;
        local.port = lease_->rtp();
        return adopt(open_bound(local, options.dscp), options.rtcp, [&] {
            return open_bound(above(local), options.dscp);
        });
    }

    error_code join(multicast_options const& options) {
        return adopt(open_member(options, options.group), options.rtcp, [&] {
            return open_member(options, above(options.group));
        });
    }

    error_code start(receive_function on_burst) {
        on_burst_ = std::move(on_burst);
        for (auto* one : {&rtp_, &rtcp_}) {
            if (!one->socket.is_open() || one->ticket) continue;
            auto const via = one == &rtp_ ? component::rtp : component::rtcp;
            auto const ticket = loop_->add(one->socket.get(), via, weak_from_this());
            if (!ticket) return ticket.error();
            one->ticket = *ticket;
        }
        return {};
    }

    void close() {
        for (auto* one : {&rtp_, &rtcp_}) {
            if (one->ticket) loop_->remove(*std::exchange(one->ticket, std::nullopt));
            one->socket.reset();
        }
        lease_.reset();
    }

    void send(std::span<send_datagram const> datagrams) {
        while (!datagrams.empty()) {
            auto& chosen = channel_of(datagrams.front().via);
            std::size_t same = 1;
            while (same < datagrams.size() && &channel_of(datagrams[same].via) == &chosen)
                ++same;
            auto const done = loop_->write(chosen.socket.get(), datagrams.first(same), chosen.connected);
            counters_.sent += done.sent;
            counters_.send_failed += done.failed;
            datagrams = datagrams.subspan(same);
        }
    }

    void send(component via, packet_buffer const& packet, endpoint const& to) {
        auto const& chosen = channel_of(via);
        auto const bytes = packet.bytes();
        auto const address = to_socket_address(to);
        bool const is_connected = to == chosen.connected;
        auto const try_to_send = [&] {
            return ::sendto(
                       chosen.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                       is_connected ? nullptr : &address.generic, is_connected ? 0 : address.size
                   ) >= 0;
        };
        bool const is_sent = try_to_send() || (errno == ECONNREFUSED && try_to_send());
        ++(is_sent ? counters_.sent : counters_.send_failed);
    }

    error_code connect(component via, endpoint const& peer) {
        auto& chosen = channel_of(via);
        auto const address = to_socket_address(peer);
        if (::connect(chosen.socket.get(), &address.generic, address.size) != 0) return last_error();
        chosen.connected = peer;
        return {};
    }

    endpoint local(component via) {
        socket_address bound{};
        bound.size = sizeof bound.v6;
        if (::getsockname(channel_of(via).socket.get(), &bound.generic, &bound.size) != 0) return {};
        return from_socket_address(bound);
    }

    [[nodiscard]] rtp_socket_counters const& counters() const noexcept { return counters_; }

    void on_readable(component via) override {
        auto const burst = loop_->read(channel_of(via).socket.get());
        counters_.received += burst.datagrams.size() + burst.oversized;
        counters_.oversized += burst.oversized;
        if (burst.datagrams.empty()) return;
        ++counters_.bursts;
        on_burst_(via, burst.datagrams);
    }

private:
    struct channel {
        file_descriptor socket;
        std::optional<media_loop::implementation::ticket> ticket;
        endpoint connected;  // without family: to nobody
    };
    channel& channel_of(component via) { return via == component::rtcp && rtcp_.socket.is_open() ? rtcp_ : rtp_; }

    template <class OpenControl>
    error_code adopt(result<file_descriptor> media, rtcp_transport rtcp, OpenControl const& open_control) {
        if (!media) return media.error();
        rtp_.socket = std::move(*media);
        if (rtcp != rtcp_transport::separate_port) return {};
        auto control = open_control();
        if (!control) return control.error();
        rtcp_.socket = std::move(*control);
        return {};
    }

    std::shared_ptr<media_loop::implementation> loop_;
    std::optional<port_lease> lease_;  // given back on close, before the pool may go
    channel rtp_;
    channel rtcp_;  // open only if RTCP has its own port
    receive_function on_burst_;
    rtp_socket_counters counters_;
};

result<rtp_socket> rtp_socket::open(media_loop& loop, port_pool& ports, rtp_socket_options const& options) {
    if (options.dscp > 63 || options.local.family == address_family::none)
        return make_error_code(errc::invalid_argument);
    for (std::size_t tried = 0; tried < ports.capacity(); ++tried) {
        auto lease = ports.take();
        if (!lease) return lease.error();
        auto candidate = std::make_shared<implementation>(loop.self_);
        auto const error = candidate->bind(std::move(*lease), options);
        if (!error) return rtp_socket(std::move(candidate));
        if (error != boost::system::errc::address_in_use) return error;
        // Another program has it. The lease goes back and rests.
    }
    return make_error_code(errc::no_ports);
}

result<rtp_socket> rtp_socket::join(media_loop& loop, multicast_options const& options) {
    bool const has_room = options.rtcp != rtcp_transport::separate_port || options.group.port < 65'535;
    if (options.dscp > 63 || !options.group.is_multicast() || options.group.port == 0 || !has_room)
        return make_error_code(errc::invalid_argument);
    auto made = std::make_shared<implementation>(loop.self_);
    if (auto const error = made->join(options)) return error;
    return rtp_socket(std::move(made));
}

rtp_socket::rtp_socket(std::shared_ptr<implementation> self) noexcept : self_(std::move(self)) {}
rtp_socket::rtp_socket(rtp_socket&&) noexcept = default;

rtp_socket& rtp_socket::operator=(rtp_socket&& other) noexcept {
    std::swap(self_, other.self_);
    return *this;
}

rtp_socket::~rtp_socket() {
    if (self_) self_->close();
}

error_code rtp_socket::start(receive_function on_burst) {
    return self_->start(std::move(on_burst));
}

void rtp_socket::send(component via, packet_buffer const& packet, endpoint const& to) {
    self_->send(via, packet, to);
}

void rtp_socket::send(std::span<send_datagram const> datagrams) {
    self_->send(datagrams);
}

error_code rtp_socket::connect(component via, endpoint const& peer) {
    return self_->connect(via, peer);
}

endpoint rtp_socket::local(component via) const {
    return self_->local(via);
}

rtp_socket_counters const& rtp_socket::counters() const noexcept {
    return self_->counters();
}

}  // namespace rtp::net
