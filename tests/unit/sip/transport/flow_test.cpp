// Covered: text of transports, addresses and endpoints, both ways; the flow table: numbers, opening, coming up,
// failing, which flow leads to an endpoint, also over TLS and WebSocket and with several sockets.
#include "sip/transport/flow.hpp"

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "sip/transport/flow_table.hpp"

using namespace sip;

namespace {

endpoint at(char const* address, std::uint16_t port, transport_kind kind = transport_kind::udp) {
    return {ip_address::from(address).value(), port, kind};
}

message message_of(std::string_view text) {
    static buffer_pool pool;
    return parse_message(pool.copy(text), pool).value();
}

}  // namespace

TEST_CASE("Transports are read in any case and written as Via does") {
    CHECK(transport_from("udp") == transport_kind::udp);
    CHECK(transport_from("Tcp") == transport_kind::tcp);
    CHECK(transport_from("TLS") == transport_kind::tls);
    CHECK(transport_from("ws") == transport_kind::ws);
    CHECK(transport_from("WSS") == transport_kind::wss);
    CHECK_FALSE(transport_from("sctp"));
    CHECK_FALSE(transport_from("ud"));
    CHECK(to_string(transport_kind::tls) == "TLS");
    CHECK(default_port(transport_kind::tls) == 5061);
    CHECK(default_port(transport_kind::tcp) == 5060);
}

TEST_CASE("WebSocket is reliable, and its default ports are those of HTTP (RFC 7118 5, 5.5)") {
    CHECK(is_reliable(transport_kind::ws));
    CHECK(is_reliable(transport_kind::wss));
    CHECK(default_port(transport_kind::ws) == 80);
    CHECK(default_port(transport_kind::wss) == 443);
    CHECK(to_string(transport_kind::ws) == "WS");
    CHECK(to_string(transport_kind::wss) == "WSS");
}

TEST_CASE("An IPv4-mapped address is the IPv4 address (linphone-desktop #787)") {
    CHECK(ip_address::from("::ffff:192.0.2.1") == ip_address::from("192.0.2.1"));
    CHECK(ip_address::from("[::ffff:c000:201]") == ip_address::from("192.0.2.1"));
    CHECK(ip_address::from("::fffe:192.0.2.1")->is_v6);
}

TEST_CASE("Addresses are read strictly and printed canonically") {
    CHECK(to_string(ip_address::from("192.0.2.1").value()) == "192.0.2.1");
    CHECK(to_string(ip_address::from("2001:DB8:0:0::1").value()) == "2001:db8::1");
    CHECK(ip_address::from("[2001:db8::1]") == ip_address::from("2001:db8::1"));
    CHECK_FALSE(ip_address::from("[192.0.2.1]"));
    for (char const* wrong :
         {"", "[]", "192.0.2", "192.0.2.256", "192.0.2.1.", "0x7f.1", "example.com", "2001:db8::g", "[2001:db8::1",
          "1234567890123456789012345678901234567890123456789012"})
        CHECK_FALSE_MESSAGE(ip_address::from(wrong), wrong);
    CHECK_FALSE(ip_address::from(std::string_view("192.0.2.1\0.5", 12)));
    CHECK(ip_address::from("0.0.0.0")->is_unspecified());
    CHECK(ip_address::from("::")->is_unspecified());
    CHECK_FALSE(ip_address::from("::1")->is_unspecified());
}

TEST_CASE("An endpoint prints as a sent-by, IPv6 in brackets") {
    CHECK(host_port(at("192.0.2.1", 5062)) == "192.0.2.1:5062");
    CHECK(host_port(at("2001:db8::1", 5060)) == "[2001:db8::1]:5060");
    CHECK(to_string(at("192.0.2.1", 5060, transport_kind::tls)) == "tls 192.0.2.1:5060");
}

TEST_CASE("Datagrams leave by the socket of their address family") {
    flow_table flows;
    auto v4 = flows.add({at("192.0.2.1", 5060), std::nullopt});
    auto v6 = flows.add({at("2001:db8::1", 5060), std::nullopt});
    CHECK(flows.towards(at("198.51.100.7", 5080)) == v4);
    CHECK(flows.towards(at("2001:db8::7", 5080)) == v6);
    CHECK_FALSE(flows.towards(at("198.51.100.7", 5080, transport_kind::tcp)));
}

