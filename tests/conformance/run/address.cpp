#include "conformance/run/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <fmt/format.h>

namespace conformance {

std::string host_in_uri(const std::string& host) {
    return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

std::string host_port(const std::string& host, std::uint16_t port) {
    return fmt::format("{}:{}", host_in_uri(host), port);
}

bool is_own_address(const std::string& host) {
    in6_addr six{};
    in_addr four{};
    const bool is_six = ::inet_pton(AF_INET6, host.c_str(), &six) == 1 && !IN6_IS_ADDR_UNSPECIFIED(&six);
    const bool is_four = ::inet_pton(AF_INET, host.c_str(), &four) == 1 && four.s_addr != INADDR_ANY;
    if (!is_six && !is_four) return false;
    const socket_address own(host, 0);
    const int socket = ::socket(own.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool is_bound = socket >= 0 && ::bind(socket, own.get(), own.length) == 0;
    ::close(socket);
    return is_bound;
}

socket_address::socket_address(const std::string& host, std::uint16_t port) {
    sockaddr_in6 six{};
    sockaddr_in four{};
    if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        std::memcpy(&storage, &six, length = sizeof six);
        return;
    }
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &four.sin_addr);
    std::memcpy(&storage, &four, length = sizeof four);
}

bool bind_patiently(int socket, const socket_address& at) {
    constexpr auto patience = std::chrono::seconds(3);
    const auto until = std::chrono::steady_clock::now() + patience;
    while (::bind(socket, at.get(), at.length) != 0) {
        if (errno != EADDRINUSE || std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

std::uint16_t port_of(const sockaddr_storage& address) noexcept {
    // At the same place in both families' addresses.
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

std::uint16_t port_of(int socket) {
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    return ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length) == 0 ? port_of(own) : std::uint16_t{0};
}

}  // namespace conformance
