// Covers: the conference of three that the phone mixes (the guide's flow 11): who hears whom, measured; leaving in
// turn, holding, muting, splitting, joining the others by transfer; and the conference of the network. Not here: the
// mixer (librtp's conference).
#include <doctest/doctest.h>

#include <tuple>

#include "support/phoned/three_phones.hpp"

using namespace std::chrono_literals;
using phoned::call_state;

namespace {

/// How loud a tone is in what somebody hears, in dBov.
double level_of(const test::sim_phone& ear, double hertz) {
    double cosine = 0, sine = 0;
    const auto heard = ear.heard();
    for (std::size_t n = 0; n < heard.size(); ++n) {
        const auto angle = 2 * std::numbers::pi * hertz * static_cast<double>(n) / 8000;
        cosine += heard[n] * std::cos(angle);
        sine += heard[n] * std::sin(angle);
    }
    const auto amplitude = 2 * std::hypot(cosine, sine) / static_cast<double>(heard.size());
    return 20 * std::log10(std::max(amplitude, 1.0) / 32768);
}

bool hears_only(const test::sim_phone& ear, std::initializer_list<const test::sim_phone*> talkers) {
    for (const double tone : {500.0, 600.0, 700.0}) {
        const bool expected =
            std::any_of(talkers.begin(), talkers.end(), [&](auto* each) { return each->tone == tone; });
        if ((level_of(ear, tone) > -30) != expected) return false;
    }
    return true;
}

struct conference : test::three_phones {
    explicit conference(const change& of_a = {}) : test::three_phones(of_a) {
        std::tie(to_b, at_b) = connect(a, b);
        REQUIRE(a.phone().call_hold(a.context(), to_b).has_value());
        run(500ms);
        std::tie(to_c, at_c) = connect(a, c);
        wire.clear();
        REQUIRE(a.phone().call_conference(a.context(), to_c, to_b).has_value());
        run(2s);
    }
    void expect_three() {
        CHECK(hears_only(a, {&b, &c}));
        CHECK(hears_only(b, {&a, &c}));
        CHECK(hears_only(c, {&a, &b}));
    }
    phoned::call_number to_b{}, to_c{}, at_b{}, at_c{};
};

}  // namespace

TEST_CASE_FIXTURE(conference, "each of three hears the other two, once the first is taken off hold (flow 11)") {
    expect_on_wire({"A>P INVITE 1002", "P>B INVITE 1002", "B>P 200 INVITE", "A>P ACK 1002"});
    CHECK(count_on_wire("A>P INVITE 1003") == 0);
    CHECK(a.call(to_b).in_conference);
    CHECK(a.call(to_c).in_conference);
    CHECK_FALSE(b.call(at_b).held_by_peer);
    expect_three();

    SUBCASE("the first party leaves") {
        hang_up(b, at_b);
        run(2s);
        CHECK_FALSE(a.call(to_c).in_conference);
        CHECK(hears_only(a, {&c}));
        CHECK(hears_only(c, {&a}));
        CHECK(hears_only(b, {}));
    }
    SUBCASE("the second party leaves") {
        hang_up(c, at_c);
        run(2s);
        CHECK(hears_only(a, {&b}));
        CHECK(hears_only(b, {&a}));
    }
    SUBCASE("the host ends one party") {
        hang_up(a, to_b);
        run(2s);
        CHECK(hears_only(a, {&c}));
        CHECK(hears_only(c, {&a}));
    }
    SUBCASE("the host leaves, and it is over for all") {
        REQUIRE(a.phone().call_leave_conference(a.context()).has_value());
        expect_all_over();
        CHECK(a.phone().call_leave_conference(a.context()).has_error());
    }
    SUBCASE("the host mutes the own voice alone") {
        REQUIRE(a.phone().call_mute(a.context(), to_b, true).has_value());
        run(2s);
        CHECK(hears_only(a, {&b, &c}));
        CHECK(hears_only(b, {&c}));
        CHECK(hears_only(c, {&b}));
        REQUIRE(a.phone().call_mute(a.context(), to_b, false).has_value());
        run(2s);
        expect_three();
    }
    SUBCASE("a party is held for a while") {
        REQUIRE(a.phone().call_hold(a.context(), to_b).has_value());
        run(2s);
        CHECK(hears_only(a, {&c}));
        CHECK(hears_only(c, {&a}));
        CHECK(hears_only(b, {}));
        REQUIRE(a.phone().call_resume(a.context(), to_b).has_value());
        run(2s);
        expect_three();
    }
    SUBCASE("a party holds, and the other two go on") {
        REQUIRE(b.phone().call_hold(b.context(), at_b).has_value());
        run(2s);
        CHECK(hears_only(a, {&c}));
        CHECK(hears_only(c, {&a}));
        CHECK(hears_only(b, {}));
    }
    SUBCASE("splitting leaves one call that talks and one on hold") {
        REQUIRE(a.phone().call_split(a.context(), to_b).has_value());
        run(2s);
        CHECK(hears_only(a, {&b}));
        CHECK(hears_only(b, {&a}));
        CHECK(hears_only(c, {}));
        CHECK(a.call(to_c).held_by_us);
        CHECK_FALSE(a.call(to_b).in_conference);
        CHECK(a.phone().call_split(a.context(), to_b).has_error());
    }
    SUBCASE("somebody else who calls waits, and holds the whole conference when answered") {
        auto& d = add(1004);
        register_all();
        const auto at_d = d.dial("1001");
        REQUIRE(run_until(2s, [&] { return a.live_calls() == 3; }));
        (void)a.answer();
        REQUIRE(run_until(3s, [&] { return d.call(at_d).state == call_state::confirmed; }));
        run(2s);
        CHECK(a.hears(d.tone));
        CHECK(hears_only(b, {}));
        CHECK(hears_only(c, {}));
        REQUIRE(a.phone().call_resume(a.context(), to_b).has_value());
        REQUIRE(a.phone().call_hangup(a.context(), a.last_call().call).has_value());
        run(1s);
        REQUIRE(a.phone().call_resume(a.context(), to_c).has_value());
        run(2s);
        expect_three();
    }
}

