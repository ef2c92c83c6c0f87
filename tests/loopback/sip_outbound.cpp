// Client-initiated connections over real sockets (RFC 5626), our user agent at our own proxy: two flows of one phone,
// one of which is killed at the server's side. Covered: which flow a call comes over meanwhile, that it comes once, how
// long the phone waits before it opens the flow again, and longer after the next failure; a flow that had proved itself
// is back at once. Not here: the rules one by one (tests/unit/sip/ua/outbound.cpp, proxy/outbound_test.cpp).
#include <doctest/doctest.h>

#include "loopback/sip_support.hpp"
#include "sip/net/environment.hpp"
#include "sip/net/user_agent.hpp"
#include "sip/proxy/core.hpp"

using namespace sip_test;
using sip::transport_kind;

namespace {

/// Our proxy and registrar with two doors, so that a phone has two flows to it.
struct edge {
    explicit edge(asio::io_context& loop)
        : environment(sip::net::make_environment({})),
          core(settings(), environment, store),
          driver(loop.get_executor(), core) {
        for (auto& door : doors)
            door = driver.listen(on_loopback(transport_kind::tcp)).value();
        driver.on_message([this](sip::net::traced_message const& message) {
            if (message.direction != sip::net::direction::received || !message.bytes.starts_with("REGISTER ")) return;
            for (std::size_t at = 0; at < flows.size(); ++at)
                if (message.bytes.find(";reg-id=" + std::to_string(at + 1)) != std::string_view::npos) {
                    flows[at] = message.flow;
                    ++registers[at];
                }
        });
    }
    static sip::proxy::settings settings() {
        sip::proxy::settings out;
        out.domains = {"test"};
        out.users = {{"1001", "secret1001"}, {"1002", "secret1002"}};
        return out;
    }
    /// Its own connection with the phone's flow `reg_id`.
    void kill(std::size_t reg_id) {
        driver.command([&](sip::now_t now, sip::outbox& out) {
            out.actions.emplace_back(sip::close_flow{flows[reg_id - 1]});
            core.on_flow(now, {flows[reg_id - 1], sip::flow_change::closed, {}, {}, "killed"}, out);
        });
    }
    [[nodiscard]] std::string route(std::size_t reg_id) const {
        return "sip:" + host_port(doors[reg_id - 1]) + ";transport=tcp;lr";
    }

    sip::environment environment;
    sip::proxy::memory_store store;
    sip::proxy::core core;
    sip::net::driver driver;
    std::array<sip::endpoint, 2> doors;
    std::array<sip::flow_id, 2> flows{};  ///< that the last REGISTERs came over, by reg-id
    std::array<int, 2> registers{};       ///< that came, challenged ones among them
};

sip::account_config account_of(std::string const& user, edge const& at) {
    sip::account_config out;
    out.address_of_record = "sip:" + user + "@test";
    out.password = "secret" + user;
    out.registrar = "sip:test";
    out.route_set = {at.route(1)};
    return out;
}

struct phone {
    phone(asio::io_context& on, edge& at, sip::outbound_settings flows) : loop(on), agent(on.get_executor()) {
        auto me = account_of("1001", at);
        me.instance = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
        me.outbound = flows;
        me.outbound.use = true;
        me.alternatives.emplace_back().route_set = {at.route(2)};
        line = agent.add_account(me).value();
        agent.on_message([this](sip::net::traced_message const& message) {
            if (message.direction == sip::net::direction::received && message.bytes.starts_with("INVITE "))
                invites_from.push_back(message.remote.port);
        });
        agent.on_event([this](sip::event const& what) {
            if (auto const* news = std::get_if<sip::registration_changed>(&what))
                at_server.at(news->server) = news->at_server;
            if (auto const* call = std::get_if<sip::incoming_call>(&what)) {
                calls.push_back(agent.take(call->id));
                (void)calls.back().answer("v=0\r\n");
            }
        });
    }
    [[nodiscard]] bool is_registered(std::size_t reg_id) const {
        return at_server.at(reg_id - 1) == sip::registration_state::registered;
    }
    void register_both() {
        REQUIRE(!line.start_registering());
        REQUIRE(run_until(loop, [&] { return is_registered(1) && is_registered(2); }));
    }

