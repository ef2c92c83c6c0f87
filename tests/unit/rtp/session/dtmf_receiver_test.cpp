// Covers: one start and one end for each digit, whatever is lost, repeated, late or out of order; segments; several
// reports in one packet; time-out; hours of talk between digits; random loss against what was sent.
#include "rtp/session/dtmf_receiver.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "rtp/session/dtmf_sender.hpp"
#include "rtp/stats/sequence.hpp"
#include "unit/rtp/support/bytes.hpp"

using namespace rtp;
using namespace rtp_test;
using namespace std::chrono_literals;

namespace {

constexpr clock_rate rate{8000};

/// A receiver whose events become text: "+5" a start, "-5/100" an end after 100 ms, with "!" for a time-out and "~" for
/// a replaced digit.
struct bench {
    dtmf_receiver receiver{200ms};
    outbox out;
    time_point now = time_point{} + 5h;
    std::string log;

    void put(std::uint32_t timestamp, int code, int duration, bool end = false, bool marker = false) {
        telephone_event const report{static_cast<event_code>(code), end, 10, static_cast<std::uint16_t>(duration)};
        CHECK(receiver.on_packet(now, rate, static_cast<timestamp_t>(timestamp), marker, report.to_bytes(), out));
        collect();
    }
    void wait(duration time) {
        auto const end = now + time;
        while (receiver.next_deadline() && *receiver.next_deadline() <= end) {
            now = *receiver.next_deadline();
            receiver.on_timeout(now, out);
            collect();
            if (receiver.next_deadline()) CHECK(*receiver.next_deadline() > now);
        }
        now = end;
    }
    void collect() {
        for (auto const& e : out.events) {
            if (auto const* started = std::get_if<digit_started>(&e)) {
                log += "+" + std::to_string(static_cast<int>(started->event)) + " ";
            } else if (auto const* ended = std::get_if<digit_ended>(&e)) {
                auto const length = std::chrono::duration_cast<std::chrono::milliseconds>(ended->length).count();
                log += "-" + std::to_string(static_cast<int>(ended->event)) + "/" + std::to_string(length);
                if (ended->why == digit_ended::cause::timed_out) log += "!";
                if (ended->why == digit_ended::cause::replaced) log += "~";
                log += " ";
            }
        }
        out.clear();
    }
};

}  // namespace

TEST_CASE("A digit in seven packets is one start and one end") {
    bench b;
    b.put(1000, 5, 160, false, true);
    CHECK(b.log == "+5 ");
    for (int d = 320; d <= 640; d += 160)
        b.put(1000, 5, d);
    b.put(1000, 5, 800, true);
    b.put(1000, 5, 800, true);
    b.put(1000, 5, 800, true);
    b.wait(10s);
    CHECK(b.log == "+5 -5/100 ");
}

TEST_CASE("A lost start is made good by any later report, even by the last end alone") {
    bench b;
    b.put(1000, 5, 480);
    b.put(1000, 5, 800, true);
    b.put(3000, 6, 800, true);
    CHECK(b.log == "+5 -5/100 +6 -6/100 ");
}

TEST_CASE("A digit whose ends are all lost times out with the last known length, and stays over (RFC 4733 2.5.2.2)") {
    bench b;
    b.put(1000, 5, 160, false, true);
    b.put(1000, 5, 320);
    b.wait(199ms);
    CHECK(b.log == "+5 ");
    b.wait(1ms);
    CHECK(b.log == "+5 -5/40! ");
    b.put(1000, 5, 800, true);
    b.put(1000, 5, 800, true);
    CHECK(b.log == "+5 -5/40! ");
}

TEST_CASE("The next digit ends one whose ends are lost") {
    bench b;
    b.put(1000, 5, 320, false, true);
    b.put(2400, 5, 160, false, true);
    b.put(2400, 5, 800, true);
    CHECK(b.log == "+5 -5/40~ +5 -5/100 ");
}

TEST_CASE("Reordered and late reports change nothing") {
    bench b;
    b.put(1000, 5, 640);
    b.put(1000, 5, 160, false, true);
    b.put(1000, 5, 800, true);
    b.put(1000, 5, 480);
    b.put(2400, 6, 160, false, true);
    b.put(1000, 5, 800, true);
    b.put(2400, 6, 800, true);
    b.put(1000, 5, 800, true);
    CHECK(b.log == "+5 -5/100 +6 -6/100 ");
}

TEST_CASE("A report of another event with the same timestamp is ignored") {
    bench b;
    b.put(1000, 5, 160, false, true);
    b.put(1000, 6, 320);
    b.put(1000, 5, 800, true);
    CHECK(b.log == "+5 -5/100 ");
}

TEST_CASE("A duration of zero is for states only and is ignored (RFC 4733 2.3.5)") {
    bench b;
    b.put(1000, 5, 0, false, true);
    CHECK(b.log.empty());
    b.put(1000, 5, 160);
    CHECK(b.log == "+5 ");
}

TEST_CASE("Segments of a long digit are one digit (RFC 4733 2.5.2.3)") {
    bench b;
    b.put(1000, 5, 160, false, true);
    b.put(1000, 5, 0xFFFF);
    b.put(1000, 5, 0xFFFF);
    b.put(1000 + 0xFFFF, 5, 160);
    b.put(1000, 5, 0xFFFF);  // a late repeat of the segment's end
    b.put(1000 + 0xFFFF, 5, 800, true);
    CHECK(b.log == "+5 -5/8291 ");
}

