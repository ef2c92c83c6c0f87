// The loop when memory runs out. Covered: each allocation that a request over UDP costs fails in turn: no exception
// leaves the loop, and the next request is answered; messages, news and timers that a core has no memory for; what a
// command throws reaches its caller and leaves the driver in order. Not here: the state of the cores
// (tests/unit/sip/ua/ memory.cpp); each allocation of a connection's, some of which are Asio's, where a failure ends
// the process.
#include <utility>

#include <doctest/doctest.h>

#include "loopback/sip_support.hpp"
#include "sip/net/user_agent.hpp"
#include "support/allocation_counter.hpp"

using namespace sip_test;
using sip::transport_kind;

namespace {

/// Whose answer comes back to the port that it came from (RFC 3581).
std::string question(std::string const& call_id) {
    auto text = options_message(call_id);
    return text.insert(text.find(";branch"), ";rport");
}

struct served {
    served() : agent(loop.get_executor()) {
        udp = agent.listen(on_loopback(transport_kind::udp)).value();
        tcp = agent.listen(on_loopback(transport_kind::tcp)).value();
        sip::account_config me;
        me.address_of_record = "sip:b@127.0.0.1";
        (void)agent.add_account(me).value();
    }
    /// Runs what has come, with the n-th allocation failing. True where it did fail.
    bool run_short_of_memory(long n) {
        loop.restart();
        auto const give_up = std::chrono::steady_clock::now() + 20ms;
        test::fail_allocation(n);
        while (std::chrono::steady_clock::now() < give_up)
            loop.run_one_for(1ms);
        bool const has_failed = test::allocations_until_failure.load() <= 0;
        test::fail_allocation(0);
        return has_failed;
    }
    [[nodiscard]] std::uint64_t lost() const { return agent.count().out_of_memory; }

    asio::io_context loop{1};
    sip::net::user_agent agent;
    sip::endpoint udp, tcp;
};

}  // namespace

TEST_CASE("Whatever allocation of a datagram's way fails, the loop goes on and the next request is answered") {
    served under_test;
    bare_socket peer;
    int failures = 0;
    for (long n = 1; n < 200; ++n) {
        CAPTURE(n);
        peer.send(under_test.udp, question("first" + std::to_string(n)));
        bool failed = false;
        REQUIRE_NOTHROW(failed = under_test.run_short_of_memory(n));
        while (peer.receive()) {
        }
        peer.send(under_test.udp, question("second" + std::to_string(n)));
        std::optional<std::string> answer;
        REQUIRE(run_until(under_test.loop, [&] { return (answer = peer.receive()).has_value(); }));
        CHECK(answer->starts_with("SIP/2.0 200"));
        if (!failed) break;
        ++failures;
    }
    CHECK(failures >= 5);
    CHECK(under_test.lost() > 0);
}

TEST_CASE("A message over a connection for which there is no memory is lost, and the next one over it is served") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::tcp)).value();
    bool is_short = true;
    under_test.core.on_message = [&](recording_core::received const& message, sip::outbox& out) {
        if (std::exchange(is_short, false)) throw std::bad_alloc();
        auto answer = under_test.core.pool().copy("served");
        out.actions.emplace_back(sip::send_message{message.flow, message.from, std::move(answer), {}});
    };
    bare_client peer(local);
    REQUIRE(!peer.send(question("first") + question("second")));
    REQUIRE(run_until(under_test.loop, [&] { return peer.received() == "served"; }));
    CHECK(under_test.core.messages.size() == 2);
    CHECK(under_test.driver.count().out_of_memory == 1);
    CHECK_FALSE(peer.ended());
}

TEST_CASE("News of a connection for which there is no memory ends nothing but that news") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::tcp)).value();
    bool is_short = true;
    under_test.core.on_change = [&](sip::flow_event const&, sip::outbox&) {
        if (std::exchange(is_short, false)) throw std::bad_alloc();
    };
    echo_sizes(under_test.core);
    {
        bare_client gone(local);
        REQUIRE(run_until(under_test.loop, [&] { return under_test.core.flows.size() == 1; }));
    }
    REQUIRE(run_until(under_test.loop, [&] { return under_test.core.changes.size() == 1; }));
    CHECK(under_test.driver.count().out_of_memory == 1);
    bare_client next(local);
    REQUIRE(!next.send(question("next")));
    REQUIRE(run_until(under_test.loop, [&] { return next.received().starts_with("answer"); }));
}

TEST_CASE("What a command throws reaches its caller; what it had done is performed, and the driver goes on") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp)).value();
    bare_socket peer;
    int told = 0;
    under_test.driver.on_event([&](sip::event&) { ++told; });
    CHECK_THROWS_AS(
        under_test.driver.command([&](sip::now_t, sip::outbox& out) {
            out.actions.emplace_back(sip::send_message{
                sip::flow_id{1}, peer.local(), under_test.core.pool().copy("x"), {}});
            out.events.emplace_back(sip::offer_withdrawn{});
            throw std::bad_alloc();
        }),
        std::bad_alloc
    );
    CHECK(told == 1);
    std::optional<std::string> text;
    REQUIRE(run_until(under_test.loop, [&] { return (text = peer.receive()).has_value(); }));
    under_test.core.deadline = sip::clock::now() + 20ms;
    peer.send(local, options_message("after"));
    REQUIRE(run_until(under_test.loop, [&] {
        return under_test.core.messages.size() == 1 && under_test.core.timeouts.size() == 1;
    }));
}

TEST_CASE("A core that finds no memory for a timer or a message is asked again; an event handler loses one event") {
    station under_test;
    auto const local = under_test.driver.listen(on_loopback(transport_kind::udp)).value();
    under_test.core.on_due = [](sip::outbox&) { throw std::bad_alloc(); };
    under_test.core.deadline = sip::clock::now() + 5ms;
    under_test.driver.command([](sip::now_t, sip::outbox&) {});
    REQUIRE(run_until(under_test.loop, [&] { return under_test.driver.count().out_of_memory == 1; }));

    std::vector<std::uint32_t> told;
    under_test.driver.on_event([&](sip::event& what) {
        told.push_back(std::get<sip::offer_withdrawn>(what).id.index);
        if (told.size() == 1) throw std::bad_alloc();
    });
    under_test.driver.command([](sip::now_t, sip::outbox& out) {
        out.events.emplace_back(sip::offer_withdrawn{{1, 1}});
        out.events.emplace_back(sip::offer_withdrawn{{2, 1}});
    });
    CHECK(told == std::vector<std::uint32_t>{1, 2});
    CHECK(under_test.driver.count().out_of_memory == 2);

    echo_sizes(under_test.core);
    bare_socket peer;
    peer.send(local, options_message("after"));
    REQUIRE(run_until(under_test.loop, [&] { return peer.receive().has_value(); }));
}
