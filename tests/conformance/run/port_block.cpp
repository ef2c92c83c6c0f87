#include "conformance/run/port_block.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include "conformance/run/address.hpp"

namespace conformance {

namespace {

/// Below the ports of the demonstration (tests/demo, 25460 and up), whose test may run at the same time, and those that
/// the system gives out by itself (32768 and up on Linux).
constexpr int lowest = 12000, blocks = 60;

int listen_on(std::uint16_t port) {
    const socket_address own("127.0.0.1", port);
    const int guard = ::socket(own.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(guard, own.get(), own.length) == 0 && ::listen(guard, 1) == 0) return guard;
    ::close(guard);
    return -1;
}

}  // namespace

port_block::port_block() {
    // Runs one after the other begin at different blocks: nobody meets what is left of a connection of before.
    for (int i = 0; i < blocks; ++i) {
        const auto first = static_cast<std::uint16_t>(lowest + (::getpid() + i) % blocks * size);
        guard_ = listen_on(static_cast<std::uint16_t>(first + size - 1));
        if (guard_ < 0) continue;
        first_ = first;
        return;
    }
}

port_block::~port_block() {
    if (guard_ >= 0) ::close(guard_);
}

}  // namespace conformance
