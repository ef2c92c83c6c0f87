// The driver's loop. Covered: order of actions, events and commands; the core is never re-entered; one clock reading
// per wake-up; timers fire at their deadline and follow it when it moves; few wake-ups for many deadlines; a driver
// that is closed or destroyed by its own event handler; the system's randomness.
#include <memory>
#include <set>

#include <doctest/doctest.h>

#include "loopback/sip_support.hpp"
#include "sip/net/environment.hpp"

using namespace sip_test;
using sip::transport_kind;

namespace {

sip::event numbered(std::uint32_t number) {
    return sip::offer_withdrawn{{number, 1}};
}
std::uint32_t number_of(sip::event const& what) {
    return std::get<sip::offer_withdrawn>(what).id.index;
}

}  // namespace

TEST_CASE("a command performs its actions, then delivers its events, then returns its result") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());
    bare_socket peer;
    std::vector<std::string> log;
    under_test.driver.on_message([&](sip::net::traced_message const&) { log.push_back("sent"); });
    under_test.driver.on_event([&](sip::event& what) { log.push_back("event " + std::to_string(number_of(what))); });
    auto const answer = under_test.driver.command([&](sip::now_t, sip::outbox& out) {
        out.events.push_back(numbered(1));
        out.actions.emplace_back(sip::send_message{sip::flow_id{1}, peer.local(), under_test.core.pool().copy("x"), {}}
        );
        return 42;
    });
    CHECK(answer == 42);
    CHECK(log == std::vector<std::string>{"sent", "event 1"});
}

TEST_CASE("a command from inside an event handler runs at once, and its events come after those that wait") {
    station under_test;
    std::vector<std::uint32_t> order;
    under_test.driver.on_event([&](sip::event& what) {
        CHECK_FALSE(under_test.core.inside);
        order.push_back(number_of(what));
        if (number_of(what) == 1) {
            auto const answer = under_test.driver.command([](sip::now_t, sip::outbox& out) {
                out.events.push_back(numbered(3));
                return 7;
            });
            CHECK(answer == 7);
        }
    });
    under_test.driver.command([](sip::now_t, sip::outbox& out) {
        out.events.push_back(numbered(1));
        out.events.push_back(numbered(2));
    });
    CHECK(order == std::vector<std::uint32_t>{1, 2, 3});
    CHECK_FALSE(under_test.core.reentered);
}

TEST_CASE("all inputs of one wake-up carry the same instant, and instants never go back") {
    station under_test;
    std::vector<sip::time_point> instants;
    under_test.driver.on_event([&](sip::event& what) {
        if (number_of(what) > 3) return;
        under_test.driver.command([&](sip::now_t now, sip::outbox& out) {
            instants.push_back(now.mono);
            out.events.push_back(numbered(number_of(what) + 1));
        });
    });
    under_test.driver.command([&](sip::now_t now, sip::outbox& out) {
        instants.push_back(now.mono);
        out.events.push_back(numbered(1));
    });
    REQUIRE(instants.size() == 4);
    for (auto const& instant : instants)
        CHECK(instant == instants[0]);
    under_test.driver.command([&](sip::now_t now, sip::outbox&) { CHECK(now.mono >= instants[0]); });
}

TEST_CASE("a deadline wakes the core, not before it and not long after") {
    station under_test;
    auto const start = sip::clock::now();
    under_test.core.deadline = start + 60ms;
    under_test.driver.command([](sip::now_t, sip::outbox&) {});
    REQUIRE(run_until(under_test.loop, [&] { return !under_test.core.timeouts.empty(); }));
    auto const waited = under_test.core.timeouts[0].mono - start;
    CHECK(waited >= 60ms);
    CHECK(waited < 1s);
}

TEST_CASE("a deadline that moves earlier is met, and one that moves later costs one idle wake-up") {
    station under_test;
    auto const start = sip::clock::now();
    under_test.core.deadline = start + 10s;
    under_test.driver.command([](sip::now_t, sip::outbox&) {});
    under_test.core.deadline = start + 40ms;
    under_test.driver.command([](sip::now_t, sip::outbox&) {});
    REQUIRE(run_until(
        under_test.loop, [&] { return !under_test.core.timeouts.empty(); }, 5s
    ));

    auto const before = under_test.driver.count().timer_wake_ups;
    auto const second = sip::clock::now();
    under_test.core.deadline = second + 20ms;
    under_test.driver.command([](sip::now_t, sip::outbox&) {});
    under_test.core.deadline = second + 80ms;
    under_test.driver.command([](sip::now_t, sip::outbox&) {});
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.timeouts.size() == 2; }));
    CHECK(under_test.core.timeouts[1].mono - second >= 80ms);
    CHECK(under_test.driver.count().timer_wake_ups - before <= 3);
}

TEST_CASE("an idle driver does not wake up") {
    station under_test;
    REQUIRE(under_test.driver.listen(on_loopback(transport_kind::udp)).has_value());
    REQUIRE(under_test.driver.listen(on_loopback(transport_kind::tcp)).has_value());
    auto const before = under_test.driver.count().wake_ups;
    run_for(under_test.loop, 100ms);
    CHECK(under_test.driver.count().wake_ups == before);
}

TEST_CASE("an event handler may close the driver: nothing follows") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp));
    REQUIRE(local.has_value());
    int events = 0;
    under_test.core.on_message = [](recording_core::received const&, sip::outbox& out) {
        out.events.push_back(numbered(1));
        out.events.push_back(numbered(2));
    };
    under_test.driver.on_event([&](sip::event&) {
        ++events;
        under_test.driver.close();
    });
    bare_socket peer;
    for (int i = 0; i < 10; ++i)
        peer.send(*local, options_message("x"));
    run_for(under_test.loop, 50ms);
    CHECK(events == 1);
    CHECK(under_test.core.messages.size() == 1);
}

TEST_CASE("an event handler may destroy the driver, in a datagram, a connection, a timer and a command") {
    enum class cause { datagram, message, timer, command };
    for (auto const why : {cause::datagram, cause::message, cause::timer, cause::command}) {
        asio::io_context loop(1);
        recording_core core;
        auto driver = std::make_unique<sip::net::driver>(loop.get_executor(), core);
        auto const with_event = [](sip::outbox& out) { out.events.push_back(numbered(1)); };
        core.on_message = [&](recording_core::received const&, sip::outbox& out) { with_event(out); };
        driver->on_event([&](sip::event&) { driver.reset(); });
        auto const datagrams = driver->listen(on_loopback(transport_kind::udp));
        auto const streams = driver->listen(on_loopback(transport_kind::tcp));
        REQUIRE(datagrams.has_value());
        REQUIRE(streams.has_value());
        bare_socket peer;
        bare_client client(*streams);
        switch (why) {
            case cause::datagram:
                peer.send(*datagrams, options_message("x"));
                break;
            case cause::message:
                client.send(options_message("x") + options_message("y"));
                break;
            case cause::timer:
                core.on_due = with_event;
                core.deadline = sip::clock::now() + 5ms;
                driver->command([](sip::now_t, sip::outbox&) {});
                break;
            case cause::command:
                driver->command([&](sip::now_t, sip::outbox& out) { with_event(out); });
                break;
        }
        CHECK(run_until(loop, [&] { return driver == nullptr; }));
        run_for(loop, 10ms);
        CHECK_FALSE(core.reentered);
    }
}

TEST_CASE("the system's random numbers differ, and an environment carries them") {
    auto environment = sip::net::make_environment();
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(environment.random());
    CHECK(seen.size() == 1000);
    CHECK(environment.random.below(6) < 6);
}
