// Instants and durations of librtp, as types that do not mix.
//
// Monotonic time drives every timer; the wall clock is used for one thing only, the NTP time stamp of sender reports;
// media time (RTP clock units) is `timestamp_t` of wire/packet.hpp. Nothing in librtp reads a clock: callers pass the
// instant in. RFC 3550 4.
#pragma once

#include <chrono>

namespace rtp {

using clock = std::chrono::steady_clock;  // its types only
using time_point = clock::time_point;
using duration = clock::duration;
using wall_point = std::chrono::system_clock::time_point;

/// One sample of both clocks, taken by the caller once for each wake-up. `mono` never goes back between two calls to
/// one object.
struct now_t {
    time_point mono;  ///< Never goes back.
    wall_point wall;  ///< What people's clocks show.
};

}  // namespace rtp
