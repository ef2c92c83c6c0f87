#include "phoned/net/media_socket_pool.hpp"

#include <utility>

namespace phoned::net {

media_socket_pool::media_socket_pool(
    const boost::asio::any_io_executor& executor, rtp::net::port_range range, rtp::packet_pool& packets,
    std::function<rtp::endpoint()> local, unsigned dscp
)
    : loop_(executor, packets), ports_(range), local_(std::move(local)), dscp_(dscp) {}

std::optional<media_ports> media_socket_pool::open(rtp::address_family family) {
    const auto local = local_();
    if (family != local.family) return std::nullopt;
    auto made = rtp::net::rtp_socket::open(
        loop_, ports_,
        {.local = local, .rtcp = rtp::rtcp_transport::separate_port, .dscp = static_cast<std::uint8_t>(dscp_)}
    );
    if (!made) return std::nullopt;
    const media_id id{++last_};
    media_ports ports{id, made->local(rtp::component::rtp), made->local(rtp::component::rtcp)};
    auto& socket = open_.emplace(id, std::move(*made)).first->second;
    const auto error = socket.start([this, id](rtp::component via, std::span<rtp::net::received_datagram> burst) {
        for (auto& [packet, from] : burst)
            if (receive_) receive_(id, via, std::move(packet), from);
    });
    if (error) {
        open_.erase(id);
        return std::nullopt;
    }
    return ports;
}

void media_socket_pool::send(
    media_id id, rtp::component via, const rtp::endpoint& to, const rtp::packet_buffer& packet
) {
    const auto at = open_.find(id);
    if (at != open_.end()) at->second.send(via, packet, to);
}

void media_socket_pool::close(media_id id) {
    open_.erase(id);
}

}  // namespace phoned::net