TEST_CASE("A connection is shared by all who go to the same endpoint, also while it opens") {
    flow_table flows;
    auto peer = at("198.51.100.7", 5060, transport_kind::tcp);
    auto first = flows.add_opening(peer);
    CHECK(flows.find(first)->state == flow_state::opening);
    CHECK(flows.towards(peer) == first);
    CHECK_FALSE(flows.towards(at("198.51.100.7", 5061, transport_kind::tcp)));
    CHECK_FALSE(flows.towards(at("198.51.100.7", 5060, transport_kind::tls)));

    auto local = at("192.0.2.1", 40000, transport_kind::tcp);
    flows.on_event({first, flow_change::up, local, {}, {}});
    CHECK(flows.find(first)->state == flow_state::up);
    CHECK(flows.find(first)->local == local);

    SUBCASE("a connection that is up goes before one that opens") {
        flows.add_opening(peer);
        CHECK(flows.towards(peer) == first);
    }
    SUBCASE("a closed connection is forgotten and its number is not used again") {
        flows.on_event({first, flow_change::closed, {}, {}, {}});
        CHECK(flows.find(first) == nullptr);
        CHECK_FALSE(flows.towards(peer));
        CHECK(flows.add_opening(peer) != first);
    }
}

TEST_CASE("News of an unknown flow is ignored") {
    flow_table flows;
    auto only = flows.add({at("192.0.2.1", 5060), std::nullopt});
    flows.on_event({flow_id{99}, flow_change::failed, {}, {}, {}});
    CHECK(flows.size() == 1);
    CHECK(flows.find(only) != nullptr);
    CHECK(flows.find(flow_id::none) == nullptr);
}

TEST_CASE("Datagrams leave by the socket whose address suits the target, and Via and Contact name it (Telephone #538)"
) {
    flow_table flows;
    auto first = flows.add({at("192.0.2.1", 5060), std::nullopt});
    auto second = flows.add({at("198.51.100.1", 5060), std::nullopt});
    auto loopback = flows.add({at("127.0.0.1", 5060), std::nullopt});
    auto link_local = flows.add({at("fe80::1", 5060), std::nullopt});
    auto global = flows.add({at("2001:db8::1", 5060), std::nullopt});
    CHECK(flows.towards(at("192.0.2.77", 5060)) == first);
    CHECK(flows.towards(at("198.51.100.77", 5060)) == second);
    CHECK(flows.towards(at("127.0.0.9", 5060)) == loopback);
    CHECK(flows.towards(at("198.51.100.1", 5060)) == second);
    CHECK(flows.towards(at("fe80::77", 5060)) == link_local);
    CHECK(flows.towards(at("2001:db8:7::1", 5060)) == global);
}

TEST_CASE("Among sockets that suit a target equally the first is taken") {
    flow_table flows;
    auto first = flows.add({at("192.0.2.1", 5060), std::nullopt});
    flows.add({at("192.0.2.1", 5070), std::nullopt});
    CHECK(flows.towards(at("203.0.113.1", 5060)) == first);
}

TEST_CASE("A connection verified for one name is never used for another (RFC 5922 7.3, RFC 5923 8.1, 9.1 and 9.3)") {
    flow_table flows;
    auto peer = at("198.51.100.7", 5061, transport_kind::tls);
    auto opened = flows.add_opening(peer, "example.com");
    CHECK(flows.towards(peer, "EXAMPLE.com") == opened);
    CHECK_FALSE(flows.towards(peer, "example.org"));
    CHECK_FALSE(flows.towards(peer, ""));

    flows.on_event(
        {opened, flow_change::up, at("192.0.2.1", 40000, transport_kind::tls), {}, {}, {"example.com", "b.example"}}
    );
    CHECK(flows.towards(peer, "example.com") == opened);
    CHECK(flows.towards(peer, "b.example") == opened);  // the same certificate proves it too
    CHECK_FALSE(flows.towards(peer, "example.org"));
}

TEST_CASE("The connection to an address is found by that address, once it is up") {
    flow_table flows;
    auto peer = at("198.51.100.7", 40000, transport_kind::tls);
    auto accepted = flows.add({at("192.0.2.1", 5061, transport_kind::tls), peer, {}});
    CHECK(flows.connected_to(peer) == accepted);
    CHECK_FALSE(flows.connected_to(at("198.51.100.7", 5061, transport_kind::tls)));
    CHECK_FALSE(flows.connected_to(at("198.51.100.7", 40000, transport_kind::tcp)));
    auto there = at("198.51.100.8", 5061, transport_kind::tls);
    flows.add_opening(there, "example.com");
    CHECK_FALSE(flows.connected_to(there));
}

