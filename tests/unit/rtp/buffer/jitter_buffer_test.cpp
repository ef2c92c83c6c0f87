// The interface of the jitter buffer, call by call. How it behaves over time is in scenarios/ and network_trace_test.
// Covered: each verdict of put, each kind of frame, the wish to correct, the part to skip, payloads and their life
// time, reset, counters, odd settings.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "virtual_line.hpp"

using namespace std::chrono_literals;
using kind = rtp::playout_frame::kind;
using rtp::put_result;
using test::line_start;
using test::put;

namespace {

rtp::jitter_settings with_start(std::chrono::milliseconds start) {
    rtp::jitter_settings settings;
    settings.start = start;
    return settings;
}

}  // namespace

TEST_CASE("an unused buffer gives silence") {
    rtp::jitter_buffer buffer({});
    auto const frame = buffer.get(line_start);
    CHECK(frame.what == kind::silence);
    CHECK(frame.units == 80);
    CHECK(frame.payload.empty());
    CHECK(buffer.size() == 0);
    CHECK(buffer.target_delay() == 60ms);
}

TEST_CASE("put tells what became of the packet") {
    rtp::jitter_buffer buffer(with_start(20ms));
    test::sender sender;
    auto const first = sender.next();
    auto const second = sender.next();
    auto const third = sender.next();
    CHECK(put(buffer, line_start, first) == put_result::reset);
    CHECK(put(buffer, line_start + 1ms, first) == put_result::duplicate);
    CHECK(put(buffer, line_start + 20ms, third) == put_result::queued);
    CHECK(buffer.get(line_start + 20ms).what == kind::media);
    CHECK(put(buffer, line_start + 21ms, first) == put_result::duplicate);  // played already
    CHECK(buffer.get(line_start + 40ms).what == kind::conceal);
    CHECK(put(buffer, line_start + 41ms, second) == put_result::late);
    CHECK(put(buffer, line_start + 42ms, second) == put_result::duplicate);
    auto stranger = sender.next();
    stranger.ssrc = rtp::ssrc_t{7};
    CHECK(put(buffer, line_start + 43ms, stranger) == put_result::held);
    auto const& counts = buffer.statistics();
    CHECK(counts.queued == 2);
    CHECK(counts.played == 1);
    CHECK(counts.duplicates == 3);
    CHECK(counts.late == 1);
    CHECK(counts.lost == 1);
}

TEST_CASE("a full buffer pushes the oldest packets out") {
    auto settings = with_start(20ms);
    settings.capacity = 5;
    settings.maximum = 40ms;
    rtp::jitter_buffer buffer(settings);
    CHECK(buffer.settings().capacity == 8);
    test::sender sender;
    for (int n = 0; n < 8; ++n)
        CHECK(put(buffer, line_start + n * 20ms, sender.next()) != put_result::overflow);
    CHECK(buffer.size() == 8);
    CHECK(put(buffer, line_start + 160ms, sender.next()) == put_result::overflow);
    CHECK(buffer.size() == 8);
    CHECK(buffer.statistics().discarded == 1);
}

TEST_CASE("a frame is the payload of the packet and lives until the next get") {
    rtp::jitter_buffer buffer(with_start(0ms));
    test::sender sender;
    auto const first = sender.next();
    put(buffer, line_start, first);
    auto const frame = buffer.get(line_start + 60ms);
    REQUIRE(frame.what == kind::media);
    CHECK(frame.units == 160);
    CHECK(frame.skip == 0);
    REQUIRE(frame.payload.size() == 4);
    put(buffer, line_start + 61ms, sender.next());
    auto const number = static_cast<std::uint16_t>(first.sequence);
    CHECK(std::to_integer<int>(frame.payload[0]) == number >> 8);
    CHECK(std::to_integer<int>(frame.payload[1]) == (number & 0xFF));
}