TEST_CASE("The end of a segment may be lost, or be short as with redundancy (RFC 4733 2.5.2.3.1)") {
    bench lost;
    lost.put(1000, 5, 64'000, false, true);
    lost.put(1000 + 0xFFFF, 5, 800, true);
    CHECK(lost.log == "+5 -5/8291 ");
    bench redundant;
    redundant.put(1000, 5, 0x3FFF, false, true);
    redundant.put(1000 + 0x3FFF, 5, 800, true);
    CHECK(redundant.log == "+5 -5/2147 ");
}

TEST_CASE("What follows a digit that timed out belongs to it (RFC 4733 2.5.2.2)") {
    bench b;
    b.put(1000, 5, 0xFFFF, false, true);
    b.wait(1s);
    CHECK(b.log == "+5 -5/8191! ");
    b.put(1000 + 0xFFFF, 5, 800, true);
    CHECK(b.log == "+5 -5/8191! ");
}

TEST_CASE("The same digit again right after its end is a new one") {
    bench b;
    b.put(1000, 5, 800, true);
    b.put(1800, 5, 800, true);
    CHECK(b.log == "+5 -5/100 +5 -5/100 ");
}

TEST_CASE("Several reports in one packet follow one another (RFC 4733 2.5.1.5, 2.5.2.4)") {
    bench b;
    CHECK(b.receiver.on_packet(b.now, rate, timestamp_t{1000}, true, hex("018a0320 028a0320 030a00a0"), b.out));
    b.collect();
    CHECK(b.log == "+1 -1/100 +2 -2/100 +3 ");
}

TEST_CASE("A payload with a broken report is said to be malformed; what came before it counts") {
    bench b;
    CHECK_FALSE(b.receiver.on_packet(b.now, rate, timestamp_t{1000}, true, hex("018a03"), b.out));
    CHECK_FALSE(b.receiver.on_packet(b.now, rate, timestamp_t{1000}, true, {}, b.out));
    CHECK_FALSE(b.receiver.on_packet(b.now, rate, timestamp_t{1000}, true, hex("018a0320 02"), b.out));
    b.collect();
    CHECK(b.log == "+1 -1/100 ");
}

TEST_CASE("Digits work over the wrap of the timestamp and after days without any") {
    bench b;
    b.put(0xffff'ff00, 5, 160, false, true);
    b.put(0xffff'ff00, 5, 800, true);
    b.put(0x0000'0500, 6, 800, true);
    b.wait(80h);  // more than half the timestamp space
    b.put(0x8fff'0000, 7, 800, true);
    CHECK(b.log == "+5 -5/100 +6 -6/100 +7 -7/100 ");
}

TEST_CASE("Another source ends the digit and its timestamps mean nothing any more") {
    bench b;
    b.put(5000, 5, 160, false, true);
    b.receiver.on_source_changed(b.out);
    b.collect();
    b.put(1000, 6, 800, true);
    CHECK(b.log == "+5 -5/20~ +6 -6/100 ");
    b.receiver.on_source_changed(b.out);
    b.collect();
    CHECK(b.log == "+5 -5/20~ +6 -6/100 ");
}

TEST_CASE("Over a network that loses, repeats and reorders, each digit of which anything arrives is one pair in order"
) {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        struct arrival {
            time_point at;
            dtmf_packet packet;
        };
        std::vector<arrival> network;
        std::vector<int> survivors;  // how many packets of each digit arrive
        dtmf_sender sender({});
        auto now = time_point{} + 1h;
        auto const begin = now;
        int const digits = 12;
        for (int i = 0; i < digits; ++i)
            REQUIRE_FALSE(sender.queue(static_cast<event_code>(i), 60ms + i * 20ms));
        survivors.resize(digits);
        while (sender.has_work()) {
            now = std::max(now, *sender.next_deadline());
            auto const media = advance(timestamp_t{0xffff'0000}, to_units(now - begin, rate));
            auto const packet = sender.on_timeout(now, rate, media).value();
            int const copies = random() % 100 < 25 ? 0 : (random() % 100 < 10 ? 2 : 1);
            for (int c = 0; c < copies; ++c) {
                network.push_back({now + 30ms + std::chrono::milliseconds(random() % 45), packet});
                ++survivors[static_cast<std::size_t>(packet.report.event)];
            }
        }
        std::stable_sort(network.begin(), network.end(), [](auto const& a, auto const& b) { return a.at < b.at; });
        bench b;
        for (auto const& [at, packet] : network) {
            b.wait(at - std::min(at, b.now));
            b.now = at;
            b.put(
                static_cast<std::uint32_t>(packet.timestamp), static_cast<int>(packet.report.event),
                packet.report.duration, packet.report.end, packet.marker
            );
        }
        b.wait(1s);
        std::string heard;
        std::string expected;
        for (std::size_t at = 0; (at = b.log.find('+', at)) != std::string::npos; ++at)
            heard += b.log.substr(at, b.log.find(' ', at) - at);
        for (int i = 0; i < digits; ++i)
            if (survivors[static_cast<std::size_t>(i)] > 0) expected += "+" + std::to_string(i);
        CHECK(heard == expected);
        CHECK(std::count(b.log.begin(), b.log.end(), '+') == std::count(b.log.begin(), b.log.end(), '-'));
    }
}
