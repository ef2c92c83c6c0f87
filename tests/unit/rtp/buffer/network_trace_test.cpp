// The jitter buffer against traces of whole networks, generated from seeded models.
// Covered: clean and evenly jittered lines, 5 % random loss, Wi-Fi stalls, a busy line, route changes both ways, a
// hand-over, clock drift; each over ten seeds with bounds on mean delay, concealment and discards. A random soup of
// everything, with the invariants that must hold for any input.
// Not covered: how it sounds (playout_test), comparison with other buffers.
#include <doctest/doctest.h>

#include <algorithm>
#include <queue>
#include <string>

#include "network_model.hpp"
#include "virtual_line.hpp"

namespace {

using namespace std::chrono_literals;
using test::line_start;
using test::microseconds;
using test::network_model;

struct outcome {
    double mean_delay_ms = 0;
    double highest_delay_ms = 0;
    double last_delay_ms = 0;
    double concealed_percent = 0;  // of the time, the loss itself not counted
    double lost_percent = 0;       // by the network
    double silent_ms = 0;
    rtp::jitter_statistics counts;
    std::string trace;
};

struct listening {
    std::chrono::seconds length{120};
    long drift_ppm = 0;  // positive: the sender is slow; a multiple of 50
    rtp::jitter_settings settings{};
};

outcome listen(network_model network, listening const& how) {
    struct arrival {
        microseconds at;
        int order;
        test::sender::sent packet;
        bool operator<(arrival const& other) const { return at != other.at ? at > other.at : order > other.order; }
    };
    rtp::jitter_buffer buffer(how.settings);
    test::device device(buffer);
    test::sender sender;
    std::priority_queue<arrival> on_the_way;
    microseconds sent{0};
    int packets = 0;
    int lost = 0;
    for (microseconds now{5'300}; now < how.length; now += microseconds(10'000)) {
        for (; sent <= now; ++packets) {
            auto const packet = sender.next();
            if (auto const at = network.arrival(sent))
                on_the_way.push({*at, packets, packet});
            else
                ++lost;
            sent += microseconds(20'000 + 20 * how.drift_ppm / 1000);
        }
        while (!on_the_way.empty() && on_the_way.top().at <= now) {
            test::put(buffer, line_start + on_the_way.top().at, on_the_way.top().packet);
            on_the_way.pop();
        }
        device.may_correct = now.count() % 3'000'000 < 1'000'000;  // a second of each three is quiet
        device.run_period(line_start + now);
    }
    auto const ms = [](rtp::duration span) { return std::chrono::duration<double, std::milli>(span).count(); };
    outcome made;
    made.counts = buffer.statistics();
    made.mean_delay_ms = ms(device.delay_sum) / static_cast<double>(device.delays);
    made.highest_delay_ms = ms(device.delay_max);
    made.last_delay_ms = ms(buffer.delay());
    made.lost_percent = 100.0 * lost / packets;
    made.concealed_percent =
        static_cast<double>(made.counts.concealed_units) / 80.0 / static_cast<double>(device.trace.size()) * 100 -
        made.lost_percent;
    made.silent_ms = static_cast<double>(made.counts.silent_units) / 8;
    made.trace = device.trace;
    return made;
}

struct bounds {
    double mean_delay_ms;
    double concealed_percent;
    std::uint64_t late = 0;
    std::uint64_t discarded = 0;
    double silent_ms = 120;  // before the first packet
};

// The bounds hold for each of the seeds.
template <class Shape>
void check(Shape shape, listening const& how, bounds const& limits, std::uint64_t seeds = 10) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        network_model network(seed);
        shape(network);
        auto const heard = listen(network, how);
        CHECK(heard.mean_delay_ms <= limits.mean_delay_ms);
        CHECK(heard.concealed_percent <= limits.concealed_percent);
        CHECK(heard.counts.late <= limits.late);
        CHECK(heard.counts.discarded <= limits.discarded);
        CHECK(heard.silent_ms <= limits.silent_ms);
    }
}

}  // namespace

