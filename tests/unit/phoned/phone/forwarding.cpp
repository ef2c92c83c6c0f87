// Covers: forwarding by 302 as callee and as caller (the guide's flows 8 to 10): always, busy, no answer, by hand, per
// account; who forwarded is told on; loops, dead ends and several targets. Not here: the order of the rules
// (incoming_rules.cpp), which Contacts count (libsip's redirection).
#include <doctest/doctest.h>

#include "support/phoned/three_phones.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using phoned::call_state;

namespace {

void expect_talk(test::three_phones& world, phoned::call_number at_a) {
    (void)world.c.answer();
    REQUIRE(world.run_until(3s, [&] { return world.a.call(at_a).state == call_state::confirmed; }));
    world.run(1500ms);
    CHECK(world.a.hears(world.c.tone));
    CHECK(world.c.hears(world.a.tone));
    CHECK(world.a.open_sockets() == 1);
    CHECK(world.b.open_sockets() == 0);
}

void always(phoned::settings& s) {
    s.forward.always = {true, "1003", 0};
}

}  // namespace

TEST_CASE("a call to a phone that always forwards goes on as a new session of the caller (flow 8)") {
    test::three_phones world({}, always);
    world.wire.clear();
    std::string first_id, second_id;
    world.network.on_packet = [&](const auto& p) {
        world.wire.push_back(world.line_of(p));
        if (!p.text.starts_with("INVITE ")) return;
        const auto at = p.text.find("\r\nCall-ID: ") + 11;
        auto& id = p.text.starts_with("INVITE sip:1003") ? second_id : first_id;
        id = p.text.substr(at, p.text.find('\r', at) - at);
    };
    const auto call = world.a.dial("1002");
    REQUIRE(world.run_until(3s, [&] {
        return world.c.live_calls() == 1 && world.a.call(call).state == call_state::early;
    }));
    world.expect_on_wire(
        {"A>P INVITE 1002", "P>B INVITE 1002", "B>P 302 INVITE", "P>A 302 INVITE", "A>P ACK 1002", "A>P INVITE 1003",
         "P>C INVITE 1003", "C>P 180 INVITE", "P>A 180 INVITE"}
    );
    CHECK(world.count_on_wire("B>P 180 INVITE") == 0);
    CHECK(first_id != second_id);
    CHECK(world.a.call(call).remote == "sip:1003@10.0.0.1");
    CHECK(world.a.call(call).call_id == second_id);
    CHECK(world.c.last_call().diverted_by == "sip:1002@10.0.0.1 (unconditional)");
    CHECK(world.b.live_calls() == 0);
    expect_talk(world, call);
    CHECK(world.b.history.entries.at(0).kind == phoned::history_kind::forwarded);
    world.hang_up(world.a, call);
    world.expect_all_over();
}

TEST_CASE("a busy phone alerts and then forwards (flow 9)") {
    test::three_phones world({}, [](phoned::settings& s) {
        s.call_waiting = false;
        s.forward.busy = {true, "1003", 0};
    });
    auto& d = world.add(1004);
    world.register_all();
    (void)world.connect(world.b, d);
    world.wire.clear();
    const auto call = world.a.dial("1002");
    REQUIRE(world.run_until(3s, [&] { return world.c.live_calls() == 1; }));
    world.expect_on_wire(
        {"A>P INVITE 1002", "B>P 180 INVITE", "B>P 302 INVITE", "P>A 302 INVITE", "A>P ACK 1002", "A>P INVITE 1003"}
    );
    CHECK(world.place_of("P>A 180 INVITE") < world.place_of("P>A 302 INVITE"));
    CHECK(world.c.last_call().diverted_by == "sip:1002@10.0.0.1 (user-busy)");
    (void)call;
}

TEST_CASE("a phone that nobody answers forwards after its rings of 6 s (flow 10)") {
    test::three_phones world({}, [](phoned::settings& s) { s.forward.no_answer = {true, "1003", 2}; });
    const auto call = world.a.dial("1002");
    world.run(11500ms);
    CHECK(world.c.live_calls() == 0);
    CHECK(world.b.live_calls() == 1);
    world.run(1s);
    CHECK(world.b.live_calls() == 0);
    REQUIRE(world.c.live_calls() == 1);
    CHECK(world.c.last_call().diverted_by == "sip:1002@10.0.0.1 (no-answer)");
    expect_talk(world, call);
    CHECK(world.b.history.entries.at(0).kind == phoned::history_kind::forwarded);
    CHECK(world.b.history.entries.at(0).cause == "forwarded to sip:1003@10.0.0.1");
}

TEST_CASE("an answered call is not forwarded any more") {
    test::three_phones world({}, [](phoned::settings& s) { s.forward.no_answer = {true, "1003", 1}; });
    (void)world.connect(world.a, world.b);
    world.run(10s);
    CHECK(world.b.live_calls() == 1);
    CHECK(world.c.live_calls() == 0);
}

