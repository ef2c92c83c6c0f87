// What a call costs two user agents, without sockets: INVITE, 180, 200, ACK, BYE, 200 between two cores that are joined
// back to back on virtual time, and a re-INVITE inside a call. One iteration is both sides' work together.
//   call               alone
//   call_in_shard      on one and two threads, as with one and two shards: each has cores of its own
//   call_among_open    beside calls that are up, 40 seconds after the last of them began
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

void call_in_shard(benchmark::State& state) {
    test::back_to_back pair;
    auto const one = [&] {
        if (!pair.establish()) state.SkipWithError("the call was not answered");
        pair.hang_up();
        pair.advance(50ms);
    };
    for (int i = 0; i < 4000; ++i)
        one();
    for (auto _ : state)
        one();
}
BENCHMARK(call_in_shard)->Unit(benchmark::kMicrosecond)->Threads(1)->Threads(2);

void call_among_open(benchmark::State& state) {
    sip::user_agent_config config;
    config.limits.sessions = static_cast<std::size_t>(state.range(0)) + 1000;
    config.limits.transactions = 8 * config.limits.sessions;
    test::back_to_back pair(config, config);
    for (long n = 0; n < state.range(0); ++n) {
        if (!pair.establish()) return state.SkipWithError("a call was not answered");
        pair.advance(1ms);
    }
    pair.advance(40s);
    auto const one = [&] {
        if (!pair.establish()) state.SkipWithError("the call was not answered");
        pair.hang_up();
        pair.advance(50ms);
    };
    for (int i = 0; i < 1000; ++i)
        one();
    for (auto _ : state)
        one();
    state.counters["open"] = static_cast<double>(pair.alice.core.live().sessions);
}
BENCHMARK(call_among_open)->Unit(benchmark::kMicrosecond)->Arg(1000)->Arg(10'000)->Arg(100'000);

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
