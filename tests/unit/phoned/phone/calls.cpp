// Covers: phones calling each other through a proxy on virtual time: the guide's flows 1 to 4, refusals, hold in its
// variants, digits, several calls, lost peers, keys, shutting down. Audio is real: what one user speaks is encoded,
// sent, buffered, decoded, and measured at the other's ear. Not here: the text of SIP messages (libsip's tests,
// tests/conformance), sockets (tests/loopback), drivers and clients (protocol).
#include <doctest/doctest.h>

#include "support/phoned/world.hpp"

namespace {

using namespace std::chrono_literals;
using phoned::call_state;

struct two_phones : test::phone_world {
    two_phones() : a(add(1001)), b(add(1002)) { register_all(); }
    test::sim_phone &a, &b;

    void ring() {
        a.dial("1002");
        REQUIRE(run_until(2s, [&] { return b.live_calls() == 1 && a.last_call().state == call_state::early; }));
    }
    void talk() {
        ring();
        REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
        REQUIRE(run_until(2s, [&] { return a.last_call().state == call_state::confirmed; }));
        run(1500ms);
    }
    void hold(test::sim_phone& who) { REQUIRE(who.phone().call_hold(who.context(), who.last_call().call).has_value()); }
    void resume(test::sim_phone& who) {
        REQUIRE(who.phone().call_resume(who.context(), who.last_call().call).has_value());
    }
    void hang_up(test::sim_phone& who) {
        REQUIRE(who.phone().call_hangup(who.context(), who.last_call().call).has_value());
    }
    void expect_all_over() {
        REQUIRE(run_until(5s, [&] { return a.live_calls() == 0 && b.live_calls() == 0; }));
        run(4s);  // tones of the end
        CHECK(a.open_sockets() == 0);
        CHECK(b.open_sockets() == 0);
        CHECK_FALSE(a.is_audio_running);
        CHECK_FALSE(b.is_audio_running);
    }
    void expect_both_hear() {
        CHECK(a.hears(b.tone));
        CHECK(b.hears(a.tone));
    }
    /// No RTP packet leaves either phone for a second, and nobody hears anything.
    void expect_silence() {
        run(1200ms);
        const auto sent_a = a.packets_sent(), sent_b = b.packets_sent();
        run(1s);
        CHECK(a.packets_sent() == sent_a);
        CHECK(b.packets_sent() == sent_b);
        CHECK(a.level() < -60);
        CHECK(b.level() < -60);
    }
};

}  // namespace

TEST_CASE_FIXTURE(two_phones, "two phones call, hear each other, and the callee hangs up (the guide's flow 1)") {
    ring();
    run(500ms);
    CHECK(a.level() > -40);  // ring-back
    REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
    run(1500ms);
    CHECK(a.last_call().state == call_state::confirmed);
    CHECK(b.last_call().state == call_state::confirmed);
    CHECK(a.last_call().call_id == b.last_call().call_id);
    CHECK(a.last_call().local_tag == b.last_call().remote_tag);
    expect_both_hear();
    hang_up(b);
    expect_all_over();
    CHECK(a.last_call().ended == phoned::ended_by::remote);
    CHECK(b.last_call().ended == phoned::ended_by::local);
    CHECK(a.last_call().talked >= 1s);
}

TEST_CASE("a callee who is not to be disturbed refuses with the configured code (flow 2)") {
    test::phone_world world;
    auto& a = world.add(1001);
    auto& b = world.add(1002, [](phoned::settings& s) {
        s.do_not_disturb = true;
        s.dnd_refuse_code = 486;
    });
    world.register_all();
    a.dial("1002");
    REQUIRE(world.run_until(2s, [&] { return a.live_calls() == 0; }));
    CHECK(a.last_call().sip_code == 486);
    CHECK(a.last_call().cause == "Busy Here");
    CHECK(b.phone().call_list(b.context()).empty());
    world.run(1s);
    CHECK(a.level() > -40);  // the busy tone
    world.run(5s);
    CHECK_FALSE(a.is_audio_running);
}

TEST_CASE_FIXTURE(two_phones, "a caller who gives up cancels, and the callee's phone stops ringing (flow 3)") {
    ring();
    hang_up(a);
    expect_all_over();
    CHECK(b.last_call().cause == "the caller gave up");
    CHECK(a.last_call().ended == phoned::ended_by::local);
}

