// Covers: who owes what in which message, and the two windows of RFC 3261 14.1.
#include "sip/usage/offer_phase.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

using namespace std::chrono_literals;
using sip::description_carrier;
using state = sip::offer_phase::state;

TEST_CASE("At most one offer is open, and its carrier says where the answer travels") {
    sip::offer_phase phase;
    CHECK(phase.is_idle());
    phase.offer_sent(description_carrier::invite);
    CHECK(phase.current() == state::local_offer);
    CHECK(phase.awaits_answer_to(description_carrier::invite));
    CHECK(!phase.awaits_answer_to(description_carrier::success));
    CHECK(!phase.owes_answer_to(description_carrier::invite));
    phase.close();
    CHECK(phase.is_idle());
    CHECK(phase.carrier() == description_carrier::none);
    phase.offer_received(description_carrier::success);
    CHECK(phase.owes_answer_to(description_carrier::success));
    CHECK(!phase.awaits_answer_to(description_carrier::success));
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

TEST_CASE("Offers and answers travel in the six patterns of RFC 6337 2.2 and in no other") {
    using enum description_carrier;
    using sip::description_meaning;
    constexpr description_carrier all[]{invite, reliable, success, ack, prack, prack_success, update, update_success};
    // Where the answer to each kind of offer may stand; whatever else is described while it is open means nothing.
    struct pattern {
        description_carrier offer;
        std::set<description_carrier> answers;
    };
    pattern const patterns[]{
        {invite, {success, reliable}}, {success, {ack}},           {reliable, {prack}},
        {prack, {prack_success}},      {update, {update_success}},
    };
    for (auto const& one : patterns) {
        for (bool const ours : {true, false}) {
            sip::offer_phase phase;
            phase.begin_invite();
            ours ? phase.offer_sent(one.offer) : phase.offer_received(one.offer);
            for (auto const carrier : all) {
                CAPTURE(static_cast<int>(one.offer));
                CAPTURE(static_cast<int>(carrier));
                auto const expected =
                    one.answers.contains(carrier) ? description_meaning::answer : description_meaning::nothing;
                CHECK(phase.meaning_of(carrier) == expected);
            }
        }
    }
    // With nothing open: requests may offer, responses to an INVITE only before its exchange, and nothing else.
    for (bool const settled : {false, true}) {
        sip::offer_phase phase;
        if (settled) phase.answered();
        for (auto const carrier : all) {
            CAPTURE(settled);
            CAPTURE(static_cast<int>(carrier));
            bool const request = carrier == invite || carrier == prack || carrier == update;
            bool const response = (carrier == reliable || carrier == success) && !settled;
            CHECK(
                phase.meaning_of(carrier) ==
                (request || response ? description_meaning::offer : description_meaning::nothing)
            );
        }
    }
}

TEST_CASE("A new INVITE may be answered with an offer again (RFC 6337 2.2)") {
    sip::offer_phase phase;
    phase.answered();
    CHECK(phase.is_settled());
    phase.begin_invite();
    CHECK(phase.meaning_of(description_carrier::success) == sip::description_meaning::offer);
}
