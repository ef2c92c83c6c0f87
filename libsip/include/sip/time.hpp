// The library's notions of time. Core code receives instants as parameters and never reads a clock: only the types of
// std::chrono's clocks are used here. Monotonic and wall-clock time are different types, so that mixing them does not
// compile.
#pragma once

#include <chrono>

namespace sip {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;

/// One wake-up's instant on both clocks, sampled once by the shell: protocol timers use `mono`, dates and expiry shown
/// to people use `wall`.
struct now_t {
    time_point mono{};  ///< never goes back
    std::chrono::system_clock::time_point wall{};  ///< what people's clocks show
};

/// RFC 3261's base timers. They are settings of an account (the guide offers T1, T2 and T4 as parameters), so each
/// transaction carries its own.
struct timing {
    duration t1 = std::chrono::milliseconds(500);  ///< round-trip estimate (17.1.1.1)
    duration t2 =
        std::chrono::seconds(4);  ///< longest retransmit interval for non-INVITE requests and INVITE responses
    duration t4 = std::chrono::seconds(5);  ///< longest time a message stays in the network

    friend bool operator==(timing const&, timing const&) = default;
};

/// 64*T1: how long a transaction waits before it gives up (Timers B, F, H, and the life of a 2xx).
constexpr duration transaction_life(timing const& t) {
    return 64 * t.t1;
}

}  // namespace sip
