#include "rtp/net/rtp_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "rtp/net/asio_endpoint.hpp"

namespace rtp::net {

namespace asio = boost::asio;
using asio::ip::udp;

namespace {

// A busy port must not keep the others waiting: after this many datagrams it queues up behind them.
constexpr int receive_batch = 16;

error_code set_dscp(udp::socket& socket, bool is_v6, std::uint8_t dscp) {
    if (dscp == 0) return {};
    int const traffic_class = dscp << 2;  // the two low bits are ECN's
    int const level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    int const option = is_v6 ? IPV6_TCLASS : IP_TOS;
    if (::setsockopt(socket.native_handle(), level, option, &traffic_class, sizeof traffic_class) == 0) return {};
    return {errno, boost::system::system_category()};
}

error_code open_bound(udp::socket& socket, udp::endpoint const& local, std::uint8_t dscp) {
    error_code error;
    bool const is_v6 = local.address().is_v6();
    socket.open(local.protocol(), error);
    // One family for each socket, so that an IPv4 peer never shows up as a mapped IPv6 address.
    if (!error && is_v6) socket.set_option(asio::ip::v6_only(true), error);
    if (!error) error = set_dscp(socket, is_v6, dscp);
    if (!error) socket.non_blocking(true, error);
    if (!error) socket.bind(local, error);
    return error;
}

}  // namespace

class rtp_socket::implementation final : public std::enable_shared_from_this<implementation> {
public:
    implementation(asio::any_io_executor const& executor, packet_pool& packets, port_lease lease)
        : packets_(&packets), lease_(std::move(lease)), rtp_(executor), rtcp_(executor) {}

    error_code bind(rtp_socket_options const& options) {
        auto local = to_asio(options.local);
        local.port(lease_->rtp());
        if (auto const error = open_bound(rtp_, local, options.dscp)) return error;
        if (options.rtcp != rtcp_transport::separate_port) return {};
        local.port(lease_->rtcp());
        return open_bound(rtcp_, local, options.dscp);
    }

    void start(receive_function on_packet) {
        on_packet_ = std::move(on_packet);
        wait(component::rtp);
        if (rtcp_.is_open()) wait(component::rtcp);
    }

    void close() {
        is_closed_ = true;
        error_code ignored;
        rtp_.close(ignored);
        rtcp_.close(ignored);
        lease_.reset();
    }

    void send(component via, packet_buffer const& packet, endpoint const& to) {
        auto const bytes = packet.bytes();
        error_code error;
        socket_of(via).send_to(asio::buffer(bytes.data(), bytes.size()), to_asio(to), 0, error);
        ++(error ? counters_.send_failed : counters_.sent);
    }

    endpoint local(component via) {
        error_code error;
        auto const bound = socket_of(via).local_endpoint(error);
        return error ? endpoint{} : from_asio(bound);
    }

    [[nodiscard]] rtp_socket_counters const& counters() const noexcept { return counters_; }

private:
    udp::socket& socket_of(component via) { return via == component::rtcp && rtcp_.is_open() ? rtcp_ : rtp_; }

    void wait(component via) {
        auto on_ready = [self = shared_from_this(), via](error_code error) {
            if (error || self->is_closed_) return;
            self->receive(via);
            if (!self->is_closed_) self->wait(via);
        };
        socket_of(via).async_wait(udp::socket::wait_read, std::move(on_ready));
    }

    void receive(component via) {
        auto& socket = socket_of(via);
        for (int i = 0; i < receive_batch && !is_closed_; ++i) {
            packet_buffer packet(*packets_);
            auto const space = packet.receive_space();
            std::array<std::byte, 1> excess;
            std::array const buffers{asio::buffer(space.data(), space.size()), asio::buffer(excess)};
            udp::endpoint from;
            error_code error;
            auto const size = socket.receive_from(buffers, from, 0, error);
            if (error == asio::error::would_block) return;
            if (error) continue;  // an ICMP answer to what was sent earlier; the socket is as good as before
            ++counters_.received;
            if (size > space.size()) {
                ++counters_.oversized;
                continue;
            }
            packet.set_size(size);
            on_packet_(via, std::move(packet), from_asio(from));
        }
    }

    packet_pool* packets_;             // not owned
    std::optional<port_lease> lease_;  // given back on close: a wait that is still under way may outlive the pool
    udp::socket rtp_;
    udp::socket rtcp_;  // closed unless RTCP has its own port
    receive_function on_packet_;
    rtp_socket_counters counters_;
    bool is_closed_ = false;
};

result<rtp_socket> rtp_socket::open(
    asio::any_io_executor executor, port_pool& ports, packet_pool& packets, rtp_socket_options const& options
) {
    if (options.dscp > 63 || options.local.family == address_family::none)
        return make_error_code(errc::invalid_argument);
    for (std::size_t tried = 0; tried < ports.capacity(); ++tried) {
        auto lease = ports.take();
        if (!lease) return lease.error();
        auto candidate = std::make_shared<implementation>(executor, packets, std::move(*lease));
        auto const error = candidate->bind(options);
        if (!error) return rtp_socket(std::move(candidate));
        if (error != asio::error::address_in_use) return error;
        // Another program has it. The lease goes back and rests.
    }
    return make_error_code(errc::no_ports);
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

void rtp_socket::start(receive_function on_packet) {
    self_->start(std::move(on_packet));
}

void rtp_socket::send(component via, packet_buffer const& packet, endpoint const& to) {
    self_->send(via, packet, to);
}

void rtp_socket::send(outbox const& out) {
    for (auto const& datagram : out.datagrams)
        self_->send(datagram.via, datagram.packet, datagram.to);
}

endpoint rtp_socket::local(component via) const {
    return self_->local(via);
}

rtp_socket_counters const& rtp_socket::counters() const noexcept {
    return self_->counters();
}

}  // namespace rtp::net
