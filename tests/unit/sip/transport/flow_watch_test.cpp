// Covered: when a flow is pinged, how long its answers may take, and what an answer may be. Not here: what becomes of a
// registration whose flow has failed (ua/outbound.cpp).
#include "sip/transport/flow_watch.hpp"

#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

namespace {

using namespace std::chrono_literals;
using verdict = sip::flow_watch::verdict;

sip::endpoint const here{*sip::ip_address::from("198.51.100.7"), 5060, sip::transport_kind::udp};
sip::endpoint const elsewhere{*sip::ip_address::from("198.51.100.7"), 5061, sip::transport_kind::udp};

struct fixture {
    test::seeded_random random{5};
    sip::time_point now{};
    sip::keep_alive_settings settings;

    sip::flow_watch stream() { return {now, true, settings.stream, random.source()}; }
    sip::flow_watch datagrams() { return {now, false, settings.datagram, random.source()}; }
    /// Goes to the next deadline and says what is to be done there.
    sip::flow_watch::due next(sip::flow_watch& watch) {
        now = watch.next_deadline();
        return watch.on_timeout(now);
    }
};

/// The answer to a Binding request.
std::string answered(std::string const& ping, sip::endpoint const& from) {
    return sip::stun::answer(ping, from).value();
}

}  // namespace

TEST_CASE_FIXTURE(fixture, "A connection is pinged by CRLF CRLF every 95 to 120 s, each time anew (RFC 5626 4.4.1)") {
    auto watch = stream();
    std::set<sip::duration> intervals;
    for (int i = 0; i < 50; ++i) {
        auto const before = now;
        CHECK(next(watch).ping == "\r\n\r\n");
        intervals.insert(now - before);
        CHECK(now - before >= 95s);
        CHECK(now - before <= 120s);
        now += 1s;
        CHECK(watch.on_answer(now, "\r\n") == verdict::alive);
    }
    CHECK(intervals.size() > 40);
}

TEST_CASE_FIXTURE(fixture, "Without a pong within 10 s a connection has failed (RFC 5626 4.4.1)") {
    auto watch = stream();
    auto const pinged = next(watch);
    CHECK(pinged.flow == verdict::unknown);
    auto const at = now;
    auto const verdict_then = next(watch);
    CHECK(now - at == 10s);
    CHECK(verdict_then.flow == verdict::failed);
    CHECK(verdict_then.ping.empty());
}

TEST_CASE_FIXTURE(fixture, "A line end that nobody asked for is no pong (RFC 5626 4.4.1)") {
    auto watch = stream();
    auto const due = watch.next_deadline();
    CHECK(watch.on_answer(now, "\r\n") == verdict::unknown);
    CHECK(watch.next_deadline() == due);
}

TEST_CASE_FIXTURE(fixture, "Over datagrams a Binding request goes every 24 to 29 s (RFC 5626 4.4.2, 3.5.2)") {
    auto watch = datagrams();
    for (int i = 0; i < 50; ++i) {
        auto const before = now;
        auto const due = next(watch);
        REQUIRE(sip::stun::parse(due.ping));
        CHECK(now - before >= 24s);
        CHECK(now - before <= 29s);
        CHECK(watch.on_answer(now, answered(due.ping, here)) == verdict::alive);
    }
}

TEST_CASE_FIXTURE(
    fixture, "A Binding request is sent seven times, then the flow has failed: 39.5 s in all (RFC 8489 6.2.1, RFC 5626 "
             "4.4.2)"
) {
    auto watch = datagrams();
    auto const first = next(watch);
    auto const begun = now;
    std::vector<sip::duration> sent{0s};
    for (;;) {
        auto const due = next(watch);
        if (due.flow == verdict::failed) break;
        CHECK(due.ping == first.ping);  // one transaction
        sent.push_back(now - begun);
    }
    CHECK(sent == std::vector<sip::duration>{0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms});
    CHECK(now - begun == 39500ms);
}

TEST_CASE_FIXTURE(fixture, "A late answer to a repeated request counts, and ends the repetition (RFC 8489 6.2.1)") {
    auto watch = datagrams();
    auto const first = next(watch);
    (void)next(watch);
    (void)next(watch);
    CHECK(watch.on_answer(now, answered(first.ping, here)) == verdict::alive);
    CHECK(watch.next_deadline() >= now + 24s);
    CHECK(watch.on_answer(now, answered(first.ping, here)) == verdict::unknown);  // the copy's answer
}

TEST_CASE_FIXTURE(fixture, "Another address of ours in the response is a failure of the flow (RFC 5626 4.4.2, 8)") {
    auto watch = datagrams();
    CHECK(watch.on_answer(now, answered(next(watch).ping, here)) == verdict::alive);
    CHECK(watch.on_answer(now, answered(next(watch).ping, here)) == verdict::alive);
    CHECK(watch.on_answer(now, answered(next(watch).ping, elsewhere)) == verdict::failed);
}

TEST_CASE_FIXTURE(fixture, "A Binding error response is a failure of the flow (RFC 5626 4.4.2, RFC 8489 6.3.4)") {
    auto watch = datagrams();
    auto error = next(watch).ping;
    error[0] = 0x01;
    error[1] = 0x11;
    CHECK(watch.on_answer(now, error) == verdict::failed);
}

TEST_CASE_FIXTURE(
    fixture, "An answer to another transaction, a request, or no STUN at all, says nothing (RFC 8489 6.3)"
) {
    auto watch = datagrams();
    auto const ping = next(watch).ping;
    auto const other = sip::stun::binding_request(sip::stun::new_transaction(random.source()));
    CHECK(watch.on_answer(now, answered(other, here)) == verdict::unknown);
    CHECK(watch.on_answer(now, ping) == verdict::unknown);
    CHECK(watch.on_answer(now, "\r\n") == verdict::unknown);
    CHECK(watch.on_answer(now, answered(ping, here)) == verdict::alive);
}

TEST_CASE_FIXTURE(fixture, "A response to our request without an address is a failure (RFC 8489 6.3.3)") {
    auto watch = datagrams();
    auto bare = next(watch).ping;
    bare[0] = 0x01;
    bare[1] = 0x01;
    CHECK(watch.on_answer(now, bare) == verdict::failed);
}

TEST_CASE_FIXTURE(fixture, "Flow-Timer takes the place of our own interval: 80 to 100 % of it (RFC 5626 4.4)") {
    auto const asked = sip::flow_watch::from_flow_timer(100);
    CHECK(asked.shortest == 80s);
    CHECK(asked.longest == 100s);
    auto watch = stream();
    (void)next(watch);
    watch.set_interval(asked);
    CHECK(watch.on_answer(now, "\r\n") == verdict::alive);
    CHECK(watch.next_deadline() >= now + 80s);
    CHECK(watch.next_deadline() <= now + 100s);
}
