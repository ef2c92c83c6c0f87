// The lengths of RFC 3261's timers (table 4, RFC 6026 8.7).
#include <algorithm>
#include <chrono>

#include "transaction/transaction.hpp"

namespace sip {
namespace {

using namespace std::chrono_literals;

/// RFC 4320 4.1: when a client's Timer E would have been reset to T2.
duration time_until_t2(timing const& t) noexcept {
    duration passed = t.t1;
    for (duration interval = 2 * t.t1; interval < t.t2; interval *= 2)
        passed += interval;
    return passed;
}

}  // namespace

duration timer_length(fsm::timer timer, transaction const& t) noexcept {
    switch (timer) {
        case fsm::timer::a:
        case fsm::timer::e:
        case fsm::timer::g:
            return t.timing.t1;
        case fsm::timer::b:
        case fsm::timer::f:
        case fsm::timer::h:
        case fsm::timer::j:
        case fsm::timer::l:
        case fsm::timer::m:
            return transaction_life(t.timing);
        // 17.1.1.2: at least 32 s; and not less than the server's Timer H.
        case fsm::timer::d:
            return std::max<duration>(32s, transaction_life(t.timing));
        case fsm::timer::i:
        case fsm::timer::k:
            return t.timing.t4;
        case fsm::timer::trying:
            return t.is_invite() ? duration(200ms) : time_until_t2(t.timing);
    }
    return {};
}

duration next_interval(fsm::timer timer, transaction const& t) noexcept {
    // 17.1.1.2: Timer A doubles without bound. 17.1.2.2, 17.2.1: E and G stop at T2; E takes T2 once in Proceeding.
    if (timer == fsm::timer::a) return 2 * t.interval;
    if (timer == fsm::timer::e && t.state == fsm::state::proceeding) return t.timing.t2;
    return std::min(2 * t.interval, t.timing.t2);
}

timing usable(timing t) noexcept {
    for (duration* each : {&t.t1, &t.t2, &t.t4})
        *each = std::clamp<duration>(*each, 1ms, 1h);
    return t;
}

}  // namespace sip
