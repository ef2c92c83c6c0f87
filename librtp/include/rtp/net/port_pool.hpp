// Which local ports media may use: pairs of an even port for RTP and the odd one above it for RTCP (RFC 3550 11), out
// of a configured range.
//
// Knows no sockets. A pair that was given back rests for a while, so that the last packets of an old call do not reach
// a new one. The pool and its leases stay on one thread; the pool outlives its leases.
#pragma once

#include <cstdint>
#include <vector>

#include "rtp/error.hpp"
#include "rtp/time.hpp"

namespace rtp::net {

/// Both ends included. An odd first port and a last port without its partner are left out.
struct port_range {
    std::uint16_t first = 10'000;  ///< The lowest port.
    std::uint16_t last = 19'999;  ///< The highest port.
};

class port_pool;

/// One pair, given back when the lease is destroyed. Move-only.
class port_lease final {
public:
    port_lease(port_lease&& other) noexcept;  ///< Takes over the other's ports.
    port_lease& operator=(port_lease&& other) noexcept;  ///< Gives its own ports back, and takes over the other's.
    ~port_lease();

    [[nodiscard]] std::uint16_t rtp() const noexcept { return port_; }  ///< The even port.
    /// The odd port behind it.
    [[nodiscard]] std::uint16_t rtcp() const noexcept { return static_cast<std::uint16_t>(port_ + 1); }

private:
    friend class port_pool;
    port_lease(port_pool& pool, std::uint16_t port) noexcept : pool_(&pool), port_(port) {}
    port_pool* pool_;  // not owned; null if moved from
    std::uint16_t port_;
};

/// Pairs of ports for media.
class port_pool final {
public:
    using clock_function = time_point (*)();  ///< Gives the instant.

    /// Ports that were given back rest for a while.
    explicit port_pool(port_range range, duration rest = std::chrono::seconds(3), clock_function clock = &clock::now);
    port_pool(port_pool const&) = delete;
    port_pool& operator=(port_pool const&) = delete;

    /// The next pair after the last one given out, round the range. Error: no_ports if all are in use or resting.
    [[nodiscard]] result<port_lease> take();

    [[nodiscard]] std::size_t capacity() const noexcept { return pairs_.size(); }  ///< How many there may be.
    [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }  ///< How many are lent.

private:
    friend class port_lease;
    struct pair {
        bool is_used = false;
        bool has_rested = true;
        time_point given_back;
    };
    void give_back(std::uint16_t port) noexcept;

    std::uint16_t first_;
    duration rest_;
    clock_function clock_;
    std::vector<pair> pairs_;
    std::size_t next_ = 0;
    std::size_t in_use_ = 0;
};

}  // namespace rtp::net