TEST_CASE("the same seed gives the same trace to the letter") {
    network_model network(7);
    network.jitter = 30ms;
    network.loss_percent = 3;
    network.stall_each = 1s;
    network.stall_from = 40ms;
    network.stall_to = 120ms;
    auto const first = listen(network, {});
    auto const second = listen(network, {});
    CHECK(first.trace == second.trace);
    network_model other(8);
    other.jitter = 30ms;
    CHECK(listen(other, {}).trace != first.trace);
}

TEST_CASE("a clean line costs no more than the period of the device") {
    check([](network_model&) {}, {}, {.mean_delay_ms = 8, .concealed_percent = 0});
}

TEST_CASE("5 % random loss on a clean line is concealed, and the delay stays low") {
    check(
        [](network_model& network) { network.loss_percent = 5; }, {}, {.mean_delay_ms = 11, .concealed_percent = 0.3}
    );
}

TEST_CASE("even jitter of 20 and 60 ms is absorbed by a little more delay than that") {
    check([](network_model& network) { network.jitter = 20ms; }, {}, {.mean_delay_ms = 34, .concealed_percent = 0.1});
    check([](network_model& network) { network.jitter = 60ms; }, {}, {.mean_delay_ms = 75, .concealed_percent = 0.1});
}

TEST_CASE("a busy line with exponential queueing of 10 ms on average") {
    check(
        [](network_model& network) { network.queueing = 10ms; }, {},
        {.mean_delay_ms = 66, .concealed_percent = 0.6, .discarded = 15}
    );
}

TEST_CASE("Wi-Fi that stalls for 40 to 120 ms each second") {
    auto const wifi = [](network_model& network) {
        network.jitter = 3ms;
        network.stall_each = 1s;
        network.stall_from = 40ms;
        network.stall_to = 120ms;
    };
    check(wifi, {}, {.mean_delay_ms = 115, .concealed_percent = 0.9, .discarded = 30});
}

TEST_CASE("Wi-Fi with loss and reordering") {
    auto const wifi = [](network_model& network) {
        network.jitter = 40ms;
        network.may_reorder = true;
        network.loss_percent = 2;
    };
    check(wifi, {}, {.mean_delay_ms = 60, .concealed_percent = 0.4, .late = 60});
}

TEST_CASE("the route becomes 100 ms longer in the middle of the call: one gap, then the old delay") {
    auto const longer = [](network_model& network) {
        network.jitter = 10ms;
        network.route_change_at = 60s;
        network.route_change_by = 100ms;
    };
    check(longer, {}, {.mean_delay_ms = 40, .concealed_percent = 0.3});
    network_model network(3);
    longer(network);
    CHECK(listen(network, {}).last_delay_ms < 30);
}

TEST_CASE("the route becomes 80 ms shorter: nothing is lost and the delay follows within a quarter of a minute") {
    auto const shorter = [](network_model& network) {
        network.base = 100ms;
        network.jitter = 10ms;
        network.route_change_at = 60s;
        network.route_change_by = -80ms;
        network.may_reorder = true;
    };
    check(shorter, {}, {.mean_delay_ms = 40, .concealed_percent = 0.2, .late = 5, .silent_ms = 170});
    network_model network(3);
    shorter(network);
    CHECK(listen(network, {75s}).last_delay_ms < 40);
}

TEST_CASE("the route becomes longer than the maximum: after a third of a second a new time line begins") {
    auto const longer = [](network_model& network) {
        network.jitter = 10ms;
        network.route_change_at = 60s;
        network.route_change_by = 500ms;
    };
    check(longer, {}, {.mean_delay_ms = 40, .concealed_percent = 0.3, .late = 25, .silent_ms = 1000});
}

