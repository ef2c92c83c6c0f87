// Covers: how requests find their way: names, several addresses, connections that are opened, reused, refused and lost,
// large requests over TCP with their fall-back, time-outs on the way.
#include <array>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "support/script.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;

namespace {

sip::account_config at_example() {
    return test::ua_pair::account_at("sip:1001@example.com");
}

/// Alice on a network with names; Bob answers everything at once.
struct named_pair {
    test::sim_network net;
    test::phone alice{11}, bob{12};
    std::vector<test::sim_network::packet> packets;

    explicit named_pair(sip::account_config settings = at_example()) {
        net.on_packet = [this](auto const& p) { packets.push_back(p); };
        alice.join(net, "10.0.0.1:5060", std::move(settings));
        bob.join(net, "10.0.0.2:5060", test::ua_pair::account_at("sip:1002@example.com"));
        net.listen_tcp(alice.node, "10.0.0.1:5060");
        net.listen_tcp(bob.node, "10.0.0.2:5060");
        bob.on_event = [this](sip::event const& e) {
            if (auto const* call = std::get_if<sip::incoming_call>(&e)) (void)bob.answer(call->id);
        };
    }
};

}  // namespace

TEST_CASE("A name is asked for, and the call goes to its address") {
    named_pair pair;
    pair.net.name("bob.example.com", {"10.0.0.2"});
    pair.alice.invite("sip:1002@bob.example.com");
    pair.net.run_for(1s);
    CHECK(pair.alice.count<sip::call_answered>() == 1);
}

TEST_CASE("A name that nobody knows ends the call with transport") {
    named_pair pair;
    pair.alice.invite("sip:1002@nowhere.example.com");
    pair.net.run_for(1s);
    auto const& end = pair.alice.last<sip::call_ended>();
    CHECK(end.why == sip::end_reason::transport);
    CHECK(end.error == sip::errc::name_not_found);
    CHECK(pair.alice.is_idle());
    pair.alice.invite("sip:1002@nowhere.example.com");  // the answer is known now
    CHECK(pair.alice.count<sip::call_ended>() == 2);
    CHECK(pair.alice.last<sip::call_ended>().error == sip::errc::name_not_found);
    CHECK(pair.alice.is_idle());
}

TEST_CASE("A call that is hung up while its name is being looked up is never sent") {
    named_pair pair;
    pair.net.name("bob.example.com", {"10.0.0.2"});
    auto const id = pair.alice.invite("sip:1002@bob.example.com");
    pair.alice.hang_up(id);
    pair.net.run_for(1s);
    CHECK(pair.packets.empty());
    CHECK(pair.alice.count<sip::call_ended>() == 1);
    CHECK(pair.alice.is_idle());
}

TEST_CASE("A target over TCP opens one connection, which both sides use for the whole call") {
    named_pair pair;
    auto const id = pair.alice.invite("sip:1002@10.0.0.2:5060;transport=tcp");
    pair.net.run_for(1s);
    REQUIRE(pair.alice.count<sip::call_answered>() == 1);
    CHECK(pair.net.connections() == 1);
    auto const& invite = pair.packets.front();
    CHECK(header(invite.text, "Via").starts_with("SIP/2.0/TCP 10.0.0.1:"));
    CHECK(header(invite.text, "Contact").find(";transport=tcp>") != std::string::npos);
    auto const b = pair.bob.last<sip::incoming_call>().id;
    pair.bob.hang_up(b);
    pair.net.run_for(1s);
    CHECK(pair.net.connections() == 1);
    CHECK(pair.alice.last<sip::call_ended>().why == sip::end_reason::remote_hang_up);
    (void)id;
}

TEST_CASE("A refused connection ends the call when there is no other address (RFC 3261 8.1.3.1)") {
    named_pair pair;
    pair.net.stop_listening("10.0.0.2:5060");
    pair.alice.invite("sip:1002@10.0.0.2:5060;transport=tcp");
    pair.net.run_for(1s);
    CHECK(pair.alice.last<sip::call_ended>().why == sip::end_reason::transport);
    CHECK(pair.alice.is_idle());
}

