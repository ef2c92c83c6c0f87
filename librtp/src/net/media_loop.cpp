#include "rtp/net/media_loop.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/media_loop_implementation.hpp"

namespace rtp::net {

namespace {

// Sockets served in one turn; the others have theirs after what else Asio has to do.
constexpr int turn_size = 64;

error_code last_error() {
    return {errno, boost::system::system_category()};
}

/// How many the system took, at least one; -1 if not even the first.
int send_messages(int socket, std::span<mmsghdr> messages) {
    if (messages.size() > 1)
        return ::sendmmsg(socket, messages.data(), static_cast<unsigned>(messages.size()), MSG_DONTWAIT);
    return ::sendmsg(socket, &messages[0].msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
}

}  // namespace

media_loop::implementation::implementation(boost::asio::any_io_executor const& executor, packet_pool& packets)
    : epoll_(executor), packets_(&packets) {
    auto const made = ::epoll_create1(EPOLL_CLOEXEC);
    if (made < 0)
        epoll_error_ = last_error();
    else
        epoll_.assign(made, epoll_error_);
}

void media_loop::implementation::wait() {
    if (epoll_error_) return;
    epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code error) {
        if (error || self->is_closed_) return;
        self->dispatch();
        if (!self->is_closed_) self->wait();
    });
}

void media_loop::implementation::close() {
    is_closed_ = true;
    error_code ignored;
    epoll_.close(ignored);
}

result<media_loop::implementation::ticket> media_loop::implementation::add(
    int socket, component via, std::weak_ptr<reader> listener
) {
    if (epoll_error_) return epoll_error_;
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(registrations_.size()));
        registrations_.emplace_back();
    }
    auto const index = free_.back();
    auto& place = registrations_[index];
    ticket const made = std::uint64_t{place.generation} << 32 | index;
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u64 = made;
    if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket, &interest) != 0) return last_error();
    place.listener = std::move(listener);
    place.via = via;
    free_.pop_back();
    ++used_;
    return made;
}

// The system forgets a socket that is closed by itself.
void media_loop::implementation::remove(ticket given) noexcept {
    auto const index = static_cast<std::uint32_t>(given);
    auto& place = registrations_[index];
    if (place.generation != static_cast<std::uint32_t>(given >> 32)) return;
    ++place.generation;
    place.listener.reset();
    free_.push_back(index);  // cannot grow: its room was made when the place was
    --used_;
}

void media_loop::implementation::dispatch() {
    std::array<epoll_event, turn_size> events;
    auto const count = ::epoll_wait(epoll_.native_handle(), events.data(), turn_size, 0);
    for (int i = 0; i < count && !is_closed_; ++i) {
        auto const given = events[static_cast<std::size_t>(i)].data.u64;
        auto const& place = registrations_[static_cast<std::uint32_t>(given)];
        if (place.generation != static_cast<std::uint32_t>(given >> 32)) continue;
        auto const via = place.via;
        if (auto const listener = place.listener.lock()) listener->on_readable(via);
    }
}

media_loop::implementation::burst media_loop::implementation::read(int socket) {
    for (std::size_t i = 0; i < batch_size; ++i) {
        if (!ready_[i].has_block()) {
            ready_[i] = packet_buffer(*packets_);
            auto const space = ready_[i].receive_space();
            incoming_.parts[i] = {space.data(), space.size()};
        }
        auto& header = incoming_.headers[i].msg_hdr;
        header.msg_name = &incoming_.addresses[i].generic;
        header.msg_namelen = sizeof(sockaddr_in6);
    }
    auto const count = ::recvmmsg(socket, incoming_.headers.data(), batch_size, MSG_DONTWAIT, nullptr);
    // An error here is an ICMP answer to what was sent earlier; the socket is as good as before.
    if (count <= 0) return {};
    burst result;
    result.datagrams = take(static_cast<std::size_t>(count), result.oversized);
    return result;
}

std::span<received_datagram> media_loop::implementation::take(std::size_t count, std::size_t& oversized) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto const& message = incoming_.headers[i];
        if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
            ++oversized;
            continue;
        }
        ready_[i].set_size(message.msg_len);
        burst_[kept].packet = std::move(ready_[i]);
        burst_[kept].from = from_socket_address(incoming_.addresses[i]);
        ++kept;
    }
    return std::span(burst_).first(kept);
}

media_loop::implementation::send_result media_loop::implementation::write(
    int socket, std::span<send_datagram const> datagrams, endpoint const& connected
) {
    send_result total;
    while (!datagrams.empty()) {
        auto const count = std::min(datagrams.size(), batch_size);
        for (std::size_t i = 0; i < count; ++i) {
            auto const bytes = datagrams[i].packet.bytes();
            // The system does not write through it.
            outgoing_.parts[i] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
            auto& header = outgoing_.headers[i].msg_hdr;
            header.msg_name = nullptr;
            header.msg_namelen = 0;
            if (datagrams[i].to == connected) continue;
            outgoing_.addresses[i] = to_socket_address(datagrams[i].to);
            header.msg_name = &outgoing_.addresses[i].generic;
            header.msg_namelen = outgoing_.addresses[i].size;
        }
        auto taken = send_messages(socket, std::span(outgoing_.headers).first(count));
        // A connected socket tells of the ICMP answer to an earlier packet at the cost of this one: try again.
        if (taken < 0 && errno == ECONNREFUSED)
            taken = send_messages(socket, std::span(outgoing_.headers).first(count));
        // A call that stops short has failed with the next one, as the call after it will tell.
        total.sent += static_cast<std::size_t>(std::max(taken, 0));
        if (taken < 0) ++total.failed;
        datagrams = datagrams.subspan(static_cast<std::size_t>(std::max(taken, 1)));
    }
    return total;
}

media_loop::media_loop(boost::asio::any_io_executor const& executor, packet_pool& packets)
    : self_(std::make_shared<implementation>(executor, packets)) {
    self_->wait();
}

media_loop::~media_loop() {
    self_->close();
}

std::size_t media_loop::sockets() const noexcept {
    return self_->size();
}

}  // namespace rtp::net
