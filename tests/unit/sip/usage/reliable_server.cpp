// Covers: the list of unacknowledged reliable provisional responses: numbers, order, repetition, giving up, and what
// holds a 2xx back. What the messages look like is tested with the user agent (ua/reliable.cpp).
#include "sip/usage/reliable_server.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

using namespace std::chrono_literals;
using sip::reliable_responses;
using description = reliable_responses::description;

namespace {

constexpr sip::timing timers;
sip::time_point at(sip::duration since_start) {
    return sip::time_point() + since_start;
}
sip::rack_view rack(std::uint32_t rseq, std::uint32_t cseq = 1, sip::method name = sip::method::invite) {
    return {rseq, {cseq, name, {}}};
}

struct fixture {
    test::seeded_random random{3};
    sip::buffer_pool pool;
    reliable_responses list;

    bool add(std::string_view text, description body = description::absent) {
        (void)list.next_rseq(random.source());
        return list.add(at(0ms), timers, pool.copy(text), body);
    }
};

}  // namespace

TEST_CASE("The first RSeq is between 1 and 2^31 - 1, the next is greater by one (RFC 3262 3)") {
    test::seeded_random random(1);
    for (int i = 0; i < 10'000; ++i) {
        fixture f;
        auto const first = f.list.next_rseq(random.source());
        CHECK(first >= 1);
        CHECK(first <= 0x7fffffffU);
        (void)f.list.add(at(0ms), timers, f.pool.copy("1"), description::absent);
        CHECK(f.list.next_rseq(random.source()) == first + 1);
    }
}

TEST_CASE("A second reliable response is not sent before the first is acknowledged (RFC 3262 3)") {
    fixture f;
    CHECK(f.add("first"));
    auto const first = f.list.next_rseq(f.random.source()) - 1;
    CHECK(!f.add("second"));
    CHECK(!f.add("third"));
    CHECK(!f.list.matches(rack(first + 1), 1));  // it has never left
    CHECK(f.list.matches(rack(first), 1));
    f.list.acknowledge();
    CHECK(f.list.send_next(at(1s), timers)->text() == "second");
    CHECK(!f.list.send_next(at(1s), timers));
    CHECK(f.list.matches(rack(first + 1), 1));
    CHECK(!f.list.matches(rack(first), 1));
}

TEST_CASE("A PRACK matches by method, CSeq and RSeq (RFC 3262 3)") {
    fixture f;
    f.add("first");
    auto const rseq = f.list.next_rseq(f.random.source()) - 1;
    CHECK(f.list.matches(rack(rseq, 1), 1));
    CHECK(!f.list.matches(rack(rseq + 1, 1), 1));
    CHECK(!f.list.matches(rack(rseq, 2), 1));
    CHECK(!f.list.matches(rack(rseq, 1, sip::method::update), 1));
    f.list.acknowledge();
    CHECK(!f.list.matches(rack(rseq, 1), 1));
}

TEST_CASE("A reliable response is repeated at T1, doubling without the limit of T2, for 64*T1 (RFC 3262 3)") {
    fixture f;
    f.add("first");
    std::vector<sip::duration> sent;
    for (;;) {
        auto const next = *f.list.next_deadline();
        auto const due = f.list.pop_due(next, timers);
        REQUIRE(due.has_value());
        if (due->gave_up) {
            CHECK(next == at(32s));
            break;
        }
        sent.push_back(next - at(0ms));
    }
    CHECK(sent == std::vector<sip::duration>{500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms});
    CHECK(!f.list.next_deadline());
    CHECK(!f.list.is_open());
}

TEST_CASE("Only an unacknowledged description holds the 2xx back (RFC 3262 3, 5)") {
    fixture f;
    f.add("no description");
    CHECK(!f.list.holds_success());
    f.add("described", description::present);
    CHECK(f.list.holds_success());
    f.list.acknowledge();
    CHECK(f.list.holds_success());
    (void)f.list.send_next(at(1s), timers);
    f.list.acknowledge();
    CHECK(!f.list.holds_success());
}

TEST_CASE("After the final response nothing is repeated, but the PRACK that is under way still matches (RFC 3262 3)") {
    fixture f;
    f.add("first");
    auto const rseq = f.list.next_rseq(f.random.source()) - 1;
    f.add("second");
    f.list.finish();
    CHECK(!f.list.pop_due(at(31s), timers));
    CHECK(f.list.matches(rack(rseq), 1));
    f.list.acknowledge();
    CHECK(!f.list.send_next(at(31s), timers));
}

TEST_CASE("The list of what waits for its turn is bounded") {
    fixture f;
    for (std::size_t i = 0; i < reliable_responses::most; ++i) {
        CHECK(!f.list.is_full());
        f.add("one more");
    }
    CHECK(f.list.is_full());
}
