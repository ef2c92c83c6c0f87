// Covers: several calls of one phone: the guide's flow 5, a peer that does not agree to be held, swapping, who is held
// when somebody is called. Not here: refusing the second caller (calls.cpp, incoming_rules.cpp), conferences.
#include <doctest/doctest.h>

#include "support/phoned/three_phones.hpp"

using namespace std::chrono_literals;
using phoned::call_state;

TEST_CASE_FIXTURE(
    test::three_phones,
    "the call that talks is held, and its peer has agreed, before the waiting one is answered (flow 5)"
) {
    const auto [first, at_b] = connect(a, b);
    const auto at_c = c.dial("1001");
    REQUIRE(run_until(2s, [&] { return a.live_calls() == 2; }));
    run(1500ms);
    CHECK(a.level() > -40);  // B's voice and the call waiting tone
    wire.clear();
    const auto second = a.answer();
    REQUIRE(run_until(3s, [&] { return c.call(at_c).state == call_state::confirmed; }));
    expect_on_wire(
        {"A>P INVITE 1002", "P>B INVITE 1002", "B>P 200 INVITE", "P>A 200 INVITE", "A>P ACK 1002", "A>P 200 INVITE",
         "P>C 200 INVITE", "C>P ACK 1001"}
    );
    CHECK(place_of("A>P 200 INVITE") > place_of("A>P ACK 1002"));
    run(1500ms);
    CHECK(a.call(first).held_by_us);
    CHECK(b.call(at_b).held_by_peer);
    CHECK(a.hears(c.tone));
    CHECK(c.hears(a.tone));
    CHECK(b.level() < -60);

    SUBCASE("swapping makes the held one talk and holds the other") {
        const auto talks = a.phone().call_swap(a.context());
        REQUIRE(talks.has_value());
        CHECK(*talks == first);
        run(2s);
        CHECK(a.hears(b.tone));
        CHECK(b.hears(a.tone));
        CHECK(c.level() < -60);
        CHECK(c.call(at_c).held_by_peer);
    }
    SUBCASE("the end of the call that talks leaves the other on hold until it is resumed") {
        hang_up(c, at_c);
        run(2s);
        CHECK(a.call(second).state == call_state::terminated);
        CHECK(a.call(first).held_by_us);
        REQUIRE(a.phone().call_resume(a.context(), first).has_value());
        run(2s);
        CHECK(a.hears(b.tone));
    }
    hang_up(a, first);
    if (a.live_calls() != 0) hang_up(a, second);
    expect_all_over();
}

TEST_CASE_FIXTURE(
    test::three_phones, "a peer that does not react to being held keeps the waiting caller for 8 s at most"
) {
    connect(a, b);
    const auto at_c = c.dial("1001");
    REQUIRE(run_until(2s, [&] { return a.live_calls() == 2; }));
    b.is_dead = true;
    network.lets_pass = [&](const test::sim_network::packet& p) { return !line_of(p).ends_with(" 1002"); };
    (void)a.answer();
    run(7s);
    CHECK(c.call(at_c).state == call_state::early);
    CHECK(run_until(2s, [&] { return c.call(at_c).state == call_state::confirmed; }));
}

TEST_CASE_FIXTURE(test::three_phones, "whoever calls somebody else holds the call that talks") {
    const auto [first, at_b] = connect(a, b);
    (void)connect(a, c);
    run(500ms);
    CHECK(a.call(first).held_by_us);
    CHECK(b.call(at_b).held_by_peer);
    CHECK(a.hears(c.tone));
    CHECK_FALSE(a.phone().call_swap(a.context()).has_error());
}

TEST_CASE_FIXTURE(test::three_phones, "there is nothing to swap without a call on hold") {
    connect(a, b);
    const auto outcome = a.phone().call_swap(a.context());
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == phoned::error_number::wrong_state);
}

TEST_CASE("a held call makes itself heard from time to time (features.play_hold_tone)") {
    for (const bool wanted : {true, false}) {
        CAPTURE(wanted);
        test::three_phones world([&](phoned::settings& s) {
            s.hold_reminder = wanted;
            s.hold_reminder_interval = 10s;
        });
        const auto [call, at_b] = world.connect(world.a, world.b);
        REQUIRE(world.a.phone().call_hold(world.a.context(), call).has_value());
        world.run(9500ms);
        CHECK(world.a.level() < -60);
        world.run(1200ms);
        CHECK((world.a.level() > -40) == wanted);
    }
}
