// The RTP sockets of the phone's calls: real UDP sockets on the ports of network.port.min_rtpport to max_rtpport.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <map>

#include "phoned/media/sockets.hpp"
#include "rtp/net/media_loop.hpp"
#include "rtp/net/port_pool.hpp"
#include "rtp/net/rtp_socket.hpp"

namespace phoned::net {

class media_socket_pool final : public media_sockets {
public:
    using receive_function =
        std::function<void(media_id, rtp::component, rtp::packet_buffer, const rtp::endpoint& from)>;

    /// `local` tells the address to bind, and the one that session descriptions name, each time that sockets are
    /// opened: it may change while the phone runs. `packets` outlives the pool.
    media_socket_pool(
        const boost::asio::any_io_executor&, rtp::net::port_range, rtp::packet_pool& packets,
        std::function<rtp::endpoint()> local, unsigned dscp
    );

    /// Called for each datagram, on the executor.
    void on_packet(receive_function receive) { receive_ = std::move(receive); }

    [[nodiscard]] std::optional<media_ports> open(rtp::address_family) override;
    void send(media_id, rtp::component, const rtp::endpoint& to, const rtp::packet_buffer&) override;
    void close(media_id) override;

private:
    rtp::net::media_loop loop_;
    rtp::net::port_pool ports_;
    std::function<rtp::endpoint()> local_;
    unsigned dscp_;
    receive_function receive_;
    std::map<media_id, rtp::net::rtp_socket> open_;
    std::uint32_t last_ = 0;
};

}  // namespace phoned::net