TEST_CASE("the wish to correct is positive when the delay is too short, negative when it is too long") {
    auto settings = with_start(60ms);
    settings.mode = rtp::jitter_mode::fixed;
    settings.normal = 60ms;
    rtp::jitter_buffer buffer(settings);
    test::sender sender;
    for (int n = 0; n < 10; ++n)
        put(buffer, line_start + n * 20ms, sender.next());
    CHECK(buffer.get(line_start + 50ms).what == kind::silence);
    CHECK(buffer.get(line_start + 60ms).correction == 0);
    CHECK(buffer.get(line_start + 70ms).correction == 80);     // 10 ms too early
    CHECK(buffer.get(line_start + 120ms).correction == -160);  // 20 ms too late
    CHECK(buffer.delay() == 80ms);
    CHECK(buffer.get(line_start + 130ms, 40).correction == -80);
    CHECK(buffer.delay() == 75ms);  // what is staged adds to what is heard
}

TEST_CASE("after the buffer has run dry the delay is not shortened for a tenth of a second") {
    rtp::jitter_buffer buffer(with_start(20ms));
    test::sender sender;
    std::vector<long> corrections;
    for (int n = 0; n < 400; ++n) {
        auto const sent = line_start + n * 20ms;
        // After four seconds the line stalls for 60 ms, once.
        if (n == 200) CHECK(buffer.get(sent + 20ms).what == kind::conceal);
        put(buffer, sent, sender.next());
        auto const frame = buffer.get(n < 200 ? sent + 20ms : sent + 60ms);
        if (frame.what == kind::media && n > 200) corrections.push_back(frame.correction);
    }
    REQUIRE(corrections.size() > 150);
    CHECK(corrections[0] == 0);
    CHECK(corrections[1] == 0);
    for (std::size_t n = 5; n < 150; ++n)
        CHECK(corrections[n] < -80);
}

TEST_CASE("what has been invented while a packet was late is not played a second time, if the network has recovered") {
    rtp::jitter_buffer buffer(with_start(20ms));
    test::device device(buffer);
    test::sender sender;
    std::vector<test::sender::sent> held_back;
    // Four seconds in, nothing comes for 120 ms; then all of it comes at once.
    for (int n = 0; n < 300; ++n) {
        auto const sent = line_start + n * 20ms;
        held_back.push_back(sender.next());
        if (n < 200 || n >= 206) {
            for (auto const& packet : held_back)
                put(buffer, sent, packet);
            held_back.clear();
        }
        device.run_period(sent + 5ms);
        device.run_period(sent + 15ms);
        if (n == 210) CHECK(buffer.delay() <= 30ms);
    }
    CHECK(buffer.statistics().lost == 0);
    CHECK(buffer.statistics().late == 0);
    CHECK(buffer.statistics().discarded >= 4);
    CHECK(buffer.statistics().discarded <= 6);
    CHECK(buffer.statistics().concealed_units <= 8 * 120);
}

TEST_CASE("a packet that is unusually late makes the one before it last longer") {
    rtp::jitter_buffer buffer(with_start(20ms));
    test::sender sender;
    for (int n = 0; n < 200; ++n) {  // one in ten is 60 ms late
        auto const sent = line_start + n * 20ms;
        put(buffer, sent + (n % 10 == 9 ? 60ms : 0ms), sender.next());
        static_cast<void>(buffer.get(sent + 60ms));
    }
    auto const sent = line_start + 4s;
    put(buffer, sent, sender.next());
    CHECK(buffer.get(sent + 30ms).correction >= 120);  // the next one should have come 10 ms ago
}

