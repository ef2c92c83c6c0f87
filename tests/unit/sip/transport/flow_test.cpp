// Covered: text of transports, addresses and endpoints, both ways; the flow table: numbers, opening, coming up,
// failing, which flow leads to an endpoint.
#include "sip/transport/flow.hpp"

#include <doctest/doctest.h>

#include "sip/transport/flow_table.hpp"

using namespace sip;

namespace {

endpoint at(char const* address, std::uint16_t port, transport_kind kind = transport_kind::udp) {
    return {ip_address::from(address).value(), port, kind};
}

}  // namespace

TEST_CASE("Transports are read in any case and written as Via does") {
    CHECK(transport_from("udp") == transport_kind::udp);
    CHECK(transport_from("Tcp") == transport_kind::tcp);
    CHECK(transport_from("TLS") == transport_kind::tls);
    CHECK_FALSE(transport_from("sctp"));
    CHECK_FALSE(transport_from("ud"));
    CHECK(to_string(transport_kind::tls) == "TLS");
    CHECK(default_port(transport_kind::tls) == 5061);
    CHECK(default_port(transport_kind::tcp) == 5060);
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
