// A bad network for connections: what phones and proxy send over TCP or TLS passes a relay that stalls it, splits it
// and resets connections when it is told to. It reads nothing of it, so it may be encrypted; the proxy says the relay's
// port where it names its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "conformance/run/impaired_network.hpp"

namespace conformance {

class stream_relay final : public impaired_network {
public:
    /// Takes connections on `port` and makes one to `proxy_port` for each.
    stream_relay(std::string host, std::uint16_t port, std::uint16_t proxy_port, const impairment&);
    ~stream_relay() override;

    /// The reason where the port is not free.
    [[nodiscard]] std::optional<std::string> start();

    [[nodiscard]] std::string as_without(std::string_view text) const override { return std::string(text); }
    /// Nothing is lost for good: who sends is told by a reset.
    [[nodiscard]] std::vector<lost_message> lost() const override { return {}; }
    [[nodiscard]] std::optional<std::string> reset_connections() override;
    [[nodiscard]] hop_tallies tallies() const override;

private:
    /// What the thread tells after each round.
    struct news {
        hop_tallies tallies;
        unsigned made = 0;  ///< connections so far
        relay_time last_traffic{};
        std::optional<unsigned> resets;  ///< of the last time that it was asked for; nothing until it was done
    };
    [[nodiscard]] news latest() const;
    void reset_some();
    struct direction;
    struct connection;
    struct shell;
    void work();
    void accept();
    void read(connection&, std::size_t from);
    void serve(connection&);
    void sum_up();

    std::string host_;
    std::uint16_t port_, proxy_port_;
    impairment what_;
    std::unique_ptr<shell> shell_;
    mutable std::mutex guard_;
    news news_;  ///< under the guard
    std::atomic<bool> ends_ = false, wants_resets_ = false;
    std::thread thread_;
};

}  // namespace conformance
