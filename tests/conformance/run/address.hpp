// Addresses of the loopback network, of either family, as text and for sockets.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace conformance {

/// "127.0.0.1:5060", "[::1]:5060".
[[nodiscard]] std::string host_port(const std::string& host, std::uint16_t port);

/// "127.0.0.1", "[::1]": the host as URIs write it.
[[nodiscard]] std::string host_in_uri(const std::string& host);

/// Whether this machine has the address; not for 0.0.0.0 and ::, which name none.
[[nodiscard]] bool is_own_address(const std::string& host);

/// For bind() and connect().
struct socket_address {
    sockaddr_storage storage{};
    socklen_t length = 0;

    socket_address(const std::string& host, std::uint16_t port);
    [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] int family() const noexcept { return storage.ss_family; }
};

/// As bind(), but waits a moment for a port of ours to become free: until it runs its program, a child that was just
/// forked by another thread holds the sockets that we have closed since.
[[nodiscard]] bool bind_patiently(int socket, const socket_address&);

/// The port of an address of either family.
[[nodiscard]] std::uint16_t port_of(const sockaddr_storage&) noexcept;
/// The port that the system gave a bound socket; 0 where it has none.
[[nodiscard]] std::uint16_t port_of(int socket);

}  // namespace conformance