TEST_CASE_FIXTURE(two_phones, "hold stops RTP both ways, and resuming brings it back (flow 4)") {
    talk();
    expect_both_hear();
    hold(a);
    REQUIRE(run_until(2s, [&] { return b.last_call().held_by_peer && a.last_call().held_by_us; }));
    expect_silence();
    resume(a);
    REQUIRE(run_until(2s, [&] { return !b.last_call().held_by_peer; }));
    run(2s);
    expect_both_hear();
    hang_up(a);
    expect_all_over();
}

TEST_CASE("hold in the manner of RFC 2543 stops RTP as well") {
    test::phone_world world;
    auto& a = world.add(1001, [](phoned::settings& s) { s.rfc2543_hold = true; });
    auto& b = world.add(1002);
    world.register_all();
    a.dial("1002");
    REQUIRE(world.run_until(2s, [&] { return b.live_calls() == 1; }));
    REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
    world.run(1s);
    REQUIRE(a.phone().call_hold(a.context(), a.last_call().call).has_value());
    REQUIRE(world.run_until(2s, [&] { return b.last_call().held_by_peer; }));
    world.run(1200ms);
    const auto sent = a.packets_sent() + b.packets_sent();
    world.run(1s);
    CHECK(a.packets_sent() + b.packets_sent() == sent);
}

TEST_CASE_FIXTURE(two_phones, "both ends may hold, and media runs only when both have resumed") {
    talk();
    hold(a);
    run(500ms);
    hold(b);
    run(500ms);
    CHECK(a.last_call().held_by_us);
    CHECK(a.last_call().held_by_peer);
    resume(a);
    run(500ms);
    expect_silence();
    resume(b);
    run(2500ms);
    expect_both_hear();
}

TEST_CASE("holds that meet on the way (491) both get through, whoever's turn comes first") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        test::phone_world world(seed);
        // An offer that sends nothing is answered alike by who holds and who does not: the other hold has to be
        // offered.
        const auto form = [&](phoned::settings& s) { s.hold_inactive = seed % 2 == 0; };
        auto& a = world.add(1001, form);
        auto& b = world.add(1002, form);
        world.register_all();
        a.dial("1002");
        REQUIRE(world.run_until(2s, [&] { return b.live_calls() == 1; }));
        REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
        world.run(1s);
        REQUIRE(a.phone().call_hold(a.context(), a.last_call().call).has_value());
        REQUIRE(b.phone().call_hold(b.context(), b.last_call().call).has_value());
        CHECK(world.run_until(15s, [&] {
            const auto at_a = a.last_call(), at_b = b.last_call();
            return at_a.held_by_us && at_a.held_by_peer && at_b.held_by_us && at_b.held_by_peer;
        }));
        for (auto* each : {&a, &b})
            REQUIRE(each->phone().call_resume(each->context(), each->last_call().call).has_value());
        CHECK(world.run_until(15s, [&] {
            const auto at_a = a.last_call(), at_b = b.last_call();
            return !at_a.held_by_us && !at_a.held_by_peer && !at_b.held_by_us && !at_b.held_by_peer;
        }));
    }
}

TEST_CASE_FIXTURE(two_phones, "a wish that changes while its offer is out is followed up") {
    talk();
    hold(a);
    resume(a);
    run(3s);
    CHECK_FALSE(a.last_call().held_by_us);
    CHECK_FALSE(b.last_call().held_by_peer);
    expect_both_hear();
}

TEST_CASE_FIXTURE(two_phones, "digits travel as telephone events and are heard once each (RFC 4733)") {
    talk();
    REQUIRE(a.phone().call_dtmf(a.context(), a.last_call().call, "15,9#").has_value());
    run(4s);
    CHECK(b.phone().call_stats(b.context(), b.last_call().call)->digits_received == "159#");
    expect_both_hear();
}

TEST_CASE("digits travel by INFO where the account says so, one after the other") {
    test::phone_world world;
    auto& a = world.add(1001, [](phoned::settings& s) { s.accounts[0].dtmf = phoned::dtmf_method::info; });
    auto& b = world.add(1002);
    world.register_all();
    a.dial("1002");
    REQUIRE(world.run_until(2s, [&] { return b.live_calls() == 1; }));
    REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
    world.run(1s);
    REQUIRE(a.phone().call_dtmf(a.context(), a.last_call().call, "42*").has_value());
    world.run(2s);
    CHECK(b.phone().call_stats(b.context(), b.last_call().call)->digits_received == "42*");
}

