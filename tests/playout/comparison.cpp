#include "comparison.hpp"

#include <fmt/format.h>

#include "players.hpp"

namespace playout_test {
namespace {

using namespace std::chrono_literals;

constexpr microseconds our_prices[] = {300us, 1000us, 3000us, 8000us, 20000us, 60000us, 200000us};
constexpr microseconds our_default = 20000us;

constexpr int speex_late_rates[] = {4, 15, 50};
constexpr int speex_late_costs[] = {0, 2, 10, 40, 160, 640};
constexpr int speex_margins[] = {0, 80, 160, 320, 480, 640};

constexpr double oracle_prices[] = {0.3, 1, 2, 5, 10, 30, 100};

}  // namespace

comparison compare(network_trace const& trace) {
    comparison made;
    made.name = trace.name;
    made.lost = trace.lost_share();
    for (auto const rate : speex_late_rates)
        for (auto const cost : speex_late_costs)
            for (auto const margin : speex_margins)
                made.speex.add(play_speex(trace, {cost, rate, margin}));
    for (auto const price : our_prices) {
        auto const heard = play_ours(trace, {price, 0ms});
        if (price == our_default) made.stretched = heard.stretched;
        made.ours.add(heard);
    }
    for (auto const price : oracle_prices)
        made.oracle.add(play_oracle(trace, price));
    auto const speex = made.speex.frontier();
    auto const ours = made.ours.frontier();
    made.from_ms = std::max(speex.front().delay_ms, ours.front().delay_ms);
    made.to_ms = std::max(speex.back().delay_ms, ours.back().delay_ms);
    made.speex_area = area(speex, made.from_ms, made.to_ms);
    made.our_area = area(ours, made.from_ms, made.to_ms);
    made.oracle_area = area(made.oracle.frontier(), made.from_ms, made.to_ms);
    return made;
}

comparison sum(std::string name, std::vector<comparison> const& all) {
    comparison made;
    made.name = std::move(name);
    auto const count = static_cast<double>(all.size());
    for (auto const& each : all) {
        made.lost += each.lost / count;
        made.stretched += each.stretched / count;
        made.from_ms += each.from_ms / count;
        made.to_ms += each.to_ms / count;
        made.speex_area += each.speex_area;
        made.our_area += each.our_area;
        made.oracle_area += each.oracle_area;
    }
    return made;
}

std::string table_head() {
    return "| trace | lost % | from ms | to ms | speexdsp | ours | oracle | ours / speexdsp | stretched % |\n"
           "|---|---|---|---|---|---|---|---|---|\n";
}

std::string table_row(comparison const& row) {
    return fmt::format(
        "| {} | {:.2f} | {:.0f} | {:.0f} | {:.1f} | {:.1f} | {:.1f} | {:.2f} | {:.1f} |\n", row.name, 100 * row.lost,
        row.from_ms, row.to_ms, row.speex_area, row.our_area, row.oracle_area, row.ratio(), 100 * row.stretched
    );
}

}  // namespace playout_test
