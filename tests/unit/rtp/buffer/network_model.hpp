// Networks as seeded models: how long each packet takes, or that it is lost. The same seed gives the same trace on
// every machine: integers and the generator.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "support/seeded_random.hpp"

namespace test {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// One way through a network. Times from the beginning of the stream.
class network_model {
public:
    explicit network_model(std::uint64_t seed) : random_(seed) {}

    microseconds base{20'000};
    /// Added evenly between nothing and this.
    microseconds jitter{0};
    /// Of each packet.
    unsigned loss_percent = 0;
    /// A queue somewhere fills for a moment and then delivers everything at once: how often (evenly between half and
    /// one and a half of it) and how long (evenly between the two).
    milliseconds stall_each{0};
    milliseconds stall_from{0}, stall_to{0};
    /// From this moment on, the route takes so much longer (or shorter).
    milliseconds route_change_at{-1};
    milliseconds route_change_by{0};
    /// A queue of exponentially distributed extra delay with this mean, as of a busy line.
    milliseconds queueing{0};
    /// A path delivers in order, unless this is set.
    bool may_reorder = false;

    /// Arrival of a packet sent at `sent`; nothing if it is lost. Call in the order of sending.
    std::optional<microseconds> arrival(microseconds sent) {
        if (random_.chance(loss_percent)) return std::nullopt;
        auto delay = base + microseconds(even(jitter.count()));
        if (route_change_at >= milliseconds(0) && sent >= route_change_at) delay += route_change_by;
        if (queueing > milliseconds(0)) delay += exponential();
        auto at = sent + delay;
        if (stall_each > milliseconds(0)) {
            if (sent >= next_stall_) {
                auto const length = stall_from + milliseconds(even((stall_to - stall_from).count()));
                stalled_until_ = sent + length;
                next_stall_ = sent + stall_each / 2 + milliseconds(even(stall_each.count()));
            }
            if (sent < stalled_until_) at = std::max(at, stalled_until_ + base);
        }
        if (!may_reorder) {
            at = std::max(at, last_);
            last_ = at;
        }
        return at;
    }

private:
    std::int64_t even(std::int64_t bound) {
        return bound <= 0 ? 0 : static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(bound)));
    }
    // How often a coin shows heads in a row, with the rest spread evenly: exponential in steps.
    microseconds exponential() {
        auto const half_life = std::chrono::duration_cast<microseconds>(queueing) * 693 / 1000;
        int halvings = 0;
        while (halvings < 20 && random_.chance(50))
            ++halvings;
        return half_life * halvings + microseconds(even(half_life.count()));
    }

    seeded_random random_;
    microseconds next_stall_{500'000};
    microseconds stalled_until_{-1};
    microseconds last_{0};
};

}  // namespace test