TEST_CASE("After a failure the next address is tried (RFC 3263 4.3)") {
    named_pair pair;
    pair.net.name("bob.example.com", {"10.0.0.66", "10.0.0.2"});
    pair.alice.invite("sip:1002@bob.example.com;transport=tcp");
    pair.net.run_for(1s);
    CHECK(pair.alice.count<sip::call_answered>() == 1);
    CHECK(pair.alice.count<sip::call_ended>() == 0);
}

TEST_CASE("503 moves a call to the next address, and ends it at the last (RFC 3263 4.3)") {
    test::sim_network net;
    test::phone alice{1}, one{2}, two{3};
    alice.join(net, "10.0.0.1:5060", at_example());
    one.join(net, "10.0.0.2:5060", test::ua_pair::account_at("sip:1002@example.com"));
    two.join(net, "10.0.0.3:5060", test::ua_pair::account_at("sip:1002@example.com"));
    net.name("bob.example.com", {"10.0.0.2", "10.0.0.3"});
    auto const busy = [](test::phone& phone) {
        phone.on_event = [&phone](sip::event const& e) {
            if (auto const* call = std::get_if<sip::incoming_call>(&e)) (void)phone.reject(call->id, 503);
        };
    };
    busy(one);
    busy(two);
    alice.invite("sip:1002@bob.example.com");
    net.run_for(1s);
    CHECK(one.count<sip::incoming_call>() == 1);
    CHECK(two.count<sip::incoming_call>() == 1);
    CHECK(alice.count<sip::call_ended>() == 1);
    CHECK(alice.last<sip::call_ended>().status == 503);
}

TEST_CASE("A request that exceeds the datagram limit goes over TCP (RFC 3261 18.1.1)") {
    named_pair pair;
    pair.alice.invite("sip:1002@10.0.0.2", std::string(1200, 'x'));
    pair.net.run_for(1s);
    CHECK(pair.alice.count<sip::call_answered>() == 1);
    CHECK(header(pair.packets.front().text, "Via").starts_with("SIP/2.0/TCP"));
    CHECK(pair.net.connections() == 1);
}

TEST_CASE("A large request falls back to UDP where TCP is refused (RFC 3261 18.1.1)") {
    named_pair pair;
    pair.net.stop_listening("10.0.0.2:5060");
    pair.alice.invite("sip:1002@10.0.0.2", std::string(1200, 'x'));
    pair.net.run_for(1s);
    CHECK(pair.alice.count<sip::call_answered>() == 1);
    CHECK(header(pair.packets.front().text, "Via").starts_with("SIP/2.0/UDP"));
}

TEST_CASE("The datagram limit can be switched off") {
    sip::user_agent_config config;
    config.datagram_limit = 0;
    test::ua_pair pair(1, config);
    pair.alice.invite("sip:1002@10.0.0.2", std::string(3000, 'x'));
    pair.net.run_for(100ms);
    CHECK(pair.net.connections() == 0);
    CHECK(pair.bob.count<sip::incoming_call>() == 1);
}

TEST_CASE("A request queued on a slow connect is given up at 64*T1 and never sent (pjsip #1583)") {
    test::script_options options;
    script s(options);
    s.invite("offer", "sip:bob@10.0.0.2:5060;transport=tcp");
    auto const opened = s.opened();
    REQUIRE(opened.size() == 1);
    s.advance(31s);
    s.expect_no_event();
    s.advance(2s);
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::no_answer);
    s.flow_up(opened[0].flow, "10.0.0.1:40001");
    s.expect_nothing();
    s.expect_idle();
}

TEST_CASE("A call that is hung up while it waits for its connection is never sent") {
    test::replay([](script& s) {
        auto const id = s.invite("offer", "sip:bob@10.0.0.2:5060;transport=tcp");
        auto const opened = s.opened();
        REQUIRE(opened.size() == 1);
        s.hang_up(id);
        s.expect_event<sip::call_ended>();
        auto const udp = s.flow;
        s.flow_up(opened[0].flow, "10.0.0.1:40001");
        s.flow = udp;
        s.expect_nothing();
    });
}