TEST_CASE(
    "the host that leaves joins the others by transfer where it is set so (transfer.tran_others_after_conf_enable)"
) {
    conference world([](phoned::settings& s) { s.leaving_joins_others = true; });
    REQUIRE(world.a.phone().call_leave_conference(world.a.context()).has_value());
    REQUIRE(world.run_until(10s, [&] {
        return world.a.live_calls() == 0 && world.b.live_calls() == 1 && world.c.live_calls() == 1;
    }));
    world.run(2s);
    CHECK(hears_only(world.b, {&world.c}));
    CHECK(hears_only(world.c, {&world.b}));
}

TEST_CASE_FIXTURE(test::three_phones, "a conference needs two calls that are up") {
    const auto [to_b, at_b] = connect(a, b);
    const auto code = [](const auto& outcome) { return outcome ? phoned::error_number{} : outcome.error().code; };
    CHECK(code(a.phone().call_conference(a.context(), to_b, to_b)) == phoned::error_number::wrong_state);
    CHECK(
        code(a.phone().call_conference(a.context(), to_b, phoned::call_number{9})) == phoned::error_number::no_such_call
    );
    const auto ringing = a.dial("1003");
    CHECK(code(a.phone().call_conference(a.context(), to_b, ringing)) == phoned::error_number::wrong_state);
}

TEST_CASE("in a conference of the network the others are sent to the conference server (RFC 4579 5.5)") {
    test::three_phones world([](phoned::settings& s) {
        s.accounts[0].network_conference = true;
        s.accounts[0].conference_uri = "1005";
    });
    auto& server = world.add(1005, [](phoned::settings& s) {
        s.accounts[0].auto_answer = true;  // of the first; the phone is no server, but it is called as one
        s.auto_answer_delay = 1s;
    });
    world.register_all();
    const auto [to_b, at_b] = world.connect(world.a, world.b);
    REQUIRE(world.a.phone().call_hold(world.a.context(), to_b).has_value());
    world.run(500ms);
    const auto [to_c, at_c] = world.connect(world.a, world.c);
    const auto made = world.a.phone().call_conference(world.a.context(), to_c, to_b);
    REQUIRE(made.has_value());
    REQUIRE(made->has_value());
    REQUIRE(world.run_until(5s, [&] { return server.live_calls() == 3; }));
    CHECK(world.a.call(**made).state == call_state::confirmed);
    CHECK(world.b.last_call().remote.find("1005") != std::string::npos);
    CHECK(world.c.last_call().remote.find("1005") != std::string::npos);

    test::three_phones without([](phoned::settings& s) { s.accounts[0].network_conference = true; });
    const auto first = without.connect(without.a, without.b).first;
    const auto second = without.connect(without.a, without.c).first;
    CHECK(without.a.phone().call_conference(without.a.context(), first, second).has_error());
}
