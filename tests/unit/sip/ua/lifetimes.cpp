// Covers: what ends does not act any more, also when something new has taken its place; a call that is ended from
// within any of its events; the work for an input among many calls.
#include <chrono>
#include <type_traits>
#include <variant>

#include <doctest/doctest.h>

#include "support/back_to_back.hpp"
#include "support/script.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;

TEST_CASE("Timer of a destroyed usage is a no-op, also for the call that has taken its place") {
    test::script_options options;
    options.config.ring_limit = 20s;
    script s(options);

    // The ring limit of a call that was cancelled.
    auto const cancelled = s.invite();
    auto const first = s.expect("INVITE");
    s.reply(first, 180);
    s.expect_event<sip::call_progress>();
    s.advance(15s);
    s.hang_up(cancelled);
    s.reply(s.expect("CANCEL"), 200);
    s.reply(first, 487);
    s.expect("ACK");
    s.expect_event<sip::call_ended>();
    s.advance(10s);

    // The retry of a re-INVITE after 491, and the 64*T1 of what was sent, of a call that was hung up.
    auto const ended = s.invite();
    auto const second = s.expect("INVITE");
    s.reply(second, 200, {.body = "answer"});
    s.expect("ACK");
    s.expect_event<sip::call_answered>();
    s.reoffer(ended);
    s.reply(s.expect("INVITE"), 491);
    s.expect("ACK");
    s.expect_event<sip::offer_failed>();
    s.hang_up(ended);
    s.expect_event<sip::call_ended>();
    s.reply(s.expect("BYE"), 200);

    auto const alive = s.invite();
    CHECK(alive.index == ended.index);
    CHECK(alive.index == cancelled.index);
    s.reply(s.expect("INVITE"), 200, {.body = "answer"});
    s.expect("ACK");
    s.expect_event<sip::call_answered>();
    s.advance(10min);
    s.expect_nothing();
    s.expect_no_event();
    CHECK(s.core.live().sessions == 1);
    s.hang_up(ended, {}, sip::errc::no_such_session);
    s.hang_up(alive);
    s.expect("BYE");
}

TEST_CASE("A call may be ended from within each of its own events") {
    auto const session_of = [](sip::event const& event) {
        return std::visit(
            [](auto const& e) {
                if constexpr (requires { requires std::is_same_v<decltype(e.id), sip::session_id>; })
                    return e.id;
                else
                    return sip::session_id{};
            },
            event
        );
    };
    std::size_t tried = 0;
    for (bool const at_alice : {true, false}) {
        for (std::size_t kind = 0; kind < std::variant_size_v<sip::event>; ++kind) {
            CAPTURE(kind);
            test::ua_pair pair;
            auto& one = at_alice ? pair.alice : pair.bob;
            one.on_event = [&](sip::event const& event) {
                if (event.index() != kind || !session_of(event)) return;
                ++tried;
                (void)one.hang_up(session_of(event));
                (void)one.hang_up(session_of(event));  // a second time, from within the event of the first
            };
            auto const ids = pair.establish();
            pair.net.run_for(100ms);
            (void)pair.alice.reoffer(ids.first);
            pair.net.run_for(100ms);
            (void)pair.bob.answer_offer(ids.second);
            pair.net.run_for(100ms);
            (void)pair.bob.reoffer(ids.second);
            pair.net.run_for(100ms);
            (void)pair.alice.refuse_offer(ids.first);
            pair.net.run_for(100ms);
            (void)pair.alice.hang_up(ids.first);
            REQUIRE(pair.net.run_until_idle());
            CHECK(pair.alice.is_idle());
            CHECK(pair.bob.is_idle());
            CHECK(pair.alice.count<sip::call_ended>() == 1);
            CHECK(pair.bob.count<sip::call_ended>() == 1);
        }
    }
    CHECK(tried >= 9);
}

TEST_CASE("Work per input does not grow with the number of calls") {
    // The fastest of many tries keeps other processes out of the figure.
    auto const cost = [](int live) {
        sip::user_agent_config config;
        config.limits.sessions = 10'000;
        test::back_to_back pair(config, config);
        for (int i = 0; i < live; ++i)
            REQUIRE(pair.establish());
        pair.advance(70s);
        auto least = std::chrono::nanoseconds::max();
        for (int i = 0; i < 200; ++i) {
            auto const begin = std::chrono::steady_clock::now();
            REQUIRE(pair.establish());
            pair.reoffer();
            pair.hang_up();
            least = std::min(least, std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin));
        }
        return least;
    };
    auto const few = cost(10), many = cost(4000);
    INFO("among 10: ", few.count(), " ns, among 4000: ", many.count(), " ns");
    // A search through all of them would make it hundreds of times dearer; cold caches may cost a few times.
    CHECK(many < 20 * few);
}
