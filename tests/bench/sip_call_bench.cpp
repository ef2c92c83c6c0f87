// What a call costs two user agents, without sockets: INVITE, 180, 200, ACK, BYE, 200 between two cores that are joined
// back to back on virtual time, and a re-INVITE inside a call. One iteration is both sides' work together.
#include <cstddef>

#include <benchmark/benchmark.h>

#include "support/back_to_back.hpp"
#include "support/counting_new.hpp"

namespace {

using namespace std::chrono_literals;

void call(benchmark::State& state) {
    test::back_to_back pair;
    auto const one = [&] {
        if (!pair.establish()) state.SkipWithError("the call was not answered");
        pair.hang_up();
        pair.advance(50ms);  // 20 calls/s: the transactions of 640 past calls wait out their 32 s
    };
    for (int i = 0; i < 4000; ++i)
        one();
    auto const allocations = test::allocations();
    auto const messages = pair.messages;
    for (auto _ : state)
        one();
    auto const calls = static_cast<double>(state.iterations());
    state.counters["allocations/call"] = static_cast<double>(test::allocations() - allocations) / calls;
    state.counters["messages/call"] = static_cast<double>(pair.messages - messages) / calls;
}
BENCHMARK(call)->Unit(benchmark::kMicrosecond);

void reinvite(benchmark::State& state) {
    test::back_to_back pair;
    if (!pair.establish()) state.SkipWithError("the call was not answered");
    auto const one = [&] {
        pair.reoffer();
        pair.advance(10ms);
    };
    for (int i = 0; i < 4000; ++i)
        one();
    auto const allocations = test::allocations();
    for (auto _ : state)
        one();
    state.counters["allocations"] =
        static_cast<double>(test::allocations() - allocations) / static_cast<double>(state.iterations());
}
BENCHMARK(reinvite)->Unit(benchmark::kMicrosecond);

}  // namespace