TEST_CASE_FIXTURE(two_phones, "a muted microphone sends silence, in time") {
    talk();
    const auto before = a.packets_sent();
    REQUIRE(a.phone().call_mute(a.context(), a.last_call().call, true).has_value());
    run(2s);
    CHECK(b.level() < -60);
    CHECK(a.packets_sent() > before + 90);
    REQUIRE(a.phone().call_mute(a.context(), a.last_call().call, false).has_value());
    run(2s);
    CHECK(b.hears(a.tone));
}

TEST_CASE("a second caller is refused as busy where call waiting is off, and rings where it is on") {
    for (bool waiting : {false, true}) {
        CAPTURE(waiting);
        test::phone_world world;
        auto& a = world.add(1001);
        auto& b = world.add(1002, [&](phoned::settings& s) { s.call_waiting = waiting; });
        auto& c = world.add(1003);
        world.register_all();
        a.dial("1002");
        REQUIRE(world.run_until(2s, [&] { return b.live_calls() == 1; }));
        REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
        world.run(1s);
        c.dial("1002");
        world.run(1s);
        CHECK(b.live_calls() == (waiting ? 2 : 1));
        CHECK(c.last_call().sip_code == (waiting ? 0 : 486));
        if (!waiting) continue;
        // Taking the second call puts the first on hold: one voice at a time.
        REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
        world.run(2s);
        CHECK(a.last_call().held_by_peer);
        CHECK(b.hears(c.tone));
        CHECK(c.hears(b.tone));
    }
}

TEST_CASE("a call that is not answered ends after the time that is set, at either end") {
    test::phone_world world;
    auto& a = world.add(1001, [](phoned::settings& s) { s.no_answer_time = 20s; });
    auto& b = world.add(1002, [](phoned::settings& s) { s.ring_time = 60s; });
    auto& c = world.add(1003, [](phoned::settings& s) { s.ring_time = 10s; });
    world.register_all();
    a.dial("1002");
    world.run(15s);
    CHECK(b.live_calls() == 1);
    world.run(10s);
    CHECK(a.live_calls() == 0);
    CHECK(b.live_calls() == 0);
    CHECK(a.last_call().cause == "no answer");
    a.dial("1003");
    world.run(13s);
    CHECK(a.last_call().sip_code == 480);
    CHECK(c.live_calls() == 0);
}

TEST_CASE("a peer that vanishes is noticed by its silence, unless the call is on hold") {
    test::phone_world world;
    auto& a = world.add(1001, [](phoned::settings& s) { s.rtp_timeout = 10s; });
    auto& b = world.add(1002, [](phoned::settings& s) { s.rtp_timeout = 0s; });
    world.register_all();
    a.dial("1002");
    REQUIRE(world.run_until(2s, [&] { return b.live_calls() == 1; }));
    REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
    world.run(1s);
    REQUIRE(a.phone().call_hold(a.context(), a.last_call().call).has_value());
    world.run(30s);
    CHECK(a.live_calls() == 1);  // held: silence is what was agreed
    REQUIRE(a.phone().call_resume(a.context(), a.last_call().call).has_value());
    world.run(2s);
    b.is_dead = true;
    CHECK(world.run_until(12s, [&] { return a.live_calls() == 0; }));
    CHECK(a.last_call().cause == "no media for 10 s");
}

TEST_CASE_FIXTURE(
    two_phones,
    "a call outlives the proxy; hanging up then ends in bounded time, and the next call works when the proxy is back"
) {
    talk();
    network.lets_pass = [&](const test::sim_network::packet& p) { return p.from != proxy_node && p.to != proxy_node; };
    run(5s);
    expect_both_hear();
    hang_up(a);
    CHECK(run_until(40s, [&] { return a.live_calls() == 0; }));
    hang_up(b);
    CHECK(run_until(40s, [&] { return b.live_calls() == 0; }));
    network.lets_pass = {};
    run(1s);
    talk();
    expect_both_hear();
}

