// Covered: whole phones (sip::user_agent_core) with the proxy between them on the simulated network: registration with
// passwords, calls over UDP and TCP, busy, no answer, hold, forked phones, losses, a proxy that restarts in the middle.
// Each call checks that both ends agree and that nothing is left in the proxy.
#include <memory>

#include "proxy_fixture.hpp"
#include "support/ua_pair.hpp"

using namespace test;

namespace {

struct phone_network {
    sim_network net;
    seeded_random random;
    sip::environment env = seeded_environment(random);
    sip::proxy::memory_store store;
    std::unique_ptr<sip::proxy::core> core;
    sim_network::node_id proxy_node = 0;
    phone a, b, c;

    explicit phone_network(
        std::uint64_t seed = 1, sip::transport_kind alices = sip::transport_kind::udp,
        sip::transport_kind bobs = sip::transport_kind::udp
    )
        : net(seed), random(seed + 99), a(seed * 3 + 1), b(seed * 3 + 2), c(seed * 3 + 3) {
        core = std::make_unique<sip::proxy::core>(guarded_settings(), env, store);
        net.name("example.com", {"10.0.0.9"});
        proxy_node = net.add(*core, [](sip::event const&) {});
        net.bind_udp(proxy_node, "10.0.0.9:5060");
        net.listen_tcp(proxy_node, "10.0.0.9:5060");
        core->add_listener(proxy_tcp);
        join(a, "1001", "10.0.0.1:5060", alices);
        join(b, "1002", "10.0.0.2:5060", bobs);
        join(
            c, "1002", "10.0.0.3:5060", sip::transport_kind::udp
        );  // Bob's second phone, registered only where a test says so
    }
    void join(phone& who, std::string const& user, std::string const& address, sip::transport_kind transport) {
        sip::account_config account;
        account.address_of_record = "sip:" + user + "@example.com";
        account.password = "secret" + user;
        account.registrar = "sip:example.com";
        account.transport = transport;
        account.route_set = {
            transport == sip::transport_kind::tcp ? "sip:10.0.0.9;transport=tcp;lr" : "sip:10.0.0.9;lr"};
        who.join(net, address, account);
        net.listen_tcp(who.node, address);
    }
    void register_phone(phone& who) {
        who.command([&](auto now, auto& out) { return who.core.register_account(now, who.account, out); });
        net.run_for(2s);
        REQUIRE(who.count<sip::registration_changed>() > 0);
        REQUIRE(who.last<sip::registration_changed>().state == sip::registration_state::registered);
    }
    /// Alice calls 1002; somebody answers.
    sip::session_id call() {
        auto id = a.invite("sip:1002@example.com");
        net.run_for(1s);
        return id;
    }
    void check_quiet() {
        net.run_for(70s);
        auto live = core->live();
        CHECK(live.contexts == 0);
        CHECK(live.branches == 0);
        CHECK(live.transactions == 0);
        CHECK(live.waiting_acks == 0);
        CHECK(live.buffers == 0);
    }
};

}  // namespace

TEST_CASE("Two phones register with their passwords and call each other, over every pair of transports") {
    for (auto alices : {sip::transport_kind::udp, sip::transport_kind::tcp})
        for (auto bobs : {sip::transport_kind::udp, sip::transport_kind::tcp}) {
            INFO(sip::to_string(alices), " calls ", sip::to_string(bobs));
            phone_network n(7, alices, bobs);
            n.register_phone(n.a);
            n.register_phone(n.b);
            auto call = n.call();
            REQUIRE(n.b.count<sip::incoming_call>() == 1);
            auto other = n.b.last<sip::incoming_call>().id;
            n.b.ring(other);
            n.net.run_for(1s);
            CHECK(n.a.count<sip::call_progress>() == 1);
            n.b.answer(other);
            n.net.run_for(1s);
            CHECK(n.a.count<sip::call_answered>() == 1);
            CHECK(n.b.count<sip::call_confirmed>() == 1);

            n.a.reoffer(call);  // hold
            n.net.run_for(1s);
            REQUIRE(n.b.count<sip::remote_offer>() == 1);
            n.b.answer_offer(other);
            n.net.run_for(1s);
            CHECK(n.a.count<sip::remote_answer>() == 1);

            n.b.hang_up(other);
            n.net.run_for(1s);
            CHECK(n.a.count<sip::call_ended>() == 1);
            CHECK(n.b.count<sip::call_ended>() == 1);
            n.net.run_for(40s);
            n.a.command([&](auto now, auto& out) { return n.a.core.unregister_account(now, n.a.account, out); });
            n.b.command([&](auto now, auto& out) { return n.b.core.unregister_account(now, n.b.account, out); });
            n.check_quiet();
            CHECK(n.store.find("1001", n.net.now().wall)->empty());
        }
}