TEST_CASE("a packet that comes when half of its time has passed is played from its middle") {
    rtp::jitter_settings settings;
    settings.mode = rtp::jitter_mode::fixed;
    settings.normal = 20ms;
    rtp::jitter_buffer buffer(settings);
    test::sender sender;
    put(buffer, line_start, sender.next());
    CHECK(buffer.get(line_start + 20ms).what == kind::media);
    CHECK(buffer.get(line_start + 40ms).what == kind::conceal);
    put(buffer, line_start + 49ms, sender.next());
    auto const frame = buffer.get(line_start + 50ms);
    CHECK(frame.what == kind::media);
    CHECK(frame.units == 160);
    CHECK(frame.skip == 80);
}

TEST_CASE("after a hold, during which nothing comes and nobody fetches, sound goes on within half a second") {
    for (auto const mode : {rtp::jitter_mode::adaptive, rtp::jitter_mode::fixed})
        for (auto const held : {100ms, 500ms, 1000ms, 1900ms, 2100ms, 5000ms, 60000ms})
            for (bool const timestamps_go_on : {true, false})
                for (auto const phase : {3ms, 13ms}) {
                    CAPTURE(static_cast<int>(mode));
                    CAPTURE(held.count());
                    CAPTURE(timestamps_go_on);
                    CAPTURE(phase.count());
                    rtp::jitter_settings settings;
                    settings.mode = mode;
                    rtp::jitter_buffer buffer(settings);
                    test::device device(buffer);
                    test::sender sender;
                    auto now = line_start;
                    auto const talk = [&](int packets) {
                        for (int n = 0; n < packets; ++n, now += 20ms) {
                            put(buffer, now, sender.next());
                            device.run_period(now + phase - 3ms);
                            device.run_period(now + phase + 7ms);
                        }
                    };
                    talk(100);
                    now += held;
                    if (timestamps_go_on) sender.pause(static_cast<std::uint32_t>(held.count()) * 8);
                    device.trace.clear();
                    talk(100);
                    CHECK(std::count(device.trace.begin() + 100, device.trace.end(), 'M') == 100);
                    // What was fetched before and is not to be shortened here may stay.
                    CHECK(buffer.delay() <= 170ms);
                }
}

TEST_CASE("reset forgets the stream but not the counters and the delay") {
    rtp::jitter_buffer buffer(with_start(20ms));
    test::sender sender;
    for (int n = 0; n < 5; ++n)
        put(buffer, line_start + n * 20ms, sender.next());
    auto const target = buffer.target_delay();
    buffer.reset();
    CHECK(buffer.size() == 0);
    CHECK(buffer.target_delay() == target);
    CHECK(buffer.get(line_start + 200ms).what == kind::silence);
    test::sender another{rtp::ssrc_t{99}};
    CHECK(put(buffer, line_start + 300ms, another.next()) == put_result::reset);
    CHECK(buffer.statistics().queued == 6);
}

TEST_CASE("an audio packet without audio in it is passed like one of another kind") {
    rtp::jitter_buffer buffer(with_start(0ms));
    test::sender sender;
    sender.units = 0;
    put(buffer, line_start, sender.next());
    CHECK(buffer.get(line_start + 100ms).what == kind::silence);
    CHECK(buffer.statistics().silent == 1);
}

TEST_CASE("settings that contradict themselves are bent: the minimum wins over the maximum, the start lies between") {
    rtp::jitter_settings settings;
    settings.minimum = 100ms;
    settings.maximum = 50ms;
    settings.start = 10ms;
    rtp::jitter_buffer buffer(settings);
    CHECK(buffer.target_delay() == 100ms);
    rtp::jitter_settings nothing;
    nothing.minimum = nothing.maximum = nothing.start = 0ms;
    nothing.capacity = 0;
    rtp::jitter_buffer none(nothing);
    test::device device(none);
    test::sender sender;
    for (int n = 0; n < 100; ++n) {
        put(none, line_start + n * 20ms, sender.next());
        device.run_period(line_start + n * 20ms);
        device.run_period(line_start + n * 20ms + 10ms);
    }
    CHECK(none.target_delay() == 0ms);
    CHECK(device.trace == std::string(200, 'M'));
}