TEST_CASE_FIXTURE(two_phones, "keys dial, answer, hold, send digits and hang up") {
    for (const char* digit : {"1", "0", "0", "2"})
        a.key(digit);
    CHECK(a.live_calls() == 0);
    a.key("#");  // features.pound_key.mode: sends the number
    REQUIRE(run_until(2s, [&] { return b.live_calls() == 1; }));
    b.key("OK");
    run(1500ms);
    expect_both_hear();
    a.key("5");
    run(1s);
    CHECK(b.phone().call_stats(b.context(), b.last_call().call)->digits_received == "5");
    a.key("HOLD");
    run(1s);
    CHECK(a.last_call().held_by_us);
    a.key("HOLD");
    run(1s);
    CHECK_FALSE(a.last_call().held_by_us);
    b.key("CANCEL");
    expect_all_over();
}

TEST_CASE_FIXTURE(two_phones, "lifting the handset answers, putting it down hangs up") {
    ring();
    b.phone().on_hook(b.context(), {true, false, false});
    run(1s);
    CHECK(b.last_call().state == call_state::confirmed);
    b.phone().on_hook(b.context(), {false, false, false});
    expect_all_over();
}

TEST_CASE("auto answer takes a call after its delay when the phone is idle") {
    test::phone_world world;
    auto& a = world.add(1001);
    auto& b = world.add(1002, [](phoned::settings& s) {
        s.accounts[0].auto_answer = true;
        s.auto_answer_delay = 2s;
    });
    world.register_all();
    a.dial("1002");
    world.run(1500ms);
    CHECK(b.last_call().state == call_state::early);
    world.run(1500ms);
    CHECK(b.last_call().state == call_state::confirmed);
}

TEST_CASE("commands that make no sense are refused with a word that says why") {
    test::phone_world world;
    auto& a = world.add(1001);
    world.register_all();
    const auto code = [&](const auto& result) { return result ? phoned::error_number{} : result.error().code; };
    CHECK(code(a.phone().call_answer(a.context(), phoned::call_number{9})) == phoned::error_number::no_such_call);
    CHECK(code(a.phone().call_dial(a.context(), {"", std::nullopt})) == phoned::error_number::bad_target);
    CHECK(code(a.phone().call_dial(a.context(), {"sip:", std::nullopt})) == phoned::error_number::bad_target);
    CHECK(code(a.phone().call_dial(a.context(), {"1002", 7})) == phoned::error_number::no_such_account);
    const auto call = a.dial("1002");
    CHECK(code(a.phone().call_answer(a.context(), call)) == phoned::error_number::wrong_state);
    CHECK(code(a.phone().call_hold(a.context(), call)) == phoned::error_number::wrong_state);
    for (std::size_t i = 1; i < phoned::phone::most_calls; ++i)
        (void)a.phone().call_dial(a.context(), {"1002", std::nullopt});
    CHECK(code(a.phone().call_dial(a.context(), {"1002", std::nullopt})) == phoned::error_number::limit_reached);
}

TEST_CASE_FIXTURE(two_phones, "shutting down ends calls and removes registrations") {
    talk();
    a.phone().shut_down(a.context());
    CHECK(run_until(4s, [&] { return a.phone().is_stopped(); }));
    CHECK(a.live_calls() == 0);
    CHECK_FALSE(a.is_registered());
    run(1s);
    CHECK(b.live_calls() == 0);
}

TEST_CASE("calls over a bad network agree at both ends, whatever is lost") {
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        CAPTURE(seed);
        test::phone_world world(seed);
        auto& a = world.add(1001);
        auto& b = world.add(1002);
        world.network.everywhere = {20, 5, 20ms, 30ms};
        REQUIRE(world.run_until(60s, [&] { return a.is_registered() && b.is_registered(); }));
        a.dial("1002");
        REQUIRE(world.run_until(40s, [&] { return b.live_calls() == 1; }));
        REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
        REQUIRE(world.run_until(40s, [&] { return a.last_call().state == call_state::confirmed; }));
        REQUIRE(a.phone().call_hold(a.context(), a.last_call().call).has_value());
        CHECK(world.run_until(40s, [&] { return b.last_call().held_by_peer && a.last_call().held_by_us; }));
        REQUIRE(a.phone().call_hangup(a.context(), a.last_call().call).has_value());
        CHECK(world.run_until(70s, [&] { return a.live_calls() == 0 && b.live_calls() == 0; }));
    }
}