TEST_CASE("Two requests to one address share the connection that is being opened, and keep their order") {
    script s;
    s.invite("offer 1", "sip:bob@10.0.0.2:5060;transport=tcp");
    s.invite("offer 2", "sip:bob@10.0.0.2:5060;transport=tcp");
    auto const opened = s.opened();
    REQUIRE(opened.size() == 1);
    s.flow_up(opened[0].flow, "10.0.0.1:40001");
    CHECK(test::body_of(s.expect("INVITE")) == "offer 1");
    CHECK(test::body_of(s.expect("INVITE")) == "offer 2");
}

TEST_CASE("A connection that died unnoticed is opened anew for the next request") {
    named_pair pair;
    auto const id = pair.alice.invite("sip:1002@10.0.0.2:5060;transport=tcp");
    pair.net.run_for(1s);
    pair.net.break_connections(pair.alice.node);
    CHECK(pair.net.connections() == 0);
    CHECK(pair.alice.count<sip::call_ended>() == 0);  // a call is more than its connection
    CHECK(pair.alice.hang_up(id) == sip::error_code());
    pair.net.run_for(1s);
    CHECK(pair.bob.last<sip::call_ended>().why == sip::end_reason::remote_hang_up);
}

TEST_CASE("A request in flight on a connection that breaks is sent again over a new one") {
    named_pair pair;
    pair.bob.on_event = nullptr;
    auto const first = pair.alice.invite("sip:1002@10.0.0.2:5060;transport=tcp");
    pair.net.run_for(1s);
    pair.alice.invite("sip:1003@10.0.0.2:5060;transport=tcp");
    pair.net.break_connections(pair.alice.node);
    pair.net.run_for(1s);
    CHECK(pair.bob.count<sip::incoming_call>() == 2);
    (void)first;
}

TEST_CASE("Without a socket for the address family the call ends with transport") {
    named_pair pair;
    pair.alice.invite("sip:1002@[2001:db8::1]");
    pair.net.run_for(1s);
    CHECK(pair.alice.last<sip::call_ended>().why == sip::end_reason::transport);
}

TEST_CASE("IPv6 calls name their addresses in brackets") {
    test::sim_network net;
    test::phone alice{1}, bob{2};
    std::string invite;
    net.on_packet = [&](auto const& p) {
        if (p.text.starts_with("INVITE ")) invite = p.text;
    };
    alice.join(net, "[2001:db8::1]:5060", test::ua_pair::account_at("sip:1001@[2001:db8::1]"));
    bob.join(net, "[2001:db8::2]:5060", test::ua_pair::account_at("sip:1002@[2001:db8::2]"));
    auto const id = alice.invite("sip:1002@[2001:db8::2]");
    net.run_for(50ms);
    bob.answer(bob.last<sip::incoming_call>().id);
    net.run_for(50ms);
    CHECK(alice.count<sip::call_answered>() == 1);
    CHECK(header(invite, "Contact") == "<sip:1001@[2001:db8::1]:5060>");
    alice.hang_up(id);
    net.run_for(50ms);
    CHECK(bob.count<sip::call_ended>() == 1);
}

TEST_CASE("An unserved transport in the target is refused with an event, not sent astray") {
    named_pair pair;
    pair.alice.invite("sip:1002@10.0.0.2;transport=sctp");
    pair.net.run_for(100ms);
    CHECK(pair.packets.empty());
    CHECK(pair.alice.last<sip::call_ended>().why == sip::end_reason::transport);
}

TEST_CASE("A core without deadline may be woken: nothing happens") {
    script s;
    sip::outbox out;
    s.core.on_timeout(s.clock.now(), out);
    CHECK(out.actions.empty());
    s.expect_idle();
    CHECK(s.core.still_wanted({}));
    CHECK(!s.core.still_wanted({3, 3}));
}

