// One call through one network, packet by packet: when each packet of 20 ms was captured and when it arrived. Traces
// are made by the seeded models of network_trace.cpp and committed as text in traces/, so that every run of the
// comparison, on every machine, sees the same packets.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace playout_test {

using std::chrono::microseconds;

struct network_trace {
    /// Of a packet that never arrives.
    static constexpr int lost = -1;

    std::string name;         ///< Model and seed: "wifi-3".
    std::string description;  ///< What the model drew for this seed.
    int drift_ppm = 0;        ///< The sender's clock is slow by this, in parts per million.
    std::vector<int> delays;  ///< From capture to arrival, in tenths of a millisecond, or `lost`.

    /// When packet n was captured, by the receiver's clock.
    [[nodiscard]] microseconds captured(std::size_t n) const {
        return microseconds(
            static_cast<std::int64_t>(n) * (20'000'000'000 + 20'000 * std::int64_t{drift_ppm}) / 1'000'000
        );
    }
    [[nodiscard]] std::optional<microseconds> arrival(std::size_t n) const {
        if (delays[n] == lost) return std::nullopt;
        return captured(n) + microseconds(std::int64_t{delays[n]} * 100);
    }
    [[nodiscard]] microseconds fastest() const;
    [[nodiscard]] double lost_share() const;

    friend bool operator==(network_trace const&, network_trace const&) = default;
};

inline constexpr std::size_t packets_in_a_trace = 4000;  // 80 s
inline constexpr std::string_view network_kinds[] = {"wifi", "dsl", "lte", "burst", "drift"};

/// The trace that a model gives for a seed; integers only, so the same everywhere. The kind is one of network_kinds.
network_trace make_trace(std::string_view kind, std::uint64_t seed);

/// The text of traces/*.txt: the description, the drift, then the delays. Throws std::runtime_error with the place of
/// what is not understood.
void write_trace(std::ostream&, network_trace const&);
network_trace read_trace(std::istream&, std::string name);

}  // namespace playout_test
