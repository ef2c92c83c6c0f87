// Covers: the repetition of 2xx responses and the ACKs that end it, several at once, late wake-ups.
#include "sip/usage/invite_server.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

sip::time_point const start{1000s};
sip::timing const timers;

sip::pending_answer answer(std::uint32_t cseq) {
    sip::pending_answer made;
    made.cseq = cseq;
    return made;
}

}  // namespace

TEST_CASE("A 2xx is repeated at T1, doubling to T2, then at T2, and given up at 64*T1 (RFC 3261 13.3.1.4)") {
    sip::pending_answers pending;
    pending.add(start, timers, answer(1));
    std::vector<sip::duration> times;
    for (;;) {
        auto const next = pending.next_deadline();
        REQUIRE(next.has_value());
        auto const due = pending.pop_due(*next, timers);
        REQUIRE(due.has_value());
        CHECK(!pending.pop_due(*next, timers));
        times.push_back(*next - start);
        if (due->gave_up) break;
    }
    CHECK(
        times ==
        std::vector<sip::duration>{
            500ms, 1500ms, 3500ms, 7500ms, 11500ms, 15500ms, 19500ms, 23500ms, 27500ms, 31500ms, 32s}
    );
    CHECK(pending.empty());
    CHECK(!pending.next_deadline());
}

TEST_CASE("An ACK ends the answer with its CSeq and no other") {
    sip::pending_answers pending;
    pending.add(start, timers, answer(1));
    pending.add(start + 100ms, timers, answer(2));
    CHECK(pending.find(1) != nullptr);
    CHECK(!pending.on_ack(3));
    CHECK(pending.on_ack(1)->cseq == 1);
    CHECK(!pending.on_ack(1));
    CHECK(pending.find(1) == nullptr);
    CHECK(pending.next_deadline() == start + 600ms);
    CHECK(pending.on_ack(2)->cseq == 2);
    CHECK(pending.empty());
}

TEST_CASE("Nothing is due before its time") {
    sip::pending_answers pending;
    CHECK(!pending.pop_due(start, timers));
    pending.add(start, timers, answer(1));
    CHECK(!pending.pop_due(start + 499ms, timers));
}

TEST_CASE("After a late wake-up one repetition goes out, and the next deadline lies ahead") {
    sip::pending_answers pending;
    pending.add(start, timers, answer(1));
    auto const late = start + 20s;
    CHECK(pending.pop_due(late, timers).has_value());
    CHECK(!pending.pop_due(late, timers));
    CHECK(*pending.next_deadline() > late);
    CHECK(pending.pop_due(start + 60s, timers)->gave_up);
}

TEST_CASE("The number of answers that may be out is bounded") {
    sip::pending_answers pending;
    for (std::uint32_t i = 0; i < sip::pending_answers::most; ++i) {
        CHECK(!pending.is_full());
        pending.add(start, timers, answer(i));
    }
    CHECK(pending.is_full());
}

TEST_CASE("A T1 above T2 is repeated at T1") {
    sip::pending_answers pending;
    sip::timing const slow{6s, 4s, 5s};
    pending.add(start, slow, answer(1));
    CHECK(pending.pop_due(start + 6s, slow).has_value());
    CHECK(pending.next_deadline() == start + 12s);
}
