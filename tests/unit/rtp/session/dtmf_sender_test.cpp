// Covers: reports of a digit in time and content, end packets, pauses between digits, keys held down, long digits in
// segments, late callers.
#include "rtp/session/dtmf_sender.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "rtp/stats/sequence.hpp"

using namespace rtp;
using namespace std::chrono_literals;

namespace {

constexpr clock_rate rate{8000};
constexpr time_point start = time_point{} + 5h;

struct sent {
    duration at;
    dtmf_packet packet;
};

/// A sender on virtual time; the media clock starts at timestamp 1000.
struct bench {
    session_settings::dtmf settings;
    dtmf_sender sender{settings};
    time_point now = start;
    std::vector<sent> packets;

    explicit bench(session_settings::dtmf s = {}) : settings(s), sender(s) {}

    timestamp_t media() const { return advance(timestamp_t{1000}, to_units(now - start, rate)); }
    void run_due() {
        if (auto const packet = sender.on_timeout(now, rate, media())) {
            packets.push_back({now - start, *packet});
            auto const next = sender.next_deadline();
            if (next) CHECK(*next > now);
        }
    }
    void run_until(duration end) {
        run_due();
        while (sender.next_deadline() && *sender.next_deadline() <= start + end) {
            now = std::max(now, *sender.next_deadline());
            run_due();
        }
        now = start + end;
    }
    void queue(int code, std::optional<duration> length) {
        REQUIRE_FALSE(sender.queue(static_cast<event_code>(code), length));
    }
};

}  // namespace

TEST_CASE("A digit of 100 ms is five reports and two repeats of the last (RFC 4733 2.5.1.2, 2.5.1.4)") {
    bench b;
    b.queue(5, 100ms);
    b.run_until(1s);
    REQUIRE(b.packets.size() == 7);
    std::uint16_t const durations[] = {160, 320, 480, 640, 800, 800, 800};
    for (std::size_t i = 0; i < 7; ++i) {
        CAPTURE(i);
        CHECK(b.packets[i].at == i * 20ms);
        auto const& p = b.packets[i].packet;
        CHECK(p.timestamp == timestamp_t{1000});
        CHECK(p.marker == (i == 0));
        CHECK(p.report.event == event_code{5});
        CHECK(p.report.volume == 10);
        CHECK(p.report.duration == durations[i]);
        CHECK(p.report.end == (i >= 4));
    }
    CHECK_FALSE(b.sender.has_work());
    CHECK_FALSE(b.sender.next_deadline().has_value());
}

TEST_CASE("One or two end packets can be asked for instead of three") {
    for (std::uint8_t ends = 1; ends <= 3; ++ends) {
        session_settings::dtmf settings;
        settings.end_packets = ends;
        bench b(settings);
        b.queue(0, 60ms);
        b.run_until(1s);
        CHECK(b.packets.size() == 2U + ends);
        int count = 0;
        for (auto const& p : b.packets)
            count += p.packet.report.end;
        CHECK(count == ends);
    }
}

TEST_CASE("A length that is no multiple of the period is told exactly") {
    bench b;
    b.queue(1, 105ms);
    b.run_until(1s);
    REQUIRE(b.packets.size() == 8);
    CHECK(b.packets[4].packet.report.duration == 800);
    CHECK_FALSE(b.packets[4].packet.report.end);
    CHECK(b.packets[5].packet.report.duration == 840);
    CHECK(b.packets[5].packet.report.end);
}

TEST_CASE("Digits are never shorter than 40 ms, and the marker and the end bit never meet in one packet (RFC 4733 3.1)"
) {
    session_settings::dtmf settings;
    settings.packet_period = 50ms;
    bench b(settings);
    b.queue(1, 1ms);
    b.run_until(1s);
    REQUIRE(b.packets.size() == 4);
    CHECK(b.packets[0].packet.marker);
    CHECK_FALSE(b.packets[0].packet.report.end);
    for (auto const& p : b.packets)
        CHECK(p.packet.report.duration == 320);
    CHECK(b.packets[1].packet.report.end);
}

TEST_CASE("Digits wait for one another with a pause between them, each with its own timestamp") {
    bench b;
    b.queue(1, 100ms);
    b.queue(2, 100ms);
    b.queue(2, 100ms);
    b.run_until(2s);
    REQUIRE(b.packets.size() == 21);
    // The first ends at 100 ms; the pause of 70 ms is longer than the repeats.
    CHECK(b.packets[7].at == 170ms);
    CHECK(b.packets[7].packet.marker);
    CHECK(b.packets[7].packet.timestamp == advance(timestamp_t{1000}, 1360));
    CHECK(b.packets[14].at == 340ms);
    CHECK(b.packets[14].packet.timestamp == advance(timestamp_t{1000}, 2720));
}

TEST_CASE("Without a pause the next digit still waits for the repeats of the last") {
    session_settings::dtmf settings;
    settings.pause = 0ms;
    bench b(settings);
    b.queue(1, 100ms);
    b.queue(2, 100ms);
    b.run_until(2s);
    REQUIRE(b.packets.size() == 14);
    CHECK(b.packets[7].at == 140ms);
}

TEST_CASE("A digit queued after the pause of an earlier one starts at once") {
    bench b;
    b.queue(1, 100ms);
    b.run_until(10s);
    b.queue(2, 100ms);
    b.run_due();
    CHECK(b.packets.size() == 8);
    CHECK(b.packets.back().at == 10s);
}