TEST_CASE_FIXTURE(test::three_phones, "the user sends a ringing call on by hand") {
    const auto call = a.dial("1002");
    REQUIRE(run_until(3s, [&] { return b.live_calls() == 1; }));
    const auto code = [](const auto& outcome) { return outcome ? phoned::error_number{} : outcome.error().code; };
    CHECK(code(b.phone().call_forward(b.context(), b.last_call().call, "")) == phoned::error_number::bad_target);
    CHECK(code(b.phone().call_forward(b.context(), b.last_call().call, "0049123")) == phoned::error_number::bad_target);
    CHECK(code(a.phone().call_forward(a.context(), call, "1003")) == phoned::error_number::wrong_state);
    REQUIRE(b.phone().call_forward(b.context(), b.last_call().call, "1003").has_value());
    REQUIRE(run_until(3s, [&] { return c.live_calls() == 1; }));
    expect_talk(*this, call);
}

TEST_CASE("forwarding that leads in a circle ends, and the caller is told") {
    test::three_phones world({}, always, [](phoned::settings& s) { s.forward.always = {true, "1002", 0}; });
    const auto call = world.a.dial("1002");
    REQUIRE(world.run_until(5s, [&] { return world.a.live_calls() == 0; }));
    CHECK(world.a.call(call).sip_code == 302);
    CHECK(world.a.call(call).cause == "forwarded in a circle, too often, or to nowhere");
    world.expect_all_over();
}

TEST_CASE("a caller who gives up while the call is being forwarded leaves nothing behind") {
    for (auto wait = 0ms; wait < 120ms; wait += 10ms) {
        CAPTURE(wait.count());
        test::three_phones world({}, always);
        world.network.everywhere.delay = 10ms;
        const auto call = world.a.dial("1002");
        world.run(wait);
        world.hang_up(world.a, call);
        world.expect_all_over();
        CHECK(world.a.call(call).ended == phoned::ended_by::local);
    }
}

TEST_CASE("of several targets the next is tried when one refuses, but nobody after a 6xx (RFC 3261 8.1.3.4, 21.6)") {
    for (const unsigned code : {486U, 603U}) {
        CAPTURE(code);
        test::three_phones world;
        test::phone peer(99);
        peer.join(world.network, "10.0.1.9:5060", test::ua_pair::account_at("sip:peer@10.0.1.9"));
        const auto call = world.a.dial("peer@10.0.1.9");
        REQUIRE(world.run_until(2s, [&] { return peer.count<sip::incoming_call>() == 1; }));
        const std::vector<sip::extra_header> contacts{
            {"Contact", "<sip:1003@10.0.0.1>;q=0.2, <sip:1002@10.0.0.1>;q=0.9"}};
        peer.command([&](auto now, auto& out) {
            return peer.core.reject(now, peer.last<sip::incoming_call>().id, 302, {}, contacts, out);
        });
        REQUIRE(world.run_until(2s, [&] { return world.b.live_calls() == 1; }));
        REQUIRE(world.b.phone().call_reject(world.b.context(), world.b.last_call().call, code).has_value());
        world.run(1s);
        CHECK(world.c.live_calls() == (code == 486 ? 1 : 0));
        CHECK(world.a.live_calls() == (code == 486 ? 1 : 0));
        if (code == 603) CHECK(world.a.call(call).sip_code == 603);
    }
}

TEST_CASE("clients switch forwarding on and off, for the phone or for an account, and hear of it") {
    for (const bool per_account : {false, true}) {
        CAPTURE(per_account);
        test::three_phones world({}, [&](phoned::settings& s) { s.forward_per_account = per_account; });
        auto& b = world.b;
        const auto set = [&](const phoned::forward_request& wanted) {
            return b.phone().forward_set(b.context(), wanted);
        };
        using kind = phoned::forward_kind;
        REQUIRE(set({kind::always, true, "1003"}).has_value());
        CHECK(b.has_told("feature.state", "\"always\":{\"on\":true,\"target\":\"1003\""));
        const auto features = b.phone().feature_list(b.context());
        CHECK(features.back().account == (per_account ? 1 : 0));
        CHECK(features.back().forward.always.enabled);
        (void)world.a.dial("1002");
        CHECK(world.run_until(3s, [&] { return world.c.live_calls() == 1; }));
        REQUIRE(set({kind::always, false}).has_value());
        (void)world.a.dial("1002");
        CHECK(world.run_until(3s, [&] { return b.live_calls() == 1; }));

        CHECK(set({kind::busy, true}).has_error());  // nowhere to go
        CHECK(set({kind::busy, true, "sip:"}).has_error());
        CHECK(set({kind::busy, true, "1003", 2, 7}).error().code == phoned::error_number::no_such_account);
        CHECK_FALSE(b.phone().feature_list(b.context()).back().forward.busy.enabled);
    }
}
