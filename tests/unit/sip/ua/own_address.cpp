// Covers: an account that names its address as a STUN server sees it (RFC 8489): Contact and Via, what waits for the
// answer and for how long, a mapping that changes, sockets that move, servers that are silent, unknown or several. Not
// here: the questions themselves (transport/address_discovery_test.cpp), a real server (tests/interop/stun_server.cpp).
#include <doctest/doctest.h>

#include "servers.hpp"

using namespace std::chrono_literals;
using state = sip::registration_state;
using test::at;
using test::header;
using test::lone_agent;

namespace {

sip::account_config behind_translator(std::string const& server = "192.0.2.1:3478") {
    sip::account_config settings;
    settings.address_of_record = "sip:1001@example.com";
    settings.registrar = "sip:10.0.0.2";
    settings.stun_server = server;
    return settings;
}

constexpr auto before = "<sip:1001@10.0.0.1:5060>", seen = "<sip:1001@198.51.100.7:40000>",
               moved = "<sip:1001@198.51.100.7:40001>";

/// Registered with the address that the server told.
void register_there(lone_agent& ua) {
    ua.start();
    ua.pong(ua.expect_ping(), "198.51.100.7:40000");
    ua.accept(ua.expect("REGISTER"), false);
    REQUIRE(ua.state() == state::registered);
}
/// The server says this the next time that it is asked.
void say_next_time(lone_agent& ua, std::string const& address) {
    REQUIRE(ua.run_until_sent(30s));
    ua.pong(ua.expect_ping(), address);
}

std::size_t count(lone_agent const& ua, sip::session_id call) {
    std::size_t told = 0;
    for (auto const& one : ua.events)
        if (auto const* news = std::get_if<sip::local_address_changed>(&one)) told += news->id == call;
    return told;
}

}  // namespace

TEST_CASE("Contact and Via name our address as the STUN server sees it (RFC 8489 14.2, RFC 3261 8.1.1.8, 18.1.1)") {
    lone_agent ua(behind_translator());
    ua.start();
    CHECK(ua.messages.empty());  // it waits
    auto const ping = ua.expect_ping();
    CHECK(ping.to == at("192.0.2.1:3478"));
    CHECK(ping.flow == ua.udp);
    ua.pong(ping, "198.51.100.7:40000");
    auto const request = ua.expect("REGISTER");
    CHECK(header(request.text, "Contact") == seen);
    CHECK(header(request.text, "Via").starts_with("SIP/2.0/UDP 198.51.100.7:40000;"));
    ua.accept(request, false);
    CHECK(ua.state() == state::registered);
    CHECK(ua.last<sip::registration_changed>().expires == 3600s);  // found in the answer by that Contact
    ua.invite("sip:1002@10.0.0.2");
    CHECK(header(ua.expect("INVITE").text, "Contact") == seen);
    auto const known = ua.core.own_address(ua.account);
    REQUIRE(known);
    CHECK(known->server == at("192.0.2.1:3478"));
    CHECK(known->mapped == at("198.51.100.7:40000"));
}

TEST_CASE("Whoever calls us gets the address that others see as Contact (RFC 3261 12.1.1)") {
    lone_agent ua(behind_translator());
    register_there(ua);
    ua.inject(
        test::wire("INVITE sip:1001@198.51.100.7:40000 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKx\n"
                   "From: <sip:1002@example.com>;tag=a\nTo: <sip:1001@example.com>\nCall-ID: in\nCSeq: 1 INVITE\n"
                   "Contact: <sip:1002@10.0.0.2>\nMax-Forwards: 70\nContent-Type: application/sdp\n\noffer"),
        ua.udp, at("10.0.0.2:5060")
    );
    auto const id = ua.last<sip::incoming_call>().id;
    ua.messages.clear();
    ua.command([&](auto now, auto& out) { return ua.core.answer(now, id, "answer", out); });
    CHECK(header(ua.expect("200 INVITE").text, "Contact") == seen);
}

TEST_CASE("An account that asks for nothing names its socket, also where another account asks") {
    lone_agent ua(behind_translator());
    register_there(ua);
    auto plain = behind_translator({});
    plain.address_of_record = "sip:1009@example.com";
    auto const other = ua.core.add_account(plain).value();
    ua.command([&](auto now, auto& out) { return ua.core.register_account(now, other, out); });
    auto const request = ua.expect("REGISTER");
    CHECK(header(request.text, "Contact") == "<sip:1009@10.0.0.1:5060>");
    CHECK(header(request.text, "Via").starts_with("SIP/2.0/UDP 10.0.0.1:5060;"));
    CHECK(!ua.core.own_address(other));
}

TEST_CASE("Over a connection nothing is asked: what a datagram looks like says nothing of it") {
    auto settings = behind_translator();
    settings.transport = sip::transport_kind::tcp;
    lone_agent ua(settings);
    ua.start();
    CHECK(ua.pings.empty());
    CHECK(header(ua.expect("REGISTER").text, "Contact").starts_with("<sip:1001@10.0.0.1:"));
}

TEST_CASE("A silent STUN server keeps nobody waiting for more than two seconds") {
    lone_agent ua(behind_translator());
    ua.start();
    ua.invite("sip:1002@10.0.0.2");
    ua.run_for(1999ms);
    CHECK(ua.messages.empty());
    CHECK(ua.pings.size() == 3);
    ua.run_for(1ms);
    CHECK(header(ua.expect("REGISTER").text, "Contact") == before);
    CHECK(header(ua.expect("INVITE").text, "Contact") == before);
    ua.invite("sip:1003@10.0.0.2");
    CHECK(header(ua.expect("INVITE").text, "Contact") == before);  // at once
}

