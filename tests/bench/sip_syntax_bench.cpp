// What SIP messages cost: receiving one (default), receiving it and reading all that a phone or proxy reads (full), and
// writing it (print), for four shapes of message. Counts heap allocations, which must be none.
//   sip_syntax_bench --benchmark_filter=full
//   OFFHOOK_BENCH_MESSAGES="a.sip b.sip" sip_syntax_bench        other messages instead of our own
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "support/counting_new.hpp"
#include "full_parse.hpp"
#include "message_file.hpp"
#include "print_message.hpp"
#include "sip/syntax/framer.hpp"

namespace {

/// Counts allocations over the loop and reports them and the message rate.
class loop_report {
public:
    loop_report(benchmark::State& state, std::size_t bytes)
        : state_(state), bytes_(bytes), before_(test::allocations()) {}
    ~loop_report() {
        auto count = static_cast<double>(test::allocations() - before_);
        state_.counters["allocations"] = benchmark::Counter(count / static_cast<double>(state_.iterations()));
        state_.counters["messages"] =
            benchmark::Counter(static_cast<double>(state_.iterations()), benchmark::Counter::kIsRate);
        state_.SetBytesProcessed(state_.iterations() * static_cast<std::int64_t>(bytes_));
    }

private:
    benchmark::State& state_;
    std::size_t bytes_;
    std::size_t before_;
};

void parse_default(benchmark::State& state, std::string const& text) {
    sip::buffer_pool pool;
    (void)sip::parse_message(pool.copy(text), pool);
    loop_report report(state, text.size());
    for (auto _ : state) {
        auto message = sip::parse_message(pool.copy(text), pool);
        if (!message) return state.SkipWithError("does not parse");
        benchmark::DoNotOptimize(message);
    }
}

void parse_full(benchmark::State& state, std::string const& text) {
    sip::buffer_pool pool;
    bench::full_parser parser(pool);
    (void)parser.parse(text);
    loop_report report(state, text.size());
    for (auto _ : state) {
        auto sum = parser.parse(text);
        if (sum == 0) return state.SkipWithError("does not parse");
        benchmark::DoNotOptimize(sum);
    }
}

void print(benchmark::State& state, std::string const& text) {
    sip::buffer_pool pool;
    auto message = sip::parse_message(pool.copy(text), pool);
    if (!message) return state.SkipWithError("does not parse");
    (void)bench::print(pool, (*message).view());
    loop_report report(state, text.size());
    for (auto _ : state) {
        auto size = bench::print(pool, (*message).view());
        if (size == 0) return state.SkipWithError("does not print");
        benchmark::DoNotOptimize(size);
    }
}

/// The header part found in a stream and cut out of it.
void frame(benchmark::State& state, std::string const& text) {
    sip::buffer_pool pool;
    sip::framer stream(pool);
    stream.on_bytes(text);
    (void)stream.next();
    loop_report report(state, text.size());
    for (auto _ : state) {
        stream.on_bytes(text);
        auto frame = stream.next();
        if (frame.what != sip::framer::kind::message) return state.SkipWithError("is no frame");
        benchmark::DoNotOptimize(frame);
    }
}

std::vector<std::string> message_files() {
    std::vector<std::string> files;
    if (char const* named = std::getenv("OFFHOOK_BENCH_MESSAGES")) {
        std::istringstream names(named);
        for (std::string name; names >> name;)
            files.push_back(name);
    } else {
        for (auto const* shape : {"invite", "ok", "register", "large"})
            files.push_back(std::string(BENCH_CORPUS) + "/" + shape + ".sip");
    }
    return files;
}

std::map<std::string, std::string> const messages = [] {
    std::map<std::string, std::string> read;
    for (auto const& file : message_files()) {
        auto text = bench::read_file(file);
        if (!text) {
            std::perror(file.c_str());
            std::exit(1);
        }
        read[file.substr(file.rfind('/') + 1)] = *text;
    }
    return read;
}();

[[maybe_unused]] int const registered = [] {
    struct work {
        char const* name;
        void (*run)(benchmark::State&, std::string const&);
    };
    for (auto const& [name, run] :
         {work{"parse_default/", parse_default}, {"parse_full/", parse_full}, {"print/", print}, {"frame/", frame}})
        for (auto const& [file, text] : messages) {
            auto function = run;
            auto const& bytes = text;
            benchmark::RegisterBenchmark((name + file).c_str(), [function, &bytes](benchmark::State& state) {
                function(state, bytes);
            });
        }
    return 0;
}();

}  // namespace
