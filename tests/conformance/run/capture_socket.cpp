#include "conformance/run/capture_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <span>

#include "conformance/hep.hpp"

namespace conformance {

namespace {

constexpr int room_for_bursts = 4 * 1024 * 1024;

}  // namespace

capture_socket::~capture_socket() {
    if (socket_ >= 0) ::close(socket_);
}

std::uint16_t capture_socket::open() {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room_for_bursts, sizeof room_for_bursts);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof own;
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&own), length) != 0) return 0;
    if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &length) != 0) return 0;
    return ntohs(own.sin_port);
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