TEST_CASE("An answer that comes late is acted on as a change of address (RFC 3261 10.2.1)") {
    lone_agent ua(behind_translator());
    ua.start();
    auto const ping = ua.expect_ping();
    ua.run_for(2s);
    auto const first = ua.expect("REGISTER");
    SUBCASE("while the REGISTER is out") {
        ua.pong(ping, "198.51.100.7:40000");
        ua.accept(first, false);
    }
    SUBCASE("once it is answered") {
        ua.accept(first, false);
        ua.pong(ping, "198.51.100.7:40000");
    }
    ua.pings.clear();
    ua.run_for(2s);
    CHECK(header(ua.expect("REGISTER").text, "Contact") == seen);
}

TEST_CASE("A mapping that changes renews the registration within two seconds, and tells the calls (RFC 3261 14.1)") {
    lone_agent ua(behind_translator());
    register_there(ua);
    auto const id = ua.invite("sip:1002@10.0.0.2");
    auto const invite = ua.expect("INVITE");
    ua.reply(invite, 200, "Contact: <sip:1002@10.0.0.2>\n", "answer");
    ua.expect("ACK");
    say_next_time(ua, "198.51.100.7:40000");
    CHECK(count(ua, id) == 0);
    say_next_time(ua, "198.51.100.7:40001");
    CHECK(count(ua, id) == 1);
    ua.run_for(2s);
    auto const renewal = ua.expect("REGISTER");
    CHECK(header(renewal.text, "Contact") == moved);
    ua.accept(renewal, false);
    ua.messages.clear();  // its copies
    ua.command([&](auto now, auto& out) { return ua.core.reoffer(now, id, "new offer", out, {}); });
    auto const again = ua.expect("INVITE");
    CHECK(header(again.text, "Contact") == moved);
    CHECK(header(again.text, "Via").starts_with("SIP/2.0/UDP 198.51.100.7:40001;"));
    ua.run_for(24s);
    CHECK(ua.state() == state::registered);
}

TEST_CASE("When the socket moves, the address is asked for anew before the registration is renewed") {
    lone_agent ua(behind_translator());
    register_there(ua);
    ua.pings.clear();
    ua.move_socket("10.0.7.7:5060");
    CHECK(!ua.core.own_address(ua.account));
    auto const ping = ua.expect_ping();
    ua.run_for(200ms);
    ua.pong(ping, "203.0.113.9:50000");
    ua.run_for(2s);
    CHECK(header(ua.expect("REGISTER").text, "Contact") == "<sip:1001@203.0.113.9:50000>");
}

TEST_CASE("A server that nobody knows by name is looked for again, and requests go on at once") {
    lone_agent ua(behind_translator("stun.example.com:3478"));
    ua.start();
    CHECK(header(ua.expect("REGISTER").text, "Contact") == before);
    CHECK(ua.pings.empty());
    ua.names["stun.example.com"] = {"192.0.2.9"};
    ua.run_for(95s);  // "there is none" holds for a minute
    REQUIRE(!ua.pings.empty());
    CHECK(ua.expect_ping().to == at("192.0.2.9:3478"));
}

TEST_CASE("Of several servers of one name the next one is asked when one is silent") {
    lone_agent ua(behind_translator("stun.example.com:3478"));
    ua.names["stun.example.com"] = {"192.0.2.8", "192.0.2.9"};
    ua.start();
    auto const first = ua.expect_ping();
    ua.run_for(40s);
    REQUIRE(!ua.pings.empty());
    auto const other = ua.pings.back();
    CHECK(other.to != first.to);
    ua.pong(other, "198.51.100.7:40000");
    REQUIRE(ua.core.own_address(ua.account));
    CHECK(ua.core.own_address(ua.account)->server == other.to);
}

TEST_CASE("Other settings: another server is asked, the same one is not forgotten, and waiting requests go on") {
    lone_agent ua(behind_translator());
    register_there(ua);
    CHECK(!ua.core.update_account(ua.account, behind_translator()));
    CHECK(ua.core.own_address(ua.account));
    CHECK(!ua.core.update_account(ua.account, behind_translator("192.0.2.77:3478")));
    CHECK(!ua.core.own_address(ua.account));
    ua.pings.clear();
    ua.invite("sip:1002@10.0.0.2");
    CHECK(ua.expect_ping().to == at("192.0.2.77:3478"));
    CHECK(!ua.core.update_account(ua.account, behind_translator({})));
    ua.run_for(2s);
    CHECK(header(ua.expect("INVITE").text, "Contact") == before);
}

TEST_CASE("A STUN server that is no host and port is refused by name") {
    test::seeded_random random(1);
    auto env = test::surroundings(random);
    sip::user_agent_core core({}, env);
    for (auto const* bad : {"stun.example.com:port", "a@b", "stun.example.com;x", "a b", "[2001:db8::1"}) {
        std::string why;
        CAPTURE(bad);
        CHECK(core.add_account(behind_translator(bad), &why).has_error());
        CHECK(why.find("STUN server") != std::string::npos);
    }
    for (auto const* good : {"stun.example.com", "192.0.2.1:3478", "[2001:db8::1]:3478"})
        CHECK(core.add_account(behind_translator(good)).has_value());
}
