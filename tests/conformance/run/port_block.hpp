// Ports of the loopback network for one run of programs, so that runs side by side (tests in parallel, other builds)
// keep apart.
#pragma once

#include <cstdint>

namespace conformance {

class port_block final {
public:
    static constexpr std::uint16_t size = 200;

    /// Takes a block that no other run has. A socket on its last port holds it until this object goes.
    port_block();
    ~port_block();
    port_block(const port_block&) = delete;
    port_block& operator=(const port_block&) = delete;

    /// Its first port; 0 where every block is taken.
    [[nodiscard]] std::uint16_t first() const noexcept { return first_; }

private:
    int guard_ = -1;
    std::uint16_t first_ = 0;
};

}  // namespace conformance
