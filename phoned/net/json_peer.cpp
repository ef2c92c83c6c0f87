#include "phoned/net/json_peer.hpp"

#include "phoned/net/clock.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace phoned::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_descriptors = 4;

}  // namespace

std::optional<peer_credentials> credentials_of(const json_peer::socket& socket) {
    ucred told{};
    socklen_t length = sizeof told;
    const int number = const_cast<json_peer::socket&>(socket).native_handle();
    if (::getsockopt(number, SOL_SOCKET, SO_PEERCRED, &told, &length) != 0) return std::nullopt;
    return peer_credentials{told.uid, told.gid, told.pid};
}

json_peer::json_peer(socket taken, hub& centre, client_id id, callbacks call_back)
    : socket_(std::move(taken)), hub_(centre), id_(id), callbacks_(std::move(call_back)) {}

void json_peer::start() {
    boost::system::error_code ignored;
    socket_.native_non_blocking(true, ignored);
    wait_for_input();
}

void json_peer::wait_for_input() {
    socket_.async_wait(socket::wait_read, [self = shared_from_this()](boost::system::error_code problem) {
        if (!problem && self->socket_.is_open()) self->on_readable();
    });
}

void json_peer::on_readable() {
    // A few reads a turn, so that one talkative client does not keep the others waiting.
    std::array<char, 16384> bytes;
    for (int turn = 0; turn < 4; ++turn) {
        const auto got = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got > 0) {
            hub_.on_bytes(read_clocks(), id_, {bytes.data(), static_cast<std::size_t>(got)});
            if (static_cast<std::size_t>(got) < bytes.size()) break;
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
        close(got == 0 ? "connection closed" : std::generic_category().message(errno));
        callbacks_.flush();
        return;
    }
    wait_for_input();
    callbacks_.flush();
}

void json_peer::flush() {
    while (socket_.is_open() && !waiting_to_write_) {
        const auto next = hub_.output(id_);
        if (next.bytes.empty()) break;
        const auto written = write_some(next);
        if (written == 0) break;
        hub_.on_written(read_clocks(), id_, written);
    }
    if (socket_.is_open() && hub_.is_finished(id_)) close("finished");
}

std::size_t json_peer::write_some(const hub_output& next) {
    iovec part{const_cast<char*>(next.bytes.data()), next.bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
    const auto descriptors = next.attachment != 0 ? callbacks_.take(next.attachment) : std::vector<descriptor>{};
    if (!descriptors.empty()) {
        std::array<int, most_descriptors> numbers{};
        const auto count = std::min(descriptors.size(), numbers.size());
        for (std::size_t i = 0; i < count; ++i)
            numbers[i] = descriptors[i].get();
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        auto* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        std::memcpy(CMSG_DATA(header), numbers.data(), count * sizeof(int));
    }
    const auto sent = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) return static_cast<std::size_t>(sent);
    const int error = errno;
    if (!descriptors.empty()) {
        // The descriptors are gone with this attempt; a driver without them is of no use.
        close("the socket did not take the audio descriptors");
    } else if (error == EAGAIN || error == EINTR) {
        waiting_to_write_ = true;
        socket_.async_wait(socket::wait_write, [self = shared_from_this()](boost::system::error_code problem) {
            self->waiting_to_write_ = false;
            if (!problem && self->socket_.is_open()) self->callbacks_.flush();
        });
    } else {
        close(std::generic_category().message(error));
    }
    return 0;
}

void json_peer::close(const std::string& reason) {
    if (!socket_.is_open()) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
    callbacks_.closed(id_, reason);
}

}  // namespace phoned::net
