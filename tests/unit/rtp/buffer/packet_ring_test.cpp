// The ring of packets.
// Covered: places, order, the edge of the window, duplicates among the last 64 numbers, reopening, restart; against a
// plain map over random traffic.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "rtp/buffer/packet_ring.hpp"
#include "support/seeded_random.hpp"

using place = rtp::packet_ring::place;

namespace {

rtp::queued_packet packet(std::int64_t sequence) {
    rtp::queued_packet made;
    made.buffer = rtp::packet_buffer::unpooled();
    made.sequence = sequence;
    return made;
}

}  // namespace

TEST_CASE("capacity is a power of two between 8 and 1024") {
    CHECK(rtp::packet_ring(0).capacity() == 8);
    CHECK(rtp::packet_ring(8).capacity() == 8);
    CHECK(rtp::packet_ring(50).capacity() == 64);
    CHECK(rtp::packet_ring(1'000'000).capacity() == 1024);
}

TEST_CASE("packets come out in order, and what is missing is missing") {
    rtp::packet_ring ring(8);
    ring.restart(100);
    for (std::int64_t sequence : {103, 100, 101}) {
        REQUIRE(ring.place_of(sequence) == place::free);
        ring.insert(packet(sequence));
        CHECK(ring.place_of(sequence) == place::taken);
    }
    CHECK(ring.size() == 3);
    CHECK(ring.first()->sequence == 100);
    CHECK(ring.pass().sequence == 100);
    CHECK(ring.turn()->sequence == 101);
    CHECK(ring.pass().sequence == 101);
    CHECK(ring.turn() == nullptr);
    CHECK(ring.first()->sequence == 103);
    CHECK_FALSE(ring.pass().buffer.has_block());
    CHECK(ring.place_of(100) == place::passed_seen);
    CHECK(ring.place_of(102) == place::passed);
    ring.mark_seen(102);
    CHECK(ring.place_of(102) == place::passed_seen);
    CHECK(ring.place_of(110) == place::free);
    CHECK(ring.place_of(111) == place::beyond);
}

TEST_CASE("the window reopens backwards only while everything fits") {
    rtp::packet_ring ring(8);
    ring.restart(-3);  // extended numbers may be negative
    ring.insert(packet(-3));
    ring.insert(packet(2));
    CHECK_FALSE(ring.reopen(0));
    CHECK(ring.reopen(-5));
    CHECK(ring.place_of(-5) == place::free);
    CHECK(ring.first()->sequence == -3);
    CHECK_FALSE(ring.reopen(-6));
    CHECK(ring.next() == -5);
}

TEST_CASE("the ring agrees with a plain map and set over random traffic") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        test::seeded_random random(seed);
        rtp::packet_ring ring(16);
        std::int64_t next = 65'530;
        ring.restart(next);
        std::set<std::int64_t> waiting;
        std::map<std::int64_t, bool> passed;
        for (int step = 0; step < 2000; ++step) {
            auto const sequence = next - 8 + static_cast<std::int64_t>(random.below(30));
            auto expected = place::free;
            if (sequence < next) expected = passed[sequence] ? place::passed_seen : place::passed;
            if (waiting.count(sequence) != 0) expected = place::taken;
            if (sequence >= next + 16) expected = place::beyond;
            CHECK(ring.place_of(sequence) == expected);
            if (expected == place::free) {
                ring.insert(packet(sequence));
                waiting.insert(sequence);
            }
            if (random.chance(50)) {
                auto const taken = ring.pass();
                CHECK(taken.buffer.has_block() == (waiting.count(next) != 0));
                passed[next] = waiting.erase(next) != 0;
                ++next;
            }
            CHECK(ring.size() == waiting.size());
            CHECK(ring.next() == next);
            CHECK((ring.first() == nullptr ? -1 : ring.first()->sequence) == (waiting.empty() ? -1 : *waiting.begin()));
        }
    }
}
