// A call of each trace through each buffer: the same packets at the same times, and a device that takes 10 ms at a
// time.
#pragma once

#include <functional>
#include <span>

#include "measure.hpp"

namespace playout_test {

/// What rtp::playout is set to.
struct our_settings {
    std::chrono::microseconds late_cost{10'000};  ///< The delay that one percent of late packets is worth.
    std::chrono::milliseconds minimum{0};
};
outcome play_ours(network_trace const&, our_settings const&);

/// What speexdsp's jitter buffer is set to; times in clock units of 1/8 ms.
struct speex_settings {
    int late_cost = 0;  ///< JITTER_BUFFER_SET_LATE_COST: units that one percent of late packets is worth; 0: automatic.
    int max_late_rate = 4;  ///< JITTER_BUFFER_SET_MAX_LATE_RATE, percent
    int margin = 0;         ///< JITTER_BUFFER_SET_MARGIN
};
outcome play_speex(network_trace const&, speex_settings const&);

/// The best that any buffer could do that may stretch as much as ours, for one price of badness: it knows all
/// arrivals. `price` is how many milliseconds of mean delay one percent of bad time is worth.
outcome play_oracle(network_trace const&, double price);

/// Calls `arrive(n)` for the packets and `period(now)` for the device, in the order of time. The device starts with the
/// first arrival, at a phase of its own.
void run_line(
    network_trace const&, std::function<void(std::size_t, microseconds)> const& arrive,
    std::function<void(microseconds)> const& period
);

}  // namespace playout_test