TEST_CASE("A key held down lasts until it is released") {
    bench b;
    b.queue(7, std::nullopt);
    b.run_until(333ms);
    CHECK(b.packets.size() == 17);
    CHECK_FALSE(b.packets.back().packet.report.end);
    b.sender.release(b.now);
    b.run_until(2s);
    REQUIRE(b.packets.size() == 20);
    // 340 ms were told before the release at 333 ms: the digit does not shrink.
    CHECK(b.packets[17].packet.report.duration == 2720);
    CHECK(b.packets[17].packet.report.end);
    CHECK(b.packets[19].packet.report.end);
}

TEST_CASE("A key pressed and released while another digit is sent is a short digit of its own") {
    bench b;
    b.queue(1, 100ms);
    b.run_until(10ms);
    b.queue(2, std::nullopt);
    b.sender.release(b.now);
    b.run_until(2s);
    REQUIRE(b.packets.size() == 11);
    CHECK(b.packets[8].packet.report.event == event_code{2});
    CHECK(b.packets[8].packet.report.duration == 320);
    CHECK(b.packets[8].packet.report.end);
}

TEST_CASE("A release without a held key does nothing") {
    bench b;
    b.sender.release(b.now);
    b.queue(1, 100ms);
    b.sender.release(b.now);
    b.run_until(1s);
    CHECK(b.packets.size() == 7);
}

TEST_CASE(
    "A digit longer than the duration field goes on in a new segment without marker or gap (RFC 4733 2.2.2, 2.3.2, "
    "2.5.1.3)"
) {
    bench b;
    b.queue(3, 20s);  // 160,000 units: two full segments and 28,930 more
    b.run_until(30s);
    int segment_ends = 0;
    int ends = 0;
    timestamp_t segment = b.packets.front().packet.timestamp;
    std::int64_t earlier = 0;
    for (std::size_t i = 0; i < b.packets.size(); ++i) {
        auto const& p = b.packets[i].packet;
        CHECK(p.marker == (i == 0));
        if (p.timestamp != segment) {
            CHECK(distance(segment, p.timestamp) == 0xFFFF);
            CHECK(b.packets[i - 1].packet.report.duration == 0xFFFF);
            CHECK_FALSE(b.packets[i - 1].packet.report.end);
            segment = p.timestamp;
            earlier += 0xFFFF;
        }
        if (p.report.duration == 0xFFFF) ++segment_ends;
        if (p.report.end) {
            ++ends;
            CHECK(earlier + p.report.duration == 160'000);
        } else if (p.report.duration != 0xFFFF) {
            CHECK(earlier + p.report.duration == to_units(b.packets[i].at + 20ms, rate));
        }
    }
    CHECK(earlier == 2 * 0xFFFF);
    CHECK(segment_ends == 6);
    CHECK(ends == 3);
}

TEST_CASE("A digit of exactly one full segment ends in it") {
    bench b;
    b.queue(3, to_duration(std::int64_t{0xFFFF}, rate));
    b.run_until(10s);
    CHECK(b.packets.back().packet.report.duration == 0xFFFF);
    CHECK(b.packets.back().packet.report.end);
    for (auto const& p : b.packets)
        CHECK(p.packet.timestamp == timestamp_t{1000});
}

TEST_CASE("Every length up to three segments is told in full, in order, and with all its ends") {
    for (auto length = 40ms; length < 17s; length += 331ms) {
        CAPTURE(length.count());
        bench b;
        b.queue(3, length);
        b.run_until(20s);
        int ends = 0;
        auto told = std::int64_t{0};
        for (auto const& s : b.packets) {
            auto const total = distance(timestamp_t{1000}, s.packet.timestamp) + std::int64_t{s.packet.report.duration};
            CHECK(total >= told);
            told = total;
            ends += s.packet.report.end;
        }
        CHECK(told == to_units(length, rate));
        CHECK(ends == 3);
    }
}

TEST_CASE("A caller that comes late misses reports, not time") {
    bench b;
    b.queue(5, 100ms);
    b.run_due();
    b.now = start + 70ms;
    b.run_due();
    REQUIRE(b.packets.size() == 2);
    CHECK(b.packets[1].packet.report.duration == 720);
    b.now = start + 5s;
    b.run_due();
    CHECK(b.packets.back().packet.report.duration == 800);
    CHECK(b.packets.back().packet.report.end);
    b.run_until(6s);
    CHECK(b.packets.size() == 5);
    CHECK(b.packets.back().at == 5s + 40ms);
}

TEST_CASE("The queue takes 32 digits and says when it is full") {
    bench b;
    for (int i = 0; i < 32; ++i)
        b.queue(i % 10, 40ms);
    CHECK(b.sender.queue(event_code{1}, 40ms) == errc::queue_full);
    b.run_until(60s);
    CHECK_FALSE(b.sender.has_work());
    b.queue(1, 40ms);
    b.sender.clear();
    CHECK_FALSE(b.sender.has_work());
    CHECK_FALSE(b.sender.is_active());
}

TEST_CASE("Audio keeps quiet from the first report to the last repeat, and not in the pause") {
    bench b;
    b.queue(5, 100ms);
    b.queue(6, 100ms);
    CHECK_FALSE(b.sender.is_active());
    b.run_due();
    CHECK(b.sender.is_active());
    b.run_until(119ms);
    CHECK(b.sender.is_active());
    b.run_until(121ms);
    CHECK_FALSE(b.sender.is_active());
    CHECK(b.sender.has_work());
}
