// The UDP sockets of one media line: RTP and RTCP on a pair of ports, or both on one.
//
// Receives into packet_buffers and hands them to one function; sends what a session's outbox holds. Never blocks: what
// the system does not take at once is dropped and counted, since late media is worth nothing. Lives on one executor and
// is not thread-safe.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>

#include "rtp/endpoint.hpp"
#include "rtp/error.hpp"
#include "rtp/net/port_pool.hpp"
#include "rtp/session/outbox.hpp"
#include "rtp/wire/packet_buffer.hpp"

namespace rtp::net {

struct rtp_socket_options {
    endpoint local;  ///< The address to bind; its port is ignored, the pool chooses. Must be IPv4 or IPv6.
    rtcp_transport rtcp = rtcp_transport::separate_port;
    /// 0..63. Expedited forwarding is usual for voice (RFC 4594 4.1); 0 leaves packets unmarked.
    std::uint8_t dscp = 46;
};

struct rtp_socket_counters {
    std::uint64_t received = 0;
    std::uint64_t oversized = 0;  ///< Larger than a packet_buffer: dropped.
    std::uint64_t sent = 0;
    std::uint64_t send_failed = 0;  ///< Refused by the system, for instance for want of a route or of room.
};

/// Move-only. Destroying it closes the sockets and gives the ports back; the receive function is not called any more.
class rtp_socket final {
public:
    using receive_function = std::function<void(component via, packet_buffer packet, endpoint const& from)>;

    /// Binds a free pair of the pool, trying the next one when another program has a port. `ports` and `packets`
    /// outlive the socket. Errors: no_ports; what the system says about the address; invalid_argument for a DSCP above
    /// 63 or a local address without family.
    [[nodiscard]] static result<rtp_socket>
    open(boost::asio::any_io_executor, port_pool& ports, packet_pool& packets, rtp_socket_options const&);
    rtp_socket(rtp_socket&&) noexcept;
    rtp_socket& operator=(rtp_socket&&) noexcept;
    ~rtp_socket();

    /// From now on `on_packet` is called on the executor for each datagram. It may destroy the socket.
    void start(receive_function on_packet);

    void send(component via, packet_buffer const& packet, endpoint const& to);
    /// Sends all datagrams of the outbox, in order; leaves them in it.
    void send(outbox const&);

    /// The bound address. With multiplexing, and without RTCP, both components give that of RTP.
    [[nodiscard]] endpoint local(component) const;
    [[nodiscard]] rtp_socket_counters const& counters() const noexcept;

private:
    class implementation;
    explicit rtp_socket(std::shared_ptr<implementation>) noexcept;
    std::shared_ptr<implementation> self_;  // shared with the waits that are under way
};

}  // namespace rtp::net
