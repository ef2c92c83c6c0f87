// Covers: music on hold from a server, called before the hold or after it: who hears what, what is sent in which order,
// and what happens where the server is missing, late, busy or leaves, where the peer takes none of its codecs, and
// where the held peer hangs up. Not here: music from a file (features.cpp), the negotiation (libsdp).
#include "support/phoned/three_phones.hpp"

namespace {

using namespace std::chrono_literals;
using phoned::call_state;

/// A holds B; 1005 plays the server: it takes every call and speaks its tone.
struct music_on_hold : test::three_phones {
    explicit music_on_hold(bool after_hold = false, const change& of_b = {}, const change& of_server = {})
        : test::three_phones(
              [&](phoned::settings& s) {
                  s.accounts[0].music_server_uri = "1005";
                  s.accounts[0].music_after_hold = after_hold;
                  s.hold_inactive = true;  // with music the peer has to listen
              },
              of_b
          ),
          server(add(1005, [&](phoned::settings& s) {
              s.accounts[0].auto_answer = true;
              s.auto_answer_delay = 0s;
              s.rtp_timeout = 5s;
              if (of_server) of_server(s);
          })) {
        register_all();
        std::tie(at_a, at_b) = connect(a, b);
        wire.clear();
    }
    void hold() { REQUIRE(a.phone().call_hold(a.context(), at_a).has_value()); }
    void resume() { REQUIRE(a.phone().call_resume(a.context(), at_a).has_value()); }
    void expect_to_talk() {
        run(2500ms);
        CHECK(b.hears(a.tone));
        CHECK(a.hears(b.tone));
        CHECK(server.live_calls() == 0);
    }
    void expect_silent_hold_within(std::chrono::milliseconds bound) {
        CHECK(run_until(bound, [&] { return a.call(at_a).held_by_us && b.call(at_b).held_by_peer; }));
        run(1500ms);
        CHECK(b.level() < -60);
        CHECK(a.level() < -60);
        CHECK(run_until(5s, [&] { return server.live_calls() == 0; }));
    }

    test::sim_phone& server;
    phoned::call_number at_a, at_b;
};

}  // namespace

TEST_CASE("a held peer hears the music server, which is called before the hold or after it (music_on_hold_type)") {
    for (const bool after_hold : {false, true}) {
        CAPTURE(after_hold);
        music_on_hold world(after_hold);
        world.hold();
        world.run(4s);
        CHECK(world.b.hears(world.server.tone));
        CHECK(world.a.level() < -60);
        CHECK(world.server.level() < -60);
        CHECK(world.a.call(world.at_a).held_by_us);
        CHECK(world.b.call(world.at_b).held_by_peer);
        CHECK(world.a.live_calls() == 1);  // the server's is no call of the user
        CHECK(world.a.history.entries.size() == 1);
        if (after_hold)
            world.expect_on_wire({"A>P INVITE 1002", "A>P INVITE 1005", "A>P INVITE 1002"});
        else
            world.expect_on_wire({"A>P INVITE 1005", "E>P 200 INVITE", "A>P INVITE 1002"});
        CHECK(world.count_on_wire("A>P INVITE 1002") == (after_hold ? 2 : 1));

        world.run_long(30s);  // nobody is missed for being silent
        CHECK(world.server.live_calls() == 1);
        world.resume();
        world.expect_to_talk();
        world.hold();  // and again
        world.run(4s);
        CHECK(world.b.hears(world.server.tone));
        world.hang_up(world.b, world.at_b);
        world.run(1s);
        CHECK(world.server.live_calls() == 0);
        world.expect_all_over();
    }
}

TEST_CASE("a hold is a hold, in time, where the music server is missing, busy or late") {
    struct server_at_fault {
        const char* how;
        std::chrono::milliseconds hold_within;
        std::function<void(phoned::settings&)> settings;
    };
    const server_at_fault all[] = {
        {"missing", 6s, {}},
        {"busy", 2s, [](phoned::settings& s) { s.do_not_disturb = true; }},
        {"late", 6s, [](phoned::settings& s) { s.auto_answer_delay = 10s; }},
    };
    for (const auto& each : all)
        for (const bool after_hold : {false, true}) {
            CAPTURE(std::string(each.how));
            CAPTURE(after_hold);
            music_on_hold world(after_hold, {}, each.settings);
            if (!each.settings)
                world.network.lets_pass = [](const auto& p) {
                    return sip::to_string(p.destination.address) != "10.0.1.5";
                };
            world.hold();
            world.expect_silent_hold_within(each.hold_within);
            world.resume();
            world.expect_to_talk();
        }
}

TEST_CASE("a music server that leaves is followed by silence, and not called again in this hold") {
    music_on_hold world;
    world.hold();
    world.run(3s);
    REQUIRE(world.server.live_calls() == 1);
    world.hang_up(world.server, world.server.last_call().call);
    world.run(500ms);
    world.expect_silent_hold_within(2s);
    CHECK(world.count_on_wire("A>P INVITE 1005") == 1);
    world.resume();
    world.expect_to_talk();
}

TEST_CASE("a hold that is over before the music server has answered leaves nothing behind") {
    music_on_hold world(false, {}, [](phoned::settings& s) { s.auto_answer_delay = 2s; });
    world.hold();
    world.run(1s);
    world.resume();
    world.expect_to_talk();
    CHECK(world.count_on_wire("A>P INVITE 1002") == 0);
    world.hang_up(world.a, world.at_a);
    world.run(1s);
    world.expect_all_over();
}

TEST_CASE("both ends may hold with music, and talk again when both have resumed") {
    music_on_hold world(
        false, [](phoned::settings& s) { s.accounts[0].music_server_uri = "1005"; },
        [](auto& s) { s.accounts[0].auto_answer = false; }
    );
    // Whoever holds second is told to listen by nobody: the first one's description sends, and the second's does not
    // receive. What counts is that both come back.
    world.hold();
    world.run(1s);
    world.server.answer();
    world.run(2s);
    REQUIRE(world.b.phone().call_hold(world.b.context(), world.at_b).has_value());
    world.run(6s);
    world.resume();
    REQUIRE(world.b.phone().call_resume(world.b.context(), world.at_b).has_value());
    world.run(3s);
    world.expect_to_talk();
}
