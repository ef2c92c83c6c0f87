// What a conference costs for each party and period of 10 ms: giving, mixing, taking. All at the conference's rate, all
// at half of it (two resamplings a party), and many parties.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "rtp/voice/conference.hpp"

namespace {

void mix(benchmark::State& state, std::uint32_t mixing_rate, std::uint32_t party_rate) {
    auto const count = static_cast<std::size_t>(state.range(0));
    rtp::conference conference(mixing_rate);
    std::vector<rtp::party_id> ids;
    for (std::size_t n = 0; n < count; ++n)
        ids.push_back(*conference.add(party_rate));
    std::vector<std::int16_t> said(party_rate / 100), heard(party_rate / 100);
    for (std::size_t n = 0; n < said.size(); ++n)
        said[n] = static_cast<std::int16_t>(4000 * std::sin(0.2 * static_cast<double>(n)));
    for (auto _ : state) {
        for (auto const id : ids)
            conference.give(id, said);
        conference.mix();
        for (auto const id : ids)
            conference.take(id, heard);
        benchmark::DoNotOptimize(heard.data());
    }
    // Time of one party in one period.
    state.counters["per_party"] = benchmark::Counter(
        static_cast<double>(state.iterations() * state.range(0)),
        benchmark::Counter::kIsRate | benchmark::Counter::kInvert
    );
}
BENCHMARK_CAPTURE(mix, at_8_kHz, 8000, 8000)->Arg(3)->Arg(10)->Arg(100);
BENCHMARK_CAPTURE(mix, at_16_kHz, 16000, 16000)->Arg(3)->Arg(10)->Arg(100);
BENCHMARK_CAPTURE(mix, at_16_kHz_parties_at_8, 16000, 8000)->Arg(3)->Arg(10);

}  // namespace