TEST_CASE("A server that does not answer is passed over after 64*T1, and tried last afterwards (RFC 3263 4.3)") {
    auto settings = at_example();
    settings.timing.t1 = 20ms;
    named_pair pair(settings);
    pair.net.name("bob.example.com", {"10.0.0.66", "10.0.0.2"});
    pair.alice.invite("sip:1002@bob.example.com");
    pair.net.run_for(64 * 20ms - 100ms);
    CHECK(pair.alice.count<sip::call_answered>() == 0);
    pair.net.run_for(1s);
    CHECK(pair.alice.count<sip::call_answered>() == 1);

    pair.alice.invite("sip:1002@bob.example.com");
    pair.net.run_for(200ms);
    CHECK(pair.alice.count<sip::call_answered>() == 2);
}

TEST_CASE("A call that is answered with a provisional response stays where it is") {
    auto settings = at_example();
    settings.timing.t1 = 20ms;
    named_pair pair(settings);
    pair.bob.on_event = nullptr;  // it rings: 100 after 200 ms
    pair.net.name("bob.example.com", {"10.0.0.2", "10.0.0.66"});
    pair.alice.invite("sip:1002@bob.example.com");
    pair.net.run_for(20s);
    for (auto const& p : pair.packets)
        if (p.text.starts_with("INVITE")) CHECK(host_port(p.destination) == "10.0.0.2:5060");
    CHECK(pair.alice.count<sip::call_ended>() == 0);
}

TEST_CASE("Copies of a request, its CANCEL and the ACK of its failure go to the one server that it reached (RFC 3263 4)"
) {
    auto settings = at_example();
    settings.timing.t1 = 20ms;
    named_pair pair(settings);
    pair.bob.on_event = nullptr;  // it rings: 100 after 200 ms
    pair.net.name("bob.example.com", {"10.0.0.2", "10.0.0.66"});
    auto const id = pair.alice.invite("sip:1002@bob.example.com");
    pair.net.run_for(1s);
    pair.alice.hang_up(id);
    pair.net.run_for(1s);
    std::map<std::string, int> sent;
    for (auto const& p : pair.packets) {
        if (p.text.starts_with("SIP/2.0 ")) continue;
        CHECK(host_port(p.destination) == "10.0.0.2:5060");
        ++sent[p.text.substr(0, p.text.find(' '))];
    }
    CHECK(sent["INVITE"] > 1);
    CHECK(sent["CANCEL"] == 1);
    CHECK(sent["ACK"] == 1);
}

TEST_CASE("Calls go to the server that holds the registration, whatever order the domain's servers come in") {
    sip::user_agent_config serving;
    serving.methods = {sip::method::register_};
    test::sim_network net;
    test::phone alice{1}, one{2, serving}, two{3, serving};
    auto settings = at_example();
    settings.registrar = "sip:example.com";
    settings.timing.t1 = 20ms;
    alice.join(net, "10.0.0.1:5060", settings);
    for (auto* server : {&one, &two})
        server->on_event = [server](sip::event const& e) {
            if (auto const* call = std::get_if<sip::incoming_call>(&e)) (void)server->answer(call->id);
            auto const* request = std::get_if<sip::incoming_request>(&e);
            if (request == nullptr) return;
            std::array const contact{sip::extra_header(
                "Contact", std::string(request->request.view().raw(sip::header_id::contact)) + ";expires=3600"
            )};
            (void)server->command([&](auto now, auto& out) {
                return server->core.respond(now, request->id, 200, contact, {}, {}, out);
            });
        };
    two.join(net, "10.0.0.3:5060", test::ua_pair::account_at("sip:server@example.com"));
    net.name("example.com", {"10.0.0.2", "10.0.0.3"});  // the first one is not there yet
    (void)alice.command([&](auto now, auto& out) { return alice.core.register_account(now, alice.account, out); });
    net.run_for(3s);
    REQUIRE(alice.last<sip::registration_changed>().state == sip::registration_state::registered);

    one.join(net, "10.0.0.2:5060", test::ua_pair::account_at("sip:server@example.com"));
    net.run_for(70s);  // the first one is no longer avoided
    alice.invite("sip:1002@example.com");
    net.run_for(1s);
    CHECK(alice.count<sip::call_answered>() == 1);
    CHECK(two.count<sip::incoming_call>() == 1);
    CHECK(one.count<sip::incoming_call>() == 0);
}
