// What a call that is up costs in memory: N calls between two user agents on virtual time, 40 seconds after the last
// was set up, when all transactions have ended. Bytes of the heap, both sides together and divided by two; the buffers
// that the pools keep for the next burst are told apart.
//   call_memory [CALLS]
#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "support/back_to_back.hpp"

namespace {

using namespace std::chrono_literals;

double heap_bytes() {
    auto const heap = mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd);
}

}  // namespace

int main(int argc, char** argv) {
    long const calls = argc > 1 ? std::atol(argv[1]) : 10000;
    sip::user_agent_config config;
    config.limits.sessions = static_cast<std::size_t>(calls) + 1;
    config.limits.transactions = 8 * static_cast<std::size_t>(calls);
    test::back_to_back pair(config, config);
    double const before = heap_bytes();
    for (long n = 0; n < calls; ++n) {
        if (!pair.establish()) {
            std::fprintf(stderr, "call %ld was not answered\n", n);
            return 1;
        }
        pair.advance(1ms);
    }
    double const busy = heap_bytes();
    pair.advance(40s);
    double const idle = heap_bytes();
    auto const kept = static_cast<double>(pair.alice.core.pool().kept_bytes() + pair.bob.core.pool().kept_bytes());
    auto const each = [&](double bytes) { return bytes / 2 / static_cast<double>(calls); };
    std::printf(
        "%ld calls: %.0f bytes a call and side with its transactions, %.0f after 40 s, and %.0f kept for the next "
        "burst\n",
        calls, each(busy - before), each(idle - before - kept), each(kept)
    );
    auto const alice = pair.alice.core.live(), bob = pair.bob.core.live();
    std::printf(
        "buffers held: caller %zu, callee %zu; transactions %zu, %zu\n", alice.buffers, bob.buffers, alice.transactions,
        bob.transactions
    );
}
