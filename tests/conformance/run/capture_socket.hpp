// Where a proxy that cannot write a trace of its own sends a copy of every message (hep.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace conformance {

class capture_socket final {
public:
    capture_socket() = default;
    ~capture_socket();
    capture_socket(const capture_socket&) = delete;
    capture_socket& operator=(const capture_socket&) = delete;

    /// Binds a port of the loopback network that the system chooses; 0 where it cannot.
    [[nodiscard]] std::uint16_t open();
    /// The messages since the last call as JSON lines (observation.hpp); `proxy_address` tells what it sent from what
    /// it got.
    [[nodiscard]] std::vector<std::string> take(const std::string& proxy_address);

private:
    int socket_ = -1;
};

}  // namespace conformance
