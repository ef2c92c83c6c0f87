// Covers: bursts and gaps of the RFC's example and at their edges, the burst ratio, and bringing fates into order.
#include "rtp/stats/burst_gap.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace rtp;
using namespace std::chrono_literals;

namespace {

packet_fate fate_of(char c) {
    return c == '1' ? packet_fate::received : c == 'X' ? packet_fate::discarded : packet_fate::lost;
}

loss_figures figures_of(std::string_view pattern) {
    loss_pattern counter;
    for (char const c : pattern)
        counter.count(fate_of(c));
    return counter.figures();
}

/// Straight from the definition: a burst begins and ends with a missing packet and holds no Gmin played ones in a row.
loss_figures defined(std::string_view pattern, std::size_t threshold) {
    loss_figures figures;
    figures.expected = pattern.size();
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < pattern.size(); ++i)
        if (pattern[i] != '1') missing.push_back(i);
    for (std::size_t first = 0; first < missing.size();) {
        auto last = first;
        while (last + 1 < missing.size() && missing[last + 1] - missing[last] - 1 < threshold)
            ++last;
        if (last > first) {
            ++figures.bursts;
            figures.burst_packets += missing[last] - missing[first] + 1;
            figures.burst_missing += last - first + 1;
        }
        first = last + 1;
    }
    return figures;
}

}  // namespace

TEST_CASE("The RFC's example has one burst of 120 ms between gaps of 520 ms (RFC 3611 4.7.2)") {
    auto const figures = figures_of("11110111111111111111111X111X1011110111111111111111111X111111111");
    // The example speaks of 64 packets; the line that is printed there has 63.
    CHECK(figures.expected == 63);
    CHECK(figures.lost == 3);
    CHECK(figures.discarded == 3);
    CHECK(figures.bursts == 1);
    CHECK(figures.burst_packets == 12);
    CHECK(figures.burst_density() == doctest::Approx(4.0 / 12));
    CHECK(figures.gap_density() == doctest::Approx(2.0 / 51));
    CHECK(figures.burst_duration(10ms) == 120ms);
    CHECK(figures.gap_duration(10ms) == 510ms);
    CHECK(static_cast<int>(figures.loss_rate() * 256) == 12);
    CHECK(static_cast<int>(figures.discard_rate() * 256) == 12);
}

TEST_CASE("Fifteen played packets hold a burst together, sixteen part it (RFC 3611 4.7.2)") {
    auto const apart = [](std::size_t played) { return figures_of("0" + std::string(played, '1') + "0"); };
    CHECK(apart(15).bursts == 1);
    CHECK(apart(15).burst_packets == 17);
    CHECK(apart(16).bursts == 0);
    CHECK(apart(16).burst_packets == 0);
    CHECK(apart(16).gap_density() == doctest::Approx(2.0 / 18));
}

TEST_CASE("The start and the end count as if Gmin packets were played before and after (RFC 3611 4.7.2)") {
    CHECK(figures_of("0111111").bursts == 0);
    CHECK(figures_of("1111110").bursts == 0);
    CHECK(figures_of("00").bursts == 1);
    CHECK(figures_of("00").gap_packets() == 0);
    CHECK(figures_of("00").burst_density() == 1);
}

TEST_CASE("Without packets and without losses every figure is zero (RFC 3611 4.7.1)") {
    auto const none = figures_of("");
    CHECK(none.loss_rate() == 0);
    CHECK(none.burst_density() == 0);
    CHECK(none.gap_density() == 0);
    CHECK(none.burst_duration(20ms) == 0ms);
    CHECK(none.gap_duration(20ms) == 0ms);
    CHECK(none.burst_ratio() == 1);
    auto const clean = figures_of("1111");
    CHECK(clean.gap_duration(20ms) == 80ms);
    CHECK(clean.burst_duration(20ms) == 0ms);
}

