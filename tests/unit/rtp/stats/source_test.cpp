// Covers: probation, loss and its fraction, reordering, duplicates, jumps and restarts, wraps, jitter against a plain
// floating-point twin and over extreme clocks.
#include "rtp/stats/source.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace rtp;
using namespace std::chrono_literals;
using verdict = source::verdict;

namespace {

/// A source that is fed packets of 20 ms, on time unless said otherwise.
struct feeder {
    source heard{clock_rate{8000}};

    verdict put(unsigned sequence, duration late = 0ms) {
        auto const number = static_cast<std::uint16_t>(sequence);
        auto const timestamp = static_cast<timestamp_t>(sequence * 160);
        return heard.on_packet(time_point{} + 1h + sequence * 20ms + late, static_cast<sequence_t>(number), timestamp);
    }
    void put_range(unsigned from, unsigned to) {
        for (auto i = from; i <= to; ++i)
            put(i);
    }
};

}  // namespace

TEST_CASE("A source is valid after two packets in sequence (RFC 3550 A.1)") {
    feeder f;
    CHECK(f.put(10) == verdict::probation);
    CHECK_FALSE(f.heard.is_valid());
    CHECK(f.put(20) == verdict::probation);
    CHECK(f.put(22) == verdict::probation);
    CHECK(f.put(23) == verdict::validated);
    CHECK(f.heard.is_valid());
    CHECK(f.heard.received() == 1);
    CHECK(f.heard.expected() == 1);
    CHECK(f.put(24) == verdict::ordinary);
}

