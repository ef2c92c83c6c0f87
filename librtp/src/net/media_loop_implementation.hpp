// Inside media_loop: the epoll set, the table of who listens, and the space that batches are read into and sent from.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "net/socket_address.hpp"
#include "rtp/net/media_loop.hpp"
#include "rtp/net/rtp_socket.hpp"

namespace rtp::net {

/// What a batch call of the system needs, allocated once.
template <std::size_t Size>
struct message_batch {
    std::array<mmsghdr, Size> headers{};
    std::array<iovec, Size> parts{};
    std::array<socket_address, Size> addresses{};

    message_batch() noexcept {
        for (std::size_t i = 0; i < Size; ++i) {
            headers[i].msg_hdr.msg_iov = &parts[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
    }
    // The headers point into the object.
    message_batch(message_batch const&) = delete;
    message_batch& operator=(message_batch const&) = delete;
};

class media_loop::implementation final : public std::enable_shared_from_this<implementation> {
public:
    /// Somebody who reads from one socket. Told that the socket is readable; kept alive while that goes on.
    class reader {
    public:
        virtual void on_readable(component via) = 0;

    protected:
        ~reader() = default;
    };

    implementation(boost::asio::any_io_executor const& executor, packet_pool& packets);

    void wait();
    void close();

    /// Names a registration; never given twice, so that events of a socket closed meanwhile find nobody.
    using ticket = std::uint64_t;
    [[nodiscard]] result<ticket> add(int socket, component via, std::weak_ptr<reader> listener);
    void remove(ticket) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return used_; }

    struct burst {
        std::span<received_datagram> datagrams;
        std::size_t oversized = 0;
    };
    /// Reads what is there, up to batch_size datagrams. Valid until the next call. Oversized ones are left out.
    [[nodiscard]] burst read(int socket);

    struct send_result {
        std::size_t sent = 0;
        std::size_t failed = 0;
    };
    /// Sends datagrams of one socket; to `connected` without naming the address.
    [[nodiscard]] send_result write(int socket, std::span<send_datagram const>, endpoint const& connected);

private:
    struct registration {
        std::weak_ptr<reader> listener;
        component via{};
        std::uint32_t generation = 0;
    };
    void dispatch();
    [[nodiscard]] std::span<received_datagram> take(std::size_t count, std::size_t& oversized);

    boost::asio::posix::stream_descriptor epoll_;
    error_code epoll_error_;
    packet_pool* packets_;  // not owned
    std::vector<registration> registrations_;
    std::vector<std::uint32_t> free_;
    std::size_t used_ = 0;
    bool is_closed_ = false;

    message_batch<batch_size> incoming_;
    std::array<packet_buffer, batch_size> ready_;  // to read into
    std::array<received_datagram, batch_size> burst_;
    message_batch<batch_size> outgoing_;
};

}  // namespace rtp::net
