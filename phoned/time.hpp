// The phone's notions of time. Core code gets instants as parameters and never reads a clock: only phoned/net does,
// once per wake-up. The two kinds are different types on purpose, so that mixing them does not compile.
#pragma once

#include <chrono>

namespace phoned {

/// Monotonic instants: time-outs, liveness, pacing.
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// Calendar time: what is shown to people and written into events.
using wall_time = std::chrono::system_clock::time_point;

/// One reading of both clocks; all work of one wake-up sees the same one.
struct now_t {
    time_point mono;
    wall_time wall;
};

}  // namespace phoned
