// The oracle sees the whole trace and chooses, by dynamic programming, the delay at which each packet plays. It is
// bound by what binds any buffer: a packet plays after it has arrived, in order; and by what binds ours: stretching
// changes the delay by a tenth of the time at most, and every faster change is heard.
#include <array>
#include <cmath>
#include <limits>

#include "players.hpp"

namespace playout_test {
namespace {

constexpr int bins = 400;              // of 1 ms
constexpr int stretch = 2;             // bins that one packet can be stretched by
constexpr double bin_cost = 1.0 / 20;  // of a packet, for each bin of a jump

using row = std::array<double, bins>;

struct choice {
    std::int16_t from;
    bool is_played;
};

}  // namespace

outcome play_oracle(network_trace const& trace, double price) {
    auto const fastest = trace.fastest();
    auto const count = trace.delays.size();
    // Price of one packet's worth of bad time, in milliseconds of one packet's delay.
    auto const bad_price = price * 100;
    std::vector<std::array<std::int16_t, bins>> from(count);
    row cost{};
    for (std::size_t n = 0; n < count; ++n) {
        // The cheapest way to be at each delay now: free within the stretch, else the jump is bad time.
        row moved{};
        auto& source = from[n];
        for (int d = 0; d < bins; ++d) {
            moved[static_cast<std::size_t>(d)] = std::numeric_limits<double>::infinity();
            for (int s = std::max(d - stretch, 0); s <= std::min(d + stretch, bins - 1); ++s)
                if (cost[static_cast<std::size_t>(s)] < moved[static_cast<std::size_t>(d)]) {
                    moved[static_cast<std::size_t>(d)] = cost[static_cast<std::size_t>(s)];
                    source[static_cast<std::size_t>(d)] = static_cast<std::int16_t>(s);
                }
        }
        auto const relax = [&](int d, int neighbour) {
            auto const by_jump = moved[static_cast<std::size_t>(neighbour)] + bad_price * bin_cost;
            if (by_jump < moved[static_cast<std::size_t>(d)]) {
                moved[static_cast<std::size_t>(d)] = by_jump;
                source[static_cast<std::size_t>(d)] = source[static_cast<std::size_t>(neighbour)];
            }
        };
        for (int d = 1; d < bins; ++d)
            relax(d, d - 1);
        for (int d = bins - 2; d >= 0; --d)
            relax(d, d + 1);
        auto const arrival = trace.arrival(n);
        auto const needed = arrival ? (*arrival - trace.captured(n) - fastest).count() : 0;
        for (int d = 0; d < bins; ++d) {
            auto const in_time = arrival && needed <= d * 1000;
            moved[static_cast<std::size_t>(d)] += d + (in_time ? 0 : bad_price);
        }
        cost = moved;
    }
    // Back along the cheapest way.
    auto at = static_cast<int>(std::min_element(cost.begin(), cost.end()) - cost.begin());
    double delay = 0;
    double bad = 0;
    double stretched = 0;
    double played = 0;
    for (auto n = count; n-- > 0;) {
        auto const before = static_cast<int>(from[n][static_cast<std::size_t>(at)]);
        auto const arrival = trace.arrival(n);
        auto const in_time = arrival && (*arrival - trace.captured(n) - fastest).count() <= at * 1000;
        auto const change = std::abs(at - before);
        auto const jump = std::max(change - stretch, 0) * bin_cost;
        bad += in_time ? jump : 1 + jump;
        if (in_time) {
            delay += at;
            played += 1;
            stretched += change > 0 ? 1 : 0;
        }
        at = before;
    }
    return {delay / std::max(played, 1.0), bad / static_cast<double>(count), stretched / std::max(played, 1.0)};
}

}  // namespace playout_test