TEST_CASE("Probation passes over the wrap of the sequence number") {
    feeder f;
    CHECK(f.put(65'535) == verdict::probation);
    CHECK(f.put(65'536) == verdict::validated);
    CHECK(f.heard.extended_highest() == 0);
}

TEST_CASE("Probation can be switched off or made longer") {
    source one(clock_rate{8000}, {.min_sequential = 1});
    CHECK(one.on_packet({}, sequence_t{1}, timestamp_t{}) == verdict::validated);
    source three(clock_rate{8000}, {.min_sequential = 3});
    CHECK(three.on_packet({}, sequence_t{1}, timestamp_t{}) == verdict::probation);
    CHECK(three.on_packet({}, sequence_t{2}, timestamp_t{}) == verdict::probation);
    CHECK(three.on_packet({}, sequence_t{3}, timestamp_t{}) == verdict::validated);
}

TEST_CASE("Loss is what was expected less what came, per interval and in all (RFC 3550 A.3)") {
    feeder f;
    f.put_range(1, 50);
    CHECK(f.heard.lost() == 0);
    CHECK(f.heard.take_interval().fraction_lost() == 0);
    f.put_range(76, 100);
    CHECK(f.heard.expected() == 99);
    CHECK(f.heard.received() == 74);
    CHECK(f.heard.lost() == 25);
    CHECK(f.heard.take_interval().fraction_lost() == 128);
    f.put_range(101, 200);
    CHECK(f.heard.take_interval().fraction_lost() == 0);
    CHECK(f.heard.take_interval().fraction_lost() == 0);
    CHECK(f.heard.lost() == 25);
}

TEST_CASE("Reordered packets are no loss, and duplicates count against it") {
    feeder f;
    f.put_range(1, 10);
    CHECK(f.put(13) == verdict::ordinary);
    CHECK(f.put(12) == verdict::ordinary);
    CHECK(f.put(11) == verdict::ordinary);
    CHECK(f.heard.lost() == 0);
    CHECK(f.put(12) == verdict::duplicate);
    CHECK(f.put(13) == verdict::duplicate);
    CHECK(f.heard.lost() == -2);
    CHECK(f.heard.take_interval().fraction_lost() == 0);
}

TEST_CASE("A duplicate is known at any of the last 64 places, whatever the gaps") {
    feeder f;
    f.put_range(1, 200);
    CHECK(f.put(300) == verdict::ordinary);
    CHECK(f.put(237) == verdict::ordinary);
    CHECK(f.put(237) == verdict::duplicate);
    CHECK(f.put(300) == verdict::duplicate);
    f.put_range(301, 400);
    for (unsigned i = 337; i <= 400; ++i)
        CHECK(f.put(i) == verdict::duplicate);
}

TEST_CASE("One stray packet far away is dropped, two in sequence are a restart (RFC 3550 A.1)") {
    feeder f;
    f.put_range(1000, 1100);
    CHECK(f.put(30'000) == verdict::jump);
    CHECK(f.put(1101) == verdict::ordinary);
    CHECK(f.put(30'000) == verdict::jump);
    CHECK(f.put(30'001) == verdict::restart);
    CHECK(f.heard.received() == 1);
    CHECK(f.heard.expected() == 1);
    CHECK(f.put(30'002) == verdict::ordinary);
    CHECK(f.heard.take_interval().fraction_lost() == 0);
}

TEST_CASE("A restart to lower numbers is recognised, and over the wrap") {
    feeder f;
    f.put_range(10'000, 10'100);
    CHECK(f.put(500) == verdict::jump);
    CHECK(f.put(501) == verdict::restart);
    CHECK(f.put(65'535) == verdict::jump);
    CHECK(f.put(65'536) == verdict::restart);
    CHECK(f.heard.is_valid());
}

TEST_CASE("Every jump distance has one of two answers: within limits it is taken, beyond it is a jump") {
    int wrong = 0;
    for (int delta = -32'768; delta < 32'768; ++delta) {
        source s(clock_rate{8000}, {.min_sequential = 1});
        (void)s.on_packet({}, sequence_t{40'000}, timestamp_t{});
        auto const result = s.on_packet({}, advance(sequence_t{40'000}, delta), timestamp_t{});
        bool const within = delta > -100 && delta < 3000;
        wrong += (result == verdict::jump) == within;
        wrong += (result == verdict::duplicate) != (delta == 0);
    }
    CHECK(wrong == 0);
}

TEST_CASE("The extended sequence number counts wraps for hours of talk") {
    feeder f;
    for (unsigned i = 60'000; i < 60'000 + 1'000'000; i += 7)
        f.put(i), f.put(i + 1);
    CHECK(f.heard.extended_highest() >= 1'000'000);
    CHECK(f.heard.lost() > 700'000);
    CHECK(f.heard.lost() < 715'000);
}

TEST_CASE("A steady stream has no jitter, an alternating one converges to its amplitude (RFC 3550 A.8)") {
    feeder steady;
    steady.put_range(1, 500);
    CHECK(steady.heard.jitter() == 0);
    feeder shaking;
    for (unsigned i = 1; i < 500; ++i)
        shaking.put(i, i % 2 == 0 ? 10ms : 0ms);
    CHECK(shaking.heard.jitter() >= 79);
    CHECK(shaking.heard.jitter() <= 80);
}

TEST_CASE("Packets of one timestamp, as the reports of a digit are, all count in the jitter (RFC 4733 2.5.2.2)") {
    source heard(clock_rate{8000}, {.min_sequential = 1});
    for (unsigned i = 0; i < 200; ++i)
        heard.on_packet(time_point{} + 1h + i * 20ms, static_cast<sequence_t>(i), timestamp_t{1000});
    CHECK(heard.received() == 200);
    CHECK(heard.jitter() >= 159);  // 20 ms between packets of the same instant
    CHECK(heard.jitter() <= 160);
}

TEST_CASE("Jitter in integers stays within one unit of the formula in floating point") {
    std::uint32_t const seed = 7;
    CAPTURE(seed);
    std::mt19937 random(seed);
    feeder f;
    double expected = 0;
    double previous = 0;
    for (unsigned i = 1; i < 5000; ++i) {
        auto const late_units = static_cast<int>(random() % 400);
        f.put(i, late_units * 125us);
        if (i > 2) expected += (std::abs(late_units - previous) - expected) / 16;
        previous = late_units;
        if (i > 2) CHECK(std::abs(expected - f.heard.jitter()) <= 1.5);
    }
}

TEST_CASE("Jitter survives timestamps that jump by half their range and clocks fifty years on") {
    source s(clock_rate{48'000}, {.min_sequential = 1});
    auto const start = time_point{} + 50 * 365 * 24h;
    for (unsigned i = 0; i < 100'000; ++i) {
        auto const timestamp = static_cast<timestamp_t>(i % 2 == 0 ? 0U : 0x8000'0000U);
        (void)s.on_packet(start + i * 20ms, static_cast<sequence_t>(static_cast<std::uint16_t>(i)), timestamp);
    }
    CHECK(s.jitter() > 0x7000'0000U);
    CHECK(s.jitter() <= 0x8000'0000U);
}

TEST_CASE("Another clock rate starts jitter anew and keeps the loss counters (RFC 7160)") {
    feeder f;
    for (unsigned i = 1; i < 100; ++i)
        f.put(i, i % 2 == 0 ? 10ms : 0ms);
    f.put(102);
    CHECK(f.heard.jitter() > 0);
    f.heard.set_clock_rate(clock_rate{8000});
    CHECK(f.heard.jitter() > 0);
    f.heard.set_clock_rate(clock_rate{16'000});
    CHECK(f.heard.jitter() == 0);
    CHECK(f.heard.lost() == 2);
}

TEST_CASE("Before it is valid a source has counted nothing") {
    source s(clock_rate{8000});
    CHECK(s.expected() == 0);
    CHECK(s.lost() == 0);
    (void)s.on_packet({}, sequence_t{9}, timestamp_t{});
    CHECK(s.expected() == 0);
    CHECK(s.take_interval().fraction_lost() == 0);
}

TEST_CASE("Each interval has its own bounds, duplicates and spread of transit times (RFC 3611 4.6)") {
    feeder f;
    f.put_range(1, 11);
    auto interval = f.heard.take_interval();
    CHECK(interval.begin == sequence_t{2});
    CHECK(interval.end == sequence_t{12});
    CHECK(interval.expected == 10);
    CHECK(interval.received == 10);
    CHECK(interval.duplicates == 0);
    REQUIRE(interval.jitter.has_value());
    CHECK(interval.jitter->maximum == 0);

    f.put(12);
    f.put(12);
    f.put(13, 10ms);
    f.put(15);
    f.put(14);
    interval = f.heard.take_interval();
    CHECK(interval.begin == sequence_t{12});
    CHECK(interval.end == sequence_t{16});
    CHECK(interval.duplicates == 1);
    CHECK(interval.received == 5);
    // 0, then 80 units later, 80 earlier, and 0 for the packet out of order.
    CHECK(interval.jitter->minimum == 0);
    CHECK(interval.jitter->maximum == 80);
    CHECK(interval.jitter->mean == 40);
    CHECK(interval.jitter->deviation == 40);

    interval = f.heard.take_interval();
    CHECK(interval.begin == interval.end);
    CHECK_FALSE(interval.jitter.has_value());
}

TEST_CASE("What the jitter buffer threw away is counted beside what was lost, over a restart too (RFC 3611 4.7.1)") {
    feeder f;
    f.put_range(65'520, 65'540);
    f.put_range(65'542, 65'560);
    f.heard.on_discarded(sequence_t{65'530});
    f.heard.on_discarded(sequence_t{2});
    CHECK(f.heard.losses().lost == 1);
    CHECK(f.heard.losses().discarded == 2);
    CHECK(f.heard.losses().expected == 40);
    f.put(40'000);
    CHECK(f.put(40'001) == verdict::restart);
    CHECK(f.heard.losses().discarded == 2);
    CHECK(f.heard.losses().expected == 41);
}