TEST_CASE("a hand-over that holds everything back for a second: what is older than the maximum is dropped") {
    auto const handover = [](network_model& network) {
        network.jitter = 5ms;
        network.stall_each = 60s;
        network.stall_from = network.stall_to = 1s;
    };
    // Each stall: 120 ms concealed, 0.9 s of silence, 35 packets too late.
    check(
        handover, {}, {.mean_delay_ms = 90, .concealed_percent = 0.6, .late = 150, .discarded = 30, .silent_ms = 4500}
    );
}

TEST_CASE("clocks that drift by 200 ppm either way for ten minutes: no packet is lost and the delay stays") {
    for (long ppm : {200L, -200L}) {
        CAPTURE(ppm);
        auto const jittery = [](network_model& network) { network.jitter = 5ms; };
        check(jittery, {.length = 600s, .drift_ppm = ppm}, {.mean_delay_ms = 25, .concealed_percent = 0.1}, 2);
    }
}

TEST_CASE("a fixed delay of 120 ms stays 120 ms, whatever the network does") {
    listening how;
    how.settings.mode = rtp::jitter_mode::fixed;
    auto const wifi = [](network_model& network) {
        network.jitter = 40ms;
        network.stall_each = 2s;
        network.stall_from = 40ms;
        network.stall_to = 90ms;
    };
    check(wifi, how, {.mean_delay_ms = 130, .concealed_percent = 0.2, .late = 10, .silent_ms = 200});
}

TEST_CASE("whatever comes, time goes on, packets play once and in order, and the delay is bounded") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        test::seeded_random random(seed);
        rtp::jitter_settings settings;
        if (random.chance(30)) settings.mode = rtp::jitter_mode::fixed;
        settings.capacity = 8U << random.below(4);
        rtp::jitter_buffer buffer(settings);
        test::device device(buffer);
        test::sender sender;
        auto now = line_start;
        std::vector<test::sender::sent> kept;
        for (int period = 0; period < 1500; ++period) {
            now += 10ms;
            for (auto count = random.below(3); count-- > 0;) {
                auto content = rtp::packet_content::audio;
                if (random.chance(3)) content = rtp::packet_content::comfort_noise;
                if (random.chance(3)) content = rtp::packet_content::other;
                if (random.chance(5)) sender.pause(static_cast<std::uint32_t>(random.below(3000)));
                if (random.chance(1)) sender.timestamp = static_cast<rtp::timestamp_t>(random() & 0xFFFFFFFF);
                if (random.chance(1)) sender.sequence = static_cast<rtp::sequence_t>(random() & 0xFFFF);
                if (random.chance(1)) sender.ssrc = static_cast<rtp::ssrc_t>(random() & 0xFFFFFFFF);
                if (random.chance(5)) sender.units = static_cast<std::uint32_t>(1 + random.below(480));
                kept.push_back(sender.next(content));
            }
            // Packets leave the network in any order, some twice, some never.
            while (!kept.empty() && random.chance(60)) {
                auto const which = random.below(kept.size());
                auto const packet = kept[which];
                auto const before = buffer.size();
                auto const result = test::put(buffer, now, packet);
                auto const has_grown = buffer.size() > before;
                if (result == rtp::put_result::duplicate || result == rtp::put_result::held) CHECK_FALSE(has_grown);
                if (result == rtp::put_result::late) CHECK_FALSE(has_grown);
                if (random.chance(90)) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(which));
            }
            if (kept.size() > 40) kept.clear();
            CHECK(buffer.size() <= buffer.settings().capacity);
            device.may_correct = random.chance(30);
            if (!random.chance(2)) device.run_period(now);
        }
        CHECK(device.trace.size() > 1400);
        // Each packet that was taken in is played, passed, dropped or still waiting.
        auto const& counts = buffer.statistics();
        CHECK(device.played.size() == counts.played);
        CHECK(counts.queued == counts.played + counts.silent + counts.discarded + buffer.size());
    }
}
