// Covered: flow tokens over datagrams and connections (RFC 5626 5.2), also those of an earlier life; URIs of ours for
// each transport; notes of where a registration came from; the name that TLS has to prove.
// Not covered: which flow leads to an address (transport/flow_table_test.cpp).
#include "sip/proxy/ways.hpp"

#include "proxy_fixture.hpp"

using namespace test;
using sip::transport_kind;
using sip::uri_scheme;
using sip::proxy::token_state;

namespace {

auto const phone_tcp = at("10.0.0.1:40001", transport_kind::tcp);
auto const nat = at("10.0.0.50:61000");

struct ways_fixture {
    sip::hasher hash;
    sip::proxy::sealer seals{"secret", hash};
    sip::proxy::own_names names{{"example.com"}};
    sip::proxy::ways ways{names, seals};
    sip::flow_id udp{}, tcp{};

    ways_fixture() {
        names.add_address(proxy_tcp);
        udp = ways.add({proxy_udp, std::nullopt});
        tcp = ways.add({proxy_tcp, phone_tcp});
    }
    sip::proxy::way back(sip::flow_id flow, sip::endpoint const& from) {
        return ways.back_to(flow, from, sip::proxy::ways::reach::by_flow).value();
    }
};

}  // namespace

TEST_CASE_FIXTURE(ways_fixture, "A token names a connection, until it is down (RFC 5626 5.2)") {
    auto const token = ways.token_of(back(tcp, phone_tcp));
    auto const found = ways.along(token);
    REQUIRE(found.state == token_state::up);
    CHECK(found.way->flow == tcp);
    CHECK(found.way->to == phone_tcp);
    CHECK(found.way->sent_by == proxy_tcp);
    ways.on_event({tcp, sip::flow_change::closed, {}, {}, {}});
    CHECK(ways.along(token).state == token_state::gone);
    CHECK(ways.along("").state == token_state::none);
    CHECK(ways.along("1002").state == token_state::forged);
}

TEST_CASE("Connections come to the address that is advertised, which is ours too (RFC 3261 16.6 step 4)") {
    auto const shown = at("192.0.2.80:5070", transport_kind::tcp);
    sip::hasher hash;
    sip::proxy::sealer seals{"secret", hash};
    sip::proxy::own_names names({"example.com"}, {shown});
    sip::proxy::ways ways{names, seals};
    auto const udp = ways.add({proxy_udp, std::nullopt});
    (void)ways.add({proxy_tcp, std::nullopt});
    auto const tcp = ways.add({proxy_tcp, phone_tcp});
    auto const by_address = sip::proxy::ways::reach::by_address;
    CHECK(ways.back_to(tcp, phone_tcp, by_address)->sent_by == shown);
    CHECK(ways.back_to(udp, nat, by_address)->sent_by == proxy_udp);
    CHECK(names.is_our_address("192.0.2.80", 5070));
    CHECK(names.is_our_address(sip::to_string(proxy_tcp.address), proxy_tcp.port));
}

TEST_CASE_FIXTURE(ways_fixture, "A token names both ends of datagrams (RFC 5626 5.2)") {
    auto const other = ways.add({at("10.0.1.9:5060"), std::nullopt});
    for (auto const socket : {udp, other}) {
        auto const found = ways.along(ways.token_of(back(socket, nat)));
        REQUIRE(found.state == token_state::up);
        CHECK(found.way->flow == socket);
        CHECK(found.way->to == nat);
    }
}

TEST_CASE_FIXTURE(ways_fixture, "In the next life with the same secret datagrams are reached, connections are gone") {
    auto const of_datagrams = ways.token_of(back(udp, nat)), of_connection = ways.token_of(back(tcp, phone_tcp));
    ways_fixture next;  // whose connection has the same number, and another peer
    CHECK(next.ways.along(of_datagrams).state == token_state::up);
    next.ways.on_event({next.tcp, sip::flow_change::closed, {}, {}, {}});
    (void)next.ways.add({proxy_tcp, at("10.0.0.3:40001", transport_kind::tcp)});
    CHECK(next.ways.along(of_connection).state == token_state::gone);
}

TEST_CASE_FIXTURE(ways_fixture, "A registration is noted with both ends of its flow (RFC 5626 6)") {
    CHECK(ways.note_of(udp, nat) == "udp 10.0.0.50:61000 10.0.0.9:5060");
    CHECK(ways.note_of(tcp, phone_tcp) == "tcp 10.0.0.1:40001");
    auto const second = ways.add({at("10.0.1.9:5060"), std::nullopt});
    CHECK(ways.noted(ways.note_of(second, nat))->flow == second);
    CHECK(ways.noted(ways.note_of(tcp, phone_tcp))->flow == tcp);
    CHECK(ways.noted("udp 10.0.0.50:61000 10.9.9.9:5060")->to == nat);  // that socket is no more
    for (auto const* broken : {"", "udp", "udp x", "tcp 10.0.0.1:40002", "carrier pigeon", "udp 10.0.0.1:99999"})
        CHECK_FALSE(ways.noted(broken));
    CHECK(sip::proxy::ways::is_of_connection("tls 10.0.0.1:5061"));
    CHECK_FALSE(sip::proxy::ways::is_of_connection("udp 10.0.0.50:61000 10.0.0.9:5060"));
    CHECK_FALSE(sip::proxy::ways::is_of_connection(""));
}

TEST_CASE_FIXTURE(
    ways_fixture, "A URI of ours names address, transport and scheme of its side (RFC 3261 16.6 step 4)"
) {
    sip::proxy::way side{udp, nat, proxy_udp, false};
    CHECK(ways.route_to(side, uri_scheme::sip) == "<sip:10.0.0.9:5060;lr>");
    side.sent_by = at("[2001:db8::9]:5060");
    CHECK(ways.route_to(side, uri_scheme::sip) == "<sip:[2001:db8::9]:5060;lr>");
    side.sent_by = proxy_tcp;
    CHECK(ways.route_to(side, uri_scheme::sip) == "<sip:10.0.0.9:5060;transport=tcp;lr>");
    side.sent_by = at("10.0.0.9:5061", transport_kind::tls);
    CHECK(ways.route_to(side, uri_scheme::sip) == "<sip:10.0.0.9:5061;transport=tls;lr>");
    CHECK(ways.route_to(side, uri_scheme::sips) == "<sips:10.0.0.9:5061;lr>");
    side.sent_by = at("10.0.0.9:8080", transport_kind::ws);
    CHECK(ways.route_to(side, uri_scheme::sip) == "<sip:10.0.0.9:8080;transport=ws;lr>");
    auto const of_connection = back(tcp, phone_tcp);
    CHECK(
        ways.route_to(of_connection, uri_scheme::sip) ==
        "<sip:" + ways.token_of(of_connection) + "@10.0.0.9:5060;transport=tcp;lr>"
    );
}

TEST_CASE_FIXTURE(ways_fixture, "A connection over TLS is asked to prove the name that was looked for (RFC 5922 7.3)") {
    auto const server = at("10.0.0.7:5061", transport_kind::tls);
    sip::actions out;
    auto const first = ways.towards({server, "one.example"}, out);
    REQUIRE(out.size() == 1);
    CHECK(std::get<sip::open_flow>(out[0]).server_name == "one.example");
    CHECK(ways.towards({server, "one.example"}, out)->flow == first->flow);
    CHECK(out.size() == 1);
    // The same address under another name is another server.
    CHECK(ways.towards({server, "two.example"}, out)->flow != first->flow);
    CHECK(out.size() == 2);
}
