// The delay estimator alone.
// Covered: delays against the fastest packet, the cheapest delay, quick rise and slow fall, the learning time, drift in
// both directions, faster and slower routes, delays beyond the range, restart, very long gaps.
#include <doctest/doctest.h>

#include <algorithm>

#include "rtp/buffer/delay_estimator.hpp"
#include "support/seeded_random.hpp"

using namespace std::chrono_literals;
using rtp::duration;

namespace {

class feeder {
public:
    explicit feeder(rtp::delay_estimator_settings const& settings = {}) : estimator(settings) {}

    /// One packet of 20 ms with this transit; the device's clock goes on by 20 ms.
    duration put(duration transit) {
        now += 20ms;
        return estimator.on_packet(now, transit, 20ms);
    }
    void put(duration transit, int times) {
        for (int n = 0; n < times; ++n)
            static_cast<void>(put(transit));
    }

    rtp::delay_estimator estimator;
    rtp::time_point now{std::chrono::hours(5)};
};

}  // namespace

TEST_CASE("the delay of a packet is how much later it came than the fastest one") {
    feeder line;
    CHECK(line.put(1h) == 0ms);
    CHECK(line.put(1h + 30ms) == 30ms);
    CHECK(line.put(1h) == 0ms);
    // A faster one makes all others later, in whole bins of 2 ms.
    CHECK(line.put(1h - 13ms) == 1ms);
    CHECK(line.put(1h) == 14ms);
    CHECK(line.estimator.delay(1h + 10ms) == 24ms);
}

TEST_CASE("evenly spread delays are all taken in, if late packets cost more than waiting") {
    for (auto const spread : {8, 23, 61, 148}) {
        CAPTURE(spread);
        feeder line;
        test::seeded_random random(5);
        line.put(0ms, 3);
        for (int n = 0; n < 2000; ++n)
            line.put(std::chrono::milliseconds(random.below(static_cast<std::uint64_t>(spread))), 1);
        CHECK(line.estimator.target() >= std::chrono::milliseconds(spread - spread / 50 - 2));
        CHECK(line.estimator.target() <= std::chrono::milliseconds(spread + 4));
    }
}

TEST_CASE("the target is where a millisecond more costs as much as the late packets that it saves") {
    // Of each hundred packets one is 100 ms late and three are 30 ms late: worth waiting for at 100 and 10 ms a
    // percent.
    struct row {
        duration cost, wanted;
    };
    for (auto const& [cost, wanted] : {row{0ms, 2ms}, {8ms, 2ms}, {12ms, 32ms}, {60ms, 32ms}, {80ms, 102ms}}) {
        rtp::delay_estimator_settings settings;
        settings.late_cost = cost;
        feeder line(settings);
        for (int n = 0; n < 3000; ++n)
            line.put(n % 100 == 50 ? 100ms : n % 33 == 0 ? 30ms : 0ms, 1);
        line.put(0ms, 2);
        CHECK(line.estimator.target() == wanted);
    }
}

TEST_CASE("one late packet in a long time does not count, several in short time do, at once") {
    feeder line;
    line.put(0ms, 1000);
    CHECK(line.estimator.target() == 2ms);
    line.put(100ms, 1);
    CHECK(line.estimator.target() == 2ms);
    line.put(0ms, 1000);
    line.put(100ms, 25);
    CHECK(line.estimator.target() == 102ms);
}

TEST_CASE("the target falls by 100 ms a second at most, and does fall") {
    feeder line;
    line.put(0ms, 1000);
    line.put(200ms, 60);
    REQUIRE(line.estimator.target() == 202ms);
    auto last = line.estimator.target();
    for (int n = 0; n < 2000; ++n) {
        line.put(0ms, 1);
        CHECK(last - line.estimator.target() <= 2ms);
        last = line.estimator.target();
    }
    CHECK(line.estimator.target() == 2ms);
}

