// The UDP sockets of one media line: RTP and RTCP on a pair of ports, or both on one; or those of a multicast group.
//
// Receives into packet_buffers and hands them over in bursts; sends what a session's outbox holds. Never blocks: what
// the system does not take at once is dropped and counted, since late media is worth nothing. Lives on the executor of
// its loop and is not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "rtp/endpoint.hpp"
#include "rtp/error.hpp"
#include "rtp/net/media_loop.hpp"
#include "rtp/net/port_pool.hpp"
#include "rtp/session/outbox.hpp"
#include "rtp/wire/packet_buffer.hpp"

namespace rtp::net {

/// How a socket is made.
struct rtp_socket_options {
    endpoint local;  ///< The address to bind; its port is ignored, the pool chooses. Must be IPv4 or IPv6.
    /// Where RTCP goes.
    rtcp_transport rtcp = rtcp_transport::separate_port;
    /// 0..63. Expedited forwarding is usual for voice (RFC 4594 4.1); 0 leaves packets unmarked.
    std::uint8_t dscp = 46;
};

/// Of a multicast group, as of a page to many phones.
struct multicast_options {
    endpoint group;  ///< The group and the port of RTP; RTCP has the one above it.
    /// Where RTCP goes.
    rtcp_transport rtcp = rtcp_transport::off;
    /// The index of the network interface to listen and send on (RFC 3493 4); 0 lets the system choose. A group of
    /// IPv6 that is only known on its link needs one.
    std::uint32_t interface = 0;
    std::uint8_t hops = 1;  ///< TTL or hop limit of what is sent: 1 stays on the link.
    /// Whether what is sent is heard on this machine too, by other programs and by this socket.
    /// Whether we hear our own multicast.
    enum class loopback : std::uint8_t { off, on } loop = loopback::off;
    std::uint8_t dscp = 46;  ///< 0 to 63 in every packet sent.
};

/// What went through a socket.
struct rtp_socket_counters {
    std::uint64_t received = 0;  ///< Datagrams.
    std::uint64_t bursts = 0;     ///< Calls of the receive function; received / bursts is what batching saves.
    std::uint64_t oversized = 0;  ///< Larger than a packet_buffer: dropped.
    std::uint64_t sent = 0;  ///< Datagrams.
    std::uint64_t send_failed = 0;  ///< Refused by the system, for instance for want of a route or of room.
};

/// One datagram as it came.
struct received_datagram {
    packet_buffer packet;  ///< The bytes.
    endpoint from;  ///< The sender's address.
};

/// Move-only. Destroying it closes the sockets and gives the ports back; the receive function is not called any more.
class rtp_socket final {
public:
    /// The datagrams that were there, in the order of arrival; the packets may be moved out. It may destroy the socket,
    /// then the rest of the burst is still its own.
    using receive_function = std::function<void(component via, std::span<received_datagram> burst)>;

    /// Binds a free pair of the pool, trying the next one when another program has a port. `loop` and `ports` outlive
    /// the socket. Errors: no_ports; what the system says about the address; invalid_argument for a DSCP above 63 or a
    /// local address without family.
    [[nodiscard]] static result<rtp_socket> open(media_loop& loop, port_pool& ports, rtp_socket_options const&);
    /// Joins a group and binds to it, beside others on this machine that do the same. Errors: what the system says;
    /// invalid_argument for a DSCP above 63 or a group that is none.
    [[nodiscard]] static result<rtp_socket> join(media_loop& loop, multicast_options const&);
    rtp_socket(rtp_socket&&) noexcept;  ///< Takes over the other's socket.
    rtp_socket& operator=(rtp_socket&&) noexcept;  ///< Closes its own socket, and takes over the other's.
    ~rtp_socket();

    /// From now on `on_burst` is called on the executor. Error: what the system says.
    [[nodiscard]] error_code start(receive_function on_burst);

    /// What the kernel does not take is counted as dropped.
    void send(component via, packet_buffer const& packet, endpoint const& to);
    /// Sends all, in order, by as few calls of the system as it takes; leaves them where they are.
    void send(std::span<send_datagram const>);
    /// All datagrams of an outbox.
    void send(outbox const& out) { send(std::span(out.datagrams.data(), out.datagrams.size())); }

    /// Binds one component to one peer: cheaper to send to, and the system drops what others send. Without effect on
    /// what is queued already. Undone by an endpoint without family. Error: what the system says.
    [[nodiscard]] error_code connect(component via, endpoint const& peer);

    /// The bound address. With multiplexing, and without RTCP, both components give that of RTP.
    [[nodiscard]] endpoint local(component) const;
    [[nodiscard]] rtp_socket_counters const& counters() const noexcept;  ///< The numbers so far.

private:
    class implementation;
    explicit rtp_socket(std::shared_ptr<implementation>) noexcept;
    std::shared_ptr<implementation> self_;  // shared with the burst that is being delivered
};

}  // namespace rtp::net
