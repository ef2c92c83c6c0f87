// What SIP messages cost: receiving one (default), receiving it and reading all that a phone or proxy reads (full), and
// writing it (print), for four shapes of message and for a mix of them. Counts heap allocations, which must be none.
//   sip_syntax_bench --benchmark_filter=full
//   OFFHOOK_BENCH_MESSAGES="a.sip b.sip" sip_syntax_bench        other messages instead of our own
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "full_parse.hpp"
#include "message_sets.hpp"
#include "print_message.hpp"
#include "sip/syntax/framer.hpp"
#include "support/counting_new.hpp"

namespace {

/// Hands out a set's messages in turn; counts allocations over the loop and reports them and the message rate.
class loop_report {
public:
    loop_report(benchmark::State& state, bench::message_set const& set)
        : state_(state), set_(set), before_(test::allocations()) {}
    ~loop_report() {
        auto count = static_cast<double>(test::allocations() - before_);
        state_.counters["allocations"] = benchmark::Counter(count / static_cast<double>(state_.iterations()));
        state_.counters["messages"] =
            benchmark::Counter(static_cast<double>(state_.iterations()), benchmark::Counter::kIsRate);
        state_.SetBytesProcessed(state_.iterations() * static_cast<std::int64_t>(set_.mean_size()));
    }
    std::size_t next_turn() { return turn_++; }
    std::string const& next() { return set_[next_turn()]; }

private:
    benchmark::State& state_;
    bench::message_set const& set_;
    std::size_t turn_ = 0;
    std::size_t before_;
};

void parse_default(benchmark::State& state, bench::message_set const& set) {
    sip::buffer_pool pool;
    (void)sip::parse_message(pool.copy(set[0]), pool);
    loop_report report(state, set);
    for (auto _ : state) {
        auto message = sip::parse_message(pool.copy(report.next()), pool);
        if (!message) return state.SkipWithError("does not parse");
        benchmark::DoNotOptimize(message);
    }
}

void parse_full(benchmark::State& state, bench::message_set const& set) {
    sip::buffer_pool pool;
    bench::full_parser parser(pool);
    (void)parser.parse(set[0]);
    loop_report report(state, set);
    for (auto _ : state) {
        auto sum = parser.parse(report.next());
        if (sum == 0) return state.SkipWithError("does not parse");
        benchmark::DoNotOptimize(sum);
    }
}

void print(benchmark::State& state, bench::message_set const& set) {
    sip::buffer_pool pool;
    std::vector<sip::message> messages;
    for (auto const& text : set.messages) {
        auto message = sip::parse_message(pool.copy(text), pool);
        if (!message) return state.SkipWithError("does not parse");
        messages.push_back(*message);
    }
    (void)bench::print(pool, messages[0].view());
    loop_report report(state, set);
    for (auto _ : state) {
        auto size = bench::print(pool, messages[report.next_turn() % messages.size()].view());
        if (size == 0) return state.SkipWithError("does not print");
        benchmark::DoNotOptimize(size);
    }
}

/// The header part found in a stream and cut out of it.
void frame(benchmark::State& state, bench::message_set const& set) {
    sip::buffer_pool pool;
    sip::framer stream(pool);
    stream.on_bytes(set[0]);
    (void)stream.next();
    loop_report report(state, set);
    for (auto _ : state) {
        stream.on_bytes(report.next());
        auto frame = stream.next();
        if (frame.what != sip::framer::kind::message) return state.SkipWithError("is no frame");
        benchmark::DoNotOptimize(frame);
    }
}

std::map<std::string, bench::message_set> const sets = bench::message_sets();

[[maybe_unused]] int const registered = [] {
    struct work {
        char const* name;
        void (*run)(benchmark::State&, bench::message_set const&);
    };
    for (auto const& [name, run] :
         {work{"parse_default/", parse_default}, {"parse_full/", parse_full}, {"print/", print}, {"frame/", frame}})
        for (auto const& [set_name, messages] : sets) {
            auto function = run;
            auto const& set = messages;
            benchmark::RegisterBenchmark((name + set_name).c_str(), [function, &set](benchmark::State& state) {
                function(state, set);
            });
        }
    return 0;
}();

}  // namespace