TEST_CASE("Any pattern is divided as the definition says, at any gap threshold (RFC 3611 4.7.6)") {
    constexpr unsigned seed = 3611;
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 400; ++round) {
        auto const threshold = 1 + static_cast<unsigned>(random()) % 20;
        auto const loss = 1 + static_cast<unsigned>(random()) % 40;
        std::string pattern;
        loss_pattern counter(static_cast<std::uint8_t>(threshold));
        for (int i = 0; i < 300; ++i) {
            pattern += static_cast<unsigned>(random()) % 100 < loss
                           ? (static_cast<unsigned>(random()) % 2 != 0 ? '0' : 'X')
                           : '1';
            counter.count(fate_of(pattern.back()));
        }
        auto const expected = defined(pattern, threshold);
        auto const figures = counter.figures();
        REQUIRE(figures.bursts == expected.bursts);
        REQUIRE(figures.burst_packets == expected.burst_packets);
        REQUIRE(figures.burst_missing == expected.burst_missing);
        REQUIRE(figures.expected == expected.expected);
    }
}

TEST_CASE("Losses that know nothing of one another have a burst ratio of 1, pairs of them nearly 2 (G.107 7.5)") {
    std::mt19937 random(107);
    std::string single, paired;
    for (int i = 0; i < 200'000; ++i) {
        bool const is_lost = static_cast<unsigned>(random()) % 100 < 5;
        single += is_lost ? '0' : '1';
        paired += is_lost ? "00" : "11";
    }
    CHECK(figures_of(single).burst_ratio() == doctest::Approx(1).epsilon(0.02));
    CHECK(figures_of(paired).burst_ratio() == doctest::Approx(2).epsilon(0.02));
    CHECK(figures_of("0101010101").burst_ratio() == 1);
}

TEST_CASE("Stragglers and discards change a packet's fate until 128 have followed it") {
    packet_trace trace;
    trace.on_received(100);
    trace.on_received(103);
    CHECK(trace.figures().lost == 2);
    trace.on_received(101);
    CHECK(trace.figures().lost == 1);
    trace.on_discarded(103);
    CHECK(trace.figures().discarded == 1);
    CHECK(trace.figures().expected == 4);
    for (std::int64_t i = 104; i < 229; ++i)
        trace.on_received(i);
    trace.on_received(102);
    CHECK(trace.figures().lost == 0);
    trace.on_received(300);
    auto const before = trace.figures();
    CHECK(before.lost == 71);
    trace.on_received(160);
    trace.on_discarded(160);
    CHECK(trace.figures().lost == before.lost);
    CHECK(trace.figures().discarded == before.discarded);
}

TEST_CASE("A jump far ahead loses all between, once, and what was never sent is not discarded") {
    packet_trace trace;
    trace.on_received(5);
    trace.on_received(3'000);
    CHECK(trace.figures().expected == 2'996);
    CHECK(trace.figures().lost == 2'994);
    CHECK(trace.figures().bursts == 1);
    trace.on_discarded(4);
    trace.on_discarded(3'001);
    CHECK(trace.figures().discarded == 0);
    trace.on_received(1);
    CHECK(trace.figures().expected == 2'996);
}

TEST_CASE("Another sequence goes on in the same figures") {
    packet_trace trace;
    trace.on_received(10);
    trace.on_received(12);
    trace.restart();
    trace.on_received(60'000);
    trace.on_received(60'001);
    CHECK(trace.figures().expected == 5);
    CHECK(trace.figures().lost == 1);
}

TEST_CASE("In whatever order packets come, those within reach are counted as if they had come in order") {
    constexpr unsigned seed = 128;
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 50; ++round) {
        packet_trace trace;
        loss_pattern in_order;
        std::vector<std::int64_t> arrivals;
        trace.on_received(1'000);
        in_order.count(packet_fate::received);
        for (std::int64_t i = 1'001; i <= 2'000; ++i) {
            bool const is_lost = i < 2'000 && static_cast<unsigned>(random()) % 10 == 0;
            in_order.count(is_lost ? packet_fate::lost : packet_fate::received);
            if (!is_lost) arrivals.push_back(i);
        }
        for (std::size_t i = 0; i + 1 < arrivals.size(); ++i)
            if (static_cast<unsigned>(random()) % 4 == 0) std::swap(arrivals[i], arrivals[i + 1]);
        for (auto const number : arrivals)
            trace.on_received(number);
        auto const got = trace.figures();
        auto const expected = in_order.figures();
        REQUIRE(got.expected == expected.expected);
        REQUIRE(got.lost == expected.lost);
        REQUIRE(got.bursts == expected.bursts);
        REQUIRE(got.burst_packets == expected.burst_packets);
        REQUIRE(got.missing_runs == expected.missing_runs);
    }
}
