// What becomes of what is sent over one hop, one way: decided by a seed, on the time that it is told. Without sockets:
// run/datagram_relay.hpp and run/stream_relay.hpp do what is decided here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "conformance/impair/impairment.hpp"

namespace conformance {

/// Since some moment that a relay begins with.
using relay_time = std::chrono::microseconds;

/// What was done on a hop, counted.
struct hop_tally {
    std::uint64_t sent = 0;  ///< datagrams, or pieces of a connection
    std::uint64_t lost = 0, doubled = 0;
    std::uint64_t overtaken = 0;  ///< datagrams that arrive before one that was sent earlier
    std::uint64_t delayed = 0;    ///< longer than on a hop without impairment
    std::uint64_t stalled = 0, split = 0, resets = 0;

    hop_tally& operator+=(const hop_tally&) noexcept;
    /// Whether anything was changed at all.
    [[nodiscard]] bool impaired() const noexcept;
    /// "120 sent, 13 lost, 4 overtaken".
    [[nodiscard]] std::string in_words() const;
};

/// By hop: "A -> P", "media A -> B".
using hop_tallies = std::map<std::string, hop_tally>;
/// All together.
[[nodiscard]] hop_tally sum_of(const hop_tallies&) noexcept;
/// A line for each hop: "A -> P: 120 sent, 13 lost".
[[nodiscard]] std::vector<std::string> in_lines(const hop_tallies&);

class datagram_hop final {
public:
    /// Hops with other names have other fates under the same seed.
    datagram_hop(const impairment&, const std::string& name);

    /// When the copies of a datagram arrive that is sent now: none where it is lost. `now` must not go back.
    [[nodiscard]] std::vector<relay_time> send(relay_time now);
    [[nodiscard]] const hop_tally& tally() const noexcept { return tally_; }

private:
    [[nodiscard]] bool happens(unsigned percent) { return random_() % 100 < percent; }
    /// Evenly from nothing to `most`.
    [[nodiscard]] relay_time up_to(relay_time most);
    void note_arrival(relay_time at);

    impairment what_;
    std::mt19937_64 random_;
    hop_tally tally_;
    relay_time latest_arrival_{};
};

/// Everything arrives, in order, once.
class stream_hop final {
public:
    stream_hop(const impairment&, const std::string& name);

    struct part {
        relay_time at;
        std::size_t size;
    };
    /// When which parts of `size` bytes that are read now go on.
    [[nodiscard]] std::vector<part> send(relay_time now, std::size_t size);
    /// Whether the connection is reset, now that it might be.
    [[nodiscard]] bool resets();
    [[nodiscard]] const hop_tally& tally() const noexcept { return tally_; }

private:
    impairment what_;
    std::mt19937_64 random_;
    hop_tally tally_;
    relay_time latest_{};
};

}  // namespace conformance