TEST_CASE("Busy, and a caller who gives up") {
    phone_network n;
    n.register_phone(n.a);
    n.register_phone(n.b);
    n.call();
    n.b.reject(n.b.last<sip::incoming_call>().id, 486);
    n.net.run_for(1s);
    CHECK(n.a.last<sip::call_ended>().status == 486);

    auto call = n.call();
    n.b.ring(n.b.last<sip::incoming_call>().id);
    n.net.run_for(1s);
    n.a.hang_up(call);
    n.net.run_for(1s);
    CHECK(n.a.count<sip::call_ended>() == 2);
    CHECK(n.b.count<sip::call_ended>() == 2);
    n.net.run_for(40s);
    CHECK(n.core->live().contexts == 0);
}

TEST_CASE("Both phones of a user ring; the one that answers gets the call, the other one stops") {
    phone_network n;
    n.register_phone(n.a);
    n.register_phone(n.b);
    n.register_phone(n.c);
    n.call();
    REQUIRE(n.b.count<sip::incoming_call>() == 1);
    REQUIRE(n.c.count<sip::incoming_call>() == 1);
    n.b.ring(n.b.last<sip::incoming_call>().id);
    n.c.ring(n.c.last<sip::incoming_call>().id);
    n.net.run_for(1s);
    n.c.answer(n.c.last<sip::incoming_call>().id);
    n.net.run_for(1s);
    CHECK(n.c.count<sip::call_confirmed>() == 1);
    CHECK(n.b.count<sip::call_ended>() == 1);
    CHECK(n.a.count<sip::call_answered>() == 1);
    n.c.hang_up(n.c.last<sip::incoming_call>().id);
    n.net.run_for(40s);
    CHECK(n.a.count<sip::call_ended>() == 1);
    CHECK(n.core->live().contexts == 0);
}

TEST_CASE("A proxy that restarts loses no registration and no call") {
    phone_network n;
    n.register_phone(n.a);
    n.register_phone(n.b);
    auto call = n.call();
    auto other = n.b.last<sip::incoming_call>().id;
    n.b.answer(other);
    n.net.run_for(1s);
    REQUIRE(n.b.count<sip::call_confirmed>() == 1);

    // A new proxy, with the same store, at the same address; the old one hears and says no more.
    sip::proxy::core restarted(guarded_settings(), n.env, n.store);
    auto node = n.net.add(restarted, [](sip::event const&) {});
    n.net.bind_udp(node, "10.0.0.9:5060");
    restarted.add_listener(proxy_tcp);

    n.a.hang_up(call);
    n.net.run_for(1s);
    CHECK(n.b.count<sip::call_ended>() == 1);
    CHECK(n.a.count<sip::call_ended>() == 1);
    n.call();  // with a nonce of before: stale, and tried again by the phone
    CHECK(n.b.count<sip::incoming_call>() == 2);
    n.b.reject(n.b.last<sip::incoming_call>().id);
    n.net.run_for(40s);
}

TEST_CASE("On a bad network every call still ends once at both ends, and the proxy forgets it") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed ", seed);
        phone_network n(seed);
        n.register_phone(n.a);
        n.register_phone(n.b);
        n.net.everywhere.loss = static_cast<unsigned>(seed % 5) * 7;
        n.net.everywhere.duplication = static_cast<unsigned>(seed % 3) * 10;
        n.net.everywhere.jitter = std::chrono::milliseconds(seed % 4 * 40);
        auto& chance = n.net.random();
        n.b.on_event = [&](sip::event const& event) {
            auto const* incoming = std::get_if<sip::incoming_call>(&event);
            if (incoming == nullptr) return;
            n.b.ring(incoming->id);
            if (chance.chance(70))
                n.b.answer(incoming->id);
            else
                n.b.reject(incoming->id);
        };
        auto call = n.a.invite("sip:1002@example.com");
        n.net.run_for(std::chrono::milliseconds(chance.below(20'000)));
        n.a.hang_up(call);
        n.net.run_for(200s);
        CHECK(n.a.count<sip::call_ended>() == 1);
        CHECK(n.b.count<sip::call_ended>() == n.b.count<sip::incoming_call>());
        CHECK(n.core->live().contexts == 0);
        CHECK(n.core->live().branches == 0);
    }
}
