// Several threads for one UDP port: each shard is a thread with a loop, a driver and a core of its own, and no lock
// anywhere in them. All messages of a call belong to one shard, which its Call-ID names, so that request, response,
// ACK, CANCEL and forks meet. The kernel spreads datagrams by address, not by Call-ID: who receives a foreign one hands
// a copy to its owner.
//
// Our cores begin the Call-IDs and tags that they make with environment::mark, which names the shard. So a message
// belongs, in this order, to the shard
//
//   1  of its local tag: To in requests, From in responses;
//   2  of the call that it is about (Replaces, Join, Target-Dialog: RFC 3891, 3911, 4538), found by the same rules: the
//      two calls meet where the first one lives;
//   3  of its Call-ID's mark; else the one that a seeded hash of the Call-ID names.
//
// A CANCEL of an INVITE of the second kind names nothing but its own Call-ID. So such requests go by way of the shard
// of rule 3, which remembers where the last of them went.
//
// Datagrams only: a connection carries the messages of many calls in order, and stays with one plain driver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "sip/environment.hpp"
#include "sip/net/config.hpp"
#include "sip/net/driver.hpp"
#include "sip/ua/protocol_core.hpp"

namespace sip::net {

/// The threads, and all that belongs to them.
class shards final {
public:
    /// Makes the core of one shard; called by the constructor. The environment lives as long as the core.
    using make_core = std::function<std::unique_ptr<protocol_core>(std::size_t shard, environment&)>;
    /// Called with each event on its shard's thread: what it touches beyond its arguments is shared by threads.
    using serve = std::function<void(std::size_t shard, protocol_core&, driver&, event&)>;

    /// `count` is at least 1. The log sink is called on every thread.
    shards(std::size_t count, make_core const&, serve, shell_config const& = {}, log_sink = {});
    shards(shards const&) = delete;
    shards& operator=(shards const&) = delete;
    /// As stop().
    ~shards();

    /// The shard that a Call-ID alone names (rule 3).
    [[nodiscard]] std::size_t owner_of(std::string_view call_id) const noexcept;
    /// How many there are.
    [[nodiscard]] std::size_t size() const noexcept;

    /// Binds one socket for each shard to the same port. Before start(); transport_kind::udp only.
    [[nodiscard]] result<endpoint> listen(endpoint const& local);
    /// Starts the threads.
    void start();
    /// Runs `work` on a shard's thread, soon.
    void post(std::size_t shard, std::function<void(protocol_core&, driver&)> work);
    /// Closes everything and waits for the threads. Not called on one of them. Idempotent.
    void stop() noexcept;

    /// What was handed from one shard to another.
    struct counters {
        std::uint64_t handed_over = 0;  ///< datagrams that another shard had received
        std::uint64_t dropped = 0;      ///< of these: their owner was too busy
    };
    /// May be called on any thread.
    [[nodiscard]] counters count() const noexcept;

private:
    struct shard;
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sip::net
