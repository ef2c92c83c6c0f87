// Covers: who owes what in which message, and the two windows of RFC 3261 14.1.
#include "sip/usage/offer_phase.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

using namespace std::chrono_literals;
using sip::offer_carrier;
using state = sip::offer_phase::state;

TEST_CASE("At most one offer is open, and its carrier says where the answer travels") {
    sip::offer_phase phase;
    CHECK(phase.is_idle());
    phase.offer_sent(offer_carrier::invite);
    CHECK(phase.current() == state::local_offer);
    CHECK(phase.awaits_answer_to(offer_carrier::invite));
    CHECK(!phase.awaits_answer_to(offer_carrier::success));
    CHECK(!phase.owes_answer_to(offer_carrier::invite));
    phase.close();
    CHECK(phase.is_idle());
    CHECK(phase.carrier() == offer_carrier::none);
    phase.offer_received(offer_carrier::success);
    CHECK(phase.owes_answer_to(offer_carrier::success));
    CHECK(!phase.awaits_answer_to(offer_carrier::success));
}

TEST_CASE("The owner of the Call-ID waits 2.1 to 4 s after a collision, the other side 0 to 2 s, in steps of 10 ms") {
    test::seeded_random random(1);
    std::set<sip::duration> owner, other;
    for (int i = 0; i < 20'000; ++i) {
        owner.insert(sip::glare_wait(sip::dialog_role::uac, random.source()));
        other.insert(sip::glare_wait(sip::dialog_role::uas, random.source()));
    }
    CHECK(*owner.begin() == 2100ms);
    CHECK(*owner.rbegin() == 4000ms);
    CHECK(owner.size() == 191);  // every step is reached
    CHECK(*other.begin() == 0ms);
    CHECK(*other.rbegin() == 2000ms);
    CHECK(other.size() == 201);
}
