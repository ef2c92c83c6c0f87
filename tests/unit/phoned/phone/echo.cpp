// Covers: the echo of the far voice in a hands-free microphone, between two phones in a call: taken out where the audio
// driver tells the device's delay, left alone where it tells none or the user has switched it off; the near voice comes
// through. Not here: how well it works (librtp's tests), real devices.
#include <doctest/doctest.h>

#include "support/phoned/world.hpp"

namespace {

using namespace std::chrono_literals;
using phoned::call_state;

struct outcome {
    double echo;  ///< dBov of what A hears while only A speaks
    bool hears_b, hears_a;
};

outcome call_with_echo(std::chrono::milliseconds told, bool cancels_echo) {
    test::phone_world world;
    auto& a = world.add(1001);
    auto& b = world.add(1002, [&](phoned::settings& s) { s.voice.cancels_echo = cancels_echo; });
    world.register_all();
    b.echo = 0.3;
    b.told_delay = told;
    b.tone = 0;
    a.dial("1002");
    REQUIRE(world.run_until(2s, [&] { return b.live_calls() == 1; }));
    REQUIRE(b.phone().call_answer(b.context(), b.last_call().call).has_value());
    REQUIRE(world.run_until(2s, [&] { return a.last_call().state == call_state::confirmed; }));
    world.run(5s);
    outcome out{a.level(), false, b.hears(a.tone)};
    b.tone = 900;
    world.run(2s);
    out.hears_b = a.hears(900);
    return out;
}

}  // namespace

TEST_CASE("the far end does not hear itself where the driver tells the device's delay") {
    auto const with = call_with_echo(60ms, true);
    CHECK(with.echo < -45);
    CHECK(with.hears_a);
    CHECK(with.hears_b);
    for (auto const& without : {call_with_echo(0ms, true), call_with_echo(60ms, false)}) {
        CHECK(without.echo > -32);
        CHECK(without.hears_a);
        CHECK(without.hears_b);
    }
}
