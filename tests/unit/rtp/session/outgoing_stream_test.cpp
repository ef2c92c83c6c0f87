// Covers: random starts, timestamps over steady frames, jitter of the caller, gaps, rate changes, and days of talk.
#include "rtp/session/outgoing_stream.hpp"

#include <doctest/doctest.h>

#include <set>

#include "rtp/stats/sequence.hpp"
#include "unit/rtp/support/random.hpp"

using namespace rtp;
using namespace rtp_test;
using namespace std::chrono_literals;

namespace {

constexpr time_point start = time_point{} + 1h;

outgoing_stream make(std::uint64_t seed = 1) {
    auto environment = seeded(seed);
    return {start, environment};
}

}  // namespace

TEST_CASE("SSRC, sequence number and timestamp start at random (RFC 3550 5.1)") {
    std::set<ssrc_t> sources;
    std::set<sequence_t> sequences;
    std::set<timestamp_t> timestamps;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        auto const stream = make(seed);
        sources.insert(stream.ssrc());
        sequences.insert(stream.next_sequence());
        timestamps.insert(stream.next_timestamp(start));
        CHECK(static_cast<unsigned>(stream.next_sequence()) < 0x8000);
    }
    CHECK(sources.size() == 500);
    CHECK(sequences.size() > 480);
    CHECK(timestamps.size() == 500);
}

TEST_CASE("Timestamps follow the length of the frames, not the jitter of the caller") {
    auto stream = make();
    auto const first = stream.begin_frame(start, 160);
    CHECK(first.is_after_gap);
    auto expected = first.timestamp;
    duration const jitter[] = {0ms, 13ms, -9ms, 150ms, 3ms};
    for (int i = 1; i < 1000; ++i) {
        auto const frame = stream.begin_frame(start + i * 20ms + jitter[i % 5], 160);
        expected = advance(expected, 160);
        CHECK(frame.timestamp == expected);
        CHECK_FALSE(frame.is_after_gap);
    }
}

TEST_CASE("After a gap the timestamp has followed the clock and the frame is marked") {
    auto stream = make();
    auto const first = stream.begin_frame(start, 160);
    auto const after_hold = stream.begin_frame(start + 30s, 160);
    CHECK(distance(first.timestamp, after_hold.timestamp) == 240'000);
    CHECK(after_hold.is_after_gap);
    auto const next = stream.begin_frame(start + 30s + 20ms, 160);
    CHECK(distance(after_hold.timestamp, next.timestamp) == 160);
    CHECK_FALSE(next.is_after_gap);
}

TEST_CASE("A sender report's media time runs between frames and before the first") {
    auto stream = make();
    auto const before = stream.timestamp_at(start);
    CHECK(distance(before, stream.timestamp_at(start + 1s)) == 8000);
    auto const frame = stream.begin_frame(start + 2s, 160);
    CHECK(distance(frame.timestamp, stream.timestamp_at(start + 2s + 10ms)) == 80);
}

TEST_CASE("Time spent in telephone events is skipped, and never goes back") {
    auto stream = make();
    auto const frame = stream.begin_frame(start, 160);
    auto const end = advance(frame.timestamp, 960);
    stream.skip_to(start + 100ms, end);
    CHECK(stream.next_timestamp(start + 100ms) == end);
    stream.skip_to(start + 100ms, frame.timestamp);
    CHECK(stream.next_timestamp(start + 100ms) == end);
}

TEST_CASE("Another clock rate goes on from the same timestamp") {
    auto stream = make();
    auto const frame = stream.begin_frame(start, 160);
    stream.set_rate(start + 20ms, clock_rate{16'000});
    CHECK(stream.begin_frame(start + 20ms, 320).timestamp == advance(frame.timestamp, 160));
    CHECK(stream.begin_frame(start + 40ms, 320).timestamp == advance(frame.timestamp, 480));
}

TEST_CASE("Another SSRC starts the counters again and goes on with the numbers (RFC 3550 6.4.1)") {
    auto stream = make();
    stream.on_sent(start, 160);
    stream.on_sent(start, 160);
    CHECK(stream.packets() == 2);
    CHECK(stream.octets() == 320);
    auto const sequence = stream.next_sequence();
    stream.change_ssrc(ssrc_t{77});
    CHECK(stream.ssrc() == ssrc_t{77});
    CHECK(stream.packets() == 0);
    CHECK(stream.octets() == 0);
    CHECK(stream.next_sequence() == sequence);
    CHECK(stream.has_sent());
}

TEST_CASE("A week of silence is as long in media time as on the clock") {
    auto stream = make();
    auto const first = stream.begin_frame(start, 160);
    auto const units = std::int64_t{7} * 86'400 * 8000;
    CHECK(stream.begin_frame(start + 7 * 24h, 160).timestamp == advance(first.timestamp, units));
}
