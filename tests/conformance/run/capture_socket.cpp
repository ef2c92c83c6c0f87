#include "conformance/run/capture_socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <span>

#include "conformance/hep.hpp"
#include "conformance/run/address.hpp"

namespace conformance {

namespace {

constexpr int room_for_bursts = 4 * 1024 * 1024;

}  // namespace

capture_socket::~capture_socket() {
    if (socket_ >= 0) ::close(socket_);
}

std::uint16_t capture_socket::open() {
    const socket_address any("127.0.0.1", 0);
    socket_ = ::socket(any.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room_for_bursts, sizeof room_for_bursts);
    return ::bind(socket_, any.get(), any.length) == 0 ? port_of(socket_) : std::uint16_t{0};
}

std::vector<std::string> capture_socket::take(const std::string& proxy_address) {
    std::vector<std::string> lines;
    std::vector<unsigned char> room(65536);
    for (;;) {
        const auto count = ::recv(socket_, room.data(), room.size(), 0);
        if (count <= 0) return lines;
        auto line = line_of_hep(std::span(room).first(static_cast<std::size_t>(count)), proxy_address);
        if (!line.empty()) lines.push_back(std::move(line));
    }
}

}  // namespace conformance