TEST_CASE("how many of the packets that are so late come even later") {
    feeder line;
    CHECK(line.estimator.later_per_mille(0ms, 20ms) == 0);
    for (int n = 0; n < 400; ++n)
        line.put(n % 4 == 3 ? 60ms : n % 4 == 2 ? 20ms : 0ms, 1);
    CHECK(line.estimator.later_per_mille(0ms, 0ms) == 1000);
    CHECK(line.estimator.later_per_mille(0ms, 10ms) == doctest::Approx(500).epsilon(0.05));
    CHECK(line.estimator.later_per_mille(10ms, 30ms) == doctest::Approx(500).epsilon(0.05));
    CHECK(line.estimator.later_per_mille(30ms, 50ms) == 1000);
    CHECK(line.estimator.later_per_mille(70ms, 90ms) == 0);
    CHECK(line.estimator.later_per_mille(-1h, 1h) == 0);
}

TEST_CASE("until it has listened for two seconds it does not go below its start") {
    feeder line;
    line.put(0ms, 100);
    CHECK(line.estimator.target() == 60ms);
    line.put(0ms, 200);
    CHECK(line.estimator.target() < 15ms);
    feeder uneven;
    uneven.put(0ms, 1);
    uneven.put(150ms, 5);
    CHECK(uneven.estimator.target() == 152ms);  // but above it whenever needed
}

TEST_CASE("a clock that drifts either way for an hour does not move the target") {
    for (auto const drift : {4us, -4us}) {  // of 20 ms: 200 ppm
        feeder line;
        duration transit{0};
        duration most{0};
        for (int n = 0; n < 180'000; ++n) {
            transit += drift;
            most = std::max(most, line.put(transit));
        }
        CHECK(most <= 4ms);
        CHECK(line.estimator.target() <= 4ms);
    }
}

TEST_CASE("a route that becomes slower counts as delay for some seconds, then as the normal thing") {
    feeder line;
    line.put(0ms, 1000);
    CHECK(line.put(80ms) == 80ms);
    line.put(80ms, 100);
    CHECK(line.estimator.target() == 82ms);
    line.put(80ms, 600);
    CHECK(line.put(80ms) < 2ms);
    CHECK(line.estimator.target() <= 40ms);
    line.put(80ms, 300);
    CHECK(line.estimator.target() == 2ms);
}

TEST_CASE("a route that becomes faster makes the old packets look late, and is trusted within twelve seconds") {
    feeder line;
    line.put(0ms, 1000);
    CHECK(line.put(-80ms) == 0ms);
    CHECK(line.estimator.target() >= 80ms);
    line.put(-80ms, 600);
    CHECK(line.estimator.target() == 2ms);
}

TEST_CASE("what no delay can bridge is not planned for") {
    feeder line;
    line.put(0ms, 1000);
    for (int n = 0; n < 50; ++n)
        CHECK(line.put(1s) == 1s);
    CHECK(line.estimator.target() == 2ms);
    rtp::delay_estimator_settings narrow;
    narrow.longest = 50ms;
    feeder limited(narrow);
    limited.put(0ms, 200);
    limited.put(49ms, 200);
    CHECK(limited.estimator.target() == 50ms);
}

TEST_CASE("after a restart the target goes on from where it was") {
    feeder line;
    line.put(0ms, 500);
    line.put(120ms, 20);
    auto const before = line.estimator.target();
    line.estimator.restart();
    CHECK(line.estimator.target() == before);
    CHECK(line.put(77s) == 0ms);
    CHECK(line.estimator.target() == before);
    line.put(77s, 400);
    CHECK(line.estimator.target() == 2ms);
}

TEST_CASE("gaps of hours and jumps of transit by hours do no harm") {
    feeder line;
    line.put(0ms, 300);
    line.now += 10h;
    CHECK(line.put(30ms) <= 30ms);
    CHECK(line.put(-9h) == 0ms);
    CHECK(line.put(9h) >= 18h);
    line.put(9h, 500);
    CHECK(line.put(9h) < 5ms);
    CHECK(line.estimator.target() >= 2ms);
    CHECK(line.estimator.target() <= 300ms);
}