    asio::io_context& loop;
    sip::net::user_agent agent;
    sip::net::account line;
    std::vector<sip::net::call> calls;
    std::vector<std::uint16_t> invites_from;  ///< the proxy's ports
    std::array<sip::registration_state, 2> at_server{};
};

/// Calls 1001 through the proxy.
struct caller {
    caller(asio::io_context& on, edge& at) : loop(on), agent(on.get_executor()) {
        line = agent.add_account(account_of("1002", at)).value();
        agent.on_event([this](sip::event const& what) {
            is_answered = is_answered || std::holds_alternative<sip::call_answered>(what);
            is_over = is_over || std::holds_alternative<sip::call_ended>(what);
        });
    }
    void call() {
        is_answered = is_over = false;
        sip::invite_options options("sip:1001@test");
        options.with_offer("v=0\r\n");
        auto made = line.invite(options).value();
        REQUIRE(run_until(loop, [&] { return is_answered || is_over; }));
        CHECK(is_answered);
        (void)made.hang_up();
        REQUIRE(run_until(loop, [&] { return is_over; }));
    }
    asio::io_context& loop;
    sip::net::user_agent agent;
    sip::net::account line;
    bool is_answered = false, is_over = false;
};

}  // namespace

TEST_CASE(
    "One of two flows is killed: a call comes over the other one, once, and the flow is back after a wait that grows "
    "(RFC 5626 4.2.1, 4.5, 5.3)"
) {
    asio::io_context loop{1};
    edge server(loop);
    sip::outbound_settings flows;
    flows.base_time = 400ms;  // waits are drawn from the upper half of twice this, and of twice that
    phone callee(loop, server, flows);
    caller other(loop, server);
    callee.register_both();
    CHECK(server.flows[0] != server.flows[1]);

    for (auto const shortest : {400ms, 800ms}) {
        auto const registers = server.registers[0];
        auto const killed_at = std::chrono::steady_clock::now();
        callee.invites_from.clear();
        server.kill(1);
        REQUIRE(run_until(loop, [&] { return !callee.is_registered(1); }));
        CHECK(callee.is_registered(2));
        other.call();
        CHECK(callee.invites_from == std::vector<std::uint16_t>{server.doors[1].port});
        REQUIRE(run_until(loop, [&] { return server.registers[0] > registers; }));
        auto const waited = std::chrono::steady_clock::now() - killed_at;
        CHECK(waited >= shortest);
        CHECK(waited < 2 * shortest + 1s);
        REQUIRE(run_until(loop, [&] { return callee.is_registered(1); }));
    }
    // Both lead to the phone again, and still a call comes once.
    callee.invites_from.clear();
    other.call();
    CHECK(callee.invites_from.size() == 1);
    server.kill(2);
    callee.invites_from.clear();
    other.call();
    CHECK(callee.invites_from == std::vector<std::uint16_t>{server.doors[0].port});
}

TEST_CASE("A flow whose pings were answered is opened again without the wait of a failed one (RFC 5626 4.4.1, 4.5)") {
    asio::io_context loop{1};
    edge server(loop);
    sip::outbound_settings flows;
    flows.base_time = flows.base_time_all_failed = 1h;
    flows.keep_alive.stream = {20ms, 40ms};
    phone callee(loop, server, flows);
    callee.register_both();
    run_for(loop, 200ms);
    CHECK(server.driver.count().keep_alives >= 4);
    auto const before = server.flows[0];
    auto const registers = server.registers[0];
    server.kill(1);
    REQUIRE(run_until(loop, [&] { return server.registers[0] > registers; }));  // two seconds at most
    CHECK(server.flows[0] != before);
    REQUIRE(run_until(loop, [&] { return callee.is_registered(1); }));
}
