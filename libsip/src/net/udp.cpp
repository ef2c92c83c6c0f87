#include "net/udp.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "net/addresses.hpp"
#include "net/socket_options.hpp"

namespace sip::net {

namespace asio = boost::asio;
using asio::ip::udp;

udp_socket::udp_socket(asio::any_io_executor executor, flow_owner& owner, shell_config const& config)
    : socket_(std::move(executor)), owner_(owner), config_(config) {}

error_code udp_socket::open(endpoint const& local, port_sharing sharing) {
    error_code error;
    socket_.open(family_of<udp>(local), error);
    if (error) return error;
    // 0.0.0.0 and :: stand side by side on one port.
    if (local.address.is_v6) socket_.set_option(asio::ip::v6_only(true), error);
    if (error) return error;
    if (sharing == port_sharing::among_shards) error = share_port(socket_.native_handle());
    if (error) return error;
    socket_.bind(to_asio<udp>(local), error);
    if (error) return error;
    socket_.non_blocking(true, error);
    if (error) return error;
    // Wishes: a smaller buffer or an unmarked packet still works.
    auto const size = static_cast<int>(config_.socket_buffer);
    error_code ignored;
    socket_.set_option(asio::socket_base::receive_buffer_size(size), ignored);
    socket_.set_option(asio::socket_base::send_buffer_size(size), ignored);
    mark_packets(socket_.native_handle(), local.address.is_v6, config_.dscp);
    return {};
}

endpoint udp_socket::bound() const noexcept {
    error_code ignored;
    return from_asio(socket_.local_endpoint(ignored));
}

void udp_socket::start(flow_id flow, endpoint const& local) {
    flow_ = flow;
    local_ = local;
    receive();
}

void udp_socket::receive() {
    // Asio tries the socket before it waits, so this also finds out that the socket is empty.
    socket_.async_receive_from(
        asio::buffer(datagram_), from_,
        [self = shared_from_this()](error_code error, std::size_t size) { self->on_received(error, size); }
    );
}

void udp_socket::on_received(error_code error, std::size_t size) {
    if (closed_) return;
    waking const wake_up(owner_);
    // An error is one of an earlier send (a port that is closed): it says nothing about this socket.
    if (!error) hand_over(size);
    for (std::size_t more = 1; more < config_.receive_burst && !closed_; ++more) {
        size = socket_.receive_from(asio::buffer(datagram_), from_, 0, error);
        if (error == asio::error::would_block) break;
        if (!error) hand_over(size);
    }
    if (!closed_) receive();
}

void udp_socket::hand_over(std::size_t size) {
    owner_.on_datagram(flow_, local_, from_asio(from_), {datagram_.data(), size});
}

error_code udp_socket::try_send(udp::endpoint const& to, buffer_ref const& bytes) {
    error_code error;
    auto const text = bytes.text();
    socket_.send_to(asio::buffer(text.data(), text.size()), to, 0, error);
    return error;
}

udp_socket::sent udp_socket::send(endpoint const& to, buffer_ref const& bytes, error_code& why) {
    auto const target = to_asio<udp>(to);
    if (queue_.empty()) {
        why = try_send(target, bytes);
        if (!why) return sent::yes;
        if (why != asio::error::would_block) return sent::dropped;
    }
    if (queued_bytes_ + bytes.size() > config_.datagram_queue_bytes) {
        why = errc::queue_full;
        return sent::dropped;
    }
    queue_.push_back({target, bytes});
    queued_bytes_ += bytes.size();
    if (queue_.size() == 1) wait_to_send();
    return sent::queued;
}

void udp_socket::wait_to_send() {
    socket_.async_wait(udp::socket::wait_write, [self = shared_from_this()](error_code error) {
        if (!error && !self->closed_) self->flush();
    });
}

void udp_socket::flush() {
    while (!queue_.empty()) {
        auto const& next = queue_.front();
        if (try_send(next.to, next.bytes) == asio::error::would_block) {
            wait_to_send();
            return;
        }
        queued_bytes_ -= next.bytes.size();
        queue_.pop_front();
    }
}

void udp_socket::close() noexcept {
    closed_ = true;
    queue_.clear();
    error_code ignored;
    socket_.close(ignored);
}

}  // namespace sip::net