TEST_CASE(
    "An accepted TLS connection leads to nobody before a certificate and alias say who it is (RFC 5923 8.2 and 9.2)"
) {
    flow_table flows;
    auto ours = at("192.0.2.1", 5061, transport_kind::tls);
    auto theirs = at("198.51.100.7", 40000, transport_kind::tls);
    auto anonymous = flows.add({ours, theirs, {}});
    auto request = [](char const* via) {
        return message_of(
            std::string("OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: ") + via +
            "\r\nFrom: <sip:b@p1.example>;tag=1\r\nTo: <sip:a@192.0.2.1>\r\nCall-ID: 1\r\n"
            "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n"
        );
    };
    auto advertised = at("198.51.100.7", 5061, transport_kind::tls);
    flows.on_request(anonymous, request("SIP/2.0/TLS p1.example;branch=z9hG4bK1;alias").view());
    CHECK_FALSE(flows.towards(advertised, "p1.example"));

    auto known = flows.add({ours, at("198.51.100.7", 40001, transport_kind::tls), {"p1.example"}});
    flows.on_request(known, request("SIP/2.0/TLS p1.example;branch=z9hG4bK2").view());
    CHECK_FALSE(flows.towards(advertised, "p1.example"));  // it did not ask for it
    flows.on_request(known, request("SIP/2.0/TLS p1.example;branch=z9hG4bK3;alias").view());
    CHECK(flows.towards(advertised, "p1.example") == known);
    CHECK_FALSE(flows.towards(advertised, "p2.example"));
    flows.on_request(known, request("SIP/2.0/TLS p1.example:5071;branch=z9hG4bK4;alias").view());
    CHECK(flows.towards(at("198.51.100.7", 5071, transport_kind::tls), "p1.example") == known);
    flows.on_event({known, flow_change::closed, {}, {}, {}});
    CHECK_FALSE(flows.towards(at("198.51.100.7", 5071, transport_kind::tls), "p1.example"));
}

TEST_CASE("A WebSocket client is found by the .invalid name that it calls itself (RFC 7118 5)") {
    flow_table flows;
    auto ours = at("192.0.2.1", 443, transport_kind::wss);
    auto theirs = at("198.51.100.7", 40000, transport_kind::wss);
    auto flow = flows.add({ours, theirs, {}});
    auto request = [](char const* via_host, char const* contact_host) {
        return message_of(
            std::string("REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/WSS ") + via_host +
            ";branch=z9hG4bK1\r\nFrom: <sip:b@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"
            "Call-ID: 1\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:b@" +
            contact_host + ";transport=ws>\r\n\r\n"
        );
    };
    flows.on_request(flow, request("df7jal23ls0d.invalid", "x.invalid").view());
    REQUIRE(flows.named("DF7JAL23LS0D.invalid") == theirs);
    CHECK(flows.named("x.invalid") == theirs);
    CHECK(flows.towards(theirs, "df7jal23ls0d.invalid") == flow);
    CHECK_FALSE(flows.named("other.invalid"));

    auto thief = flows.add({ours, at("203.0.113.9", 40000, transport_kind::wss), {}});
    flows.on_request(thief, request("df7jal23ls0d.invalid", "example.com").view());
    CHECK(flows.named("df7jal23ls0d.invalid") == theirs);
    CHECK_FALSE(flows.named("example.com"));  // a real name is the name service's to answer
    flows.on_event({flow, flow_change::closed, {}, {}, {}});
    CHECK_FALSE(flows.named("df7jal23ls0d.invalid"));
    for (int i = 0; i < 20; ++i)
        flows.on_request(thief, request(("n" + std::to_string(i) + ".invalid").c_str(), "a.invalid").view());
    CHECK(flows.find(thief)->names.size() == flow_table::most_names);
}

TEST_CASE("Only a host below the top level domain invalid is an invalid name") {
    CHECK(is_invalid_name("a.invalid"));
    CHECK(is_invalid_name("a.b.INVALID."));
    for (char const* other : {"invalid", ".invalid", "a.invalid.example.com", "ainvalid", "", "192.0.2.1"})
        CHECK_FALSE_MESSAGE(is_invalid_name(other), other);
}
