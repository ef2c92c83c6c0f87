#include <numeric>

#include "players.hpp"

namespace playout_test {

void run_line(
    network_trace const& trace, std::function<void(std::size_t, microseconds)> const& arrive,
    std::function<void(microseconds)> const& period
) {
    std::vector<std::size_t> order;
    for (std::size_t n = 0; n < trace.delays.size(); ++n)
        if (trace.arrival(n)) order.push_back(n);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return trace.arrival(a) < trace.arrival(b);
    });
    auto now = *trace.arrival(order.front()) + microseconds(trace.delays.front() * 37 % 10'000);
    for (auto const n : order) {
        auto const at = *trace.arrival(n);
        for (; now < at; now += microseconds(10'000))
            period(now);
        arrive(n, at);
    }
    for (auto const end = now + microseconds(1'000'000); now < end; now += microseconds(10'000))
        period(now);
}

}  // namespace playout_test
