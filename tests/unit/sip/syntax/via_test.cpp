// Covers: Via with space and folding, unknown transports, IPv6, branch and cookie, bad input.
#include "sip/syntax/headers/via.hpp"

#include <string>

#include <doctest/doctest.h>

using sip::parse_via;

TEST_CASE("A Via has a transport, sent-by and parameters (RFC 3261 20.42)") {
    auto via =
        parse_via("SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7;rport;received=192.0.2.207");
    REQUIRE(via.has_value());
    CHECK(via->transport == "UDP");
    CHECK(via->host == "erlang.bell-telephone.com");
    CHECK(via->port == 5060);
    CHECK(via->branch() == "z9hG4bK87asdks7");
    CHECK(via->has_cookie());
    CHECK(via->params.value("received") == "192.0.2.207");
    REQUIRE(via->params.find("rport").has_value());
    CHECK_FALSE(via->params.find("rport")->has_value);
}

TEST_CASE("Space and folding may stand around every separator (RFC 4475 3.1.1.1)") {
    auto via = parse_via("SIP  /   2.0\r\n /UDP\r\n    192.0.2.2 : 5070 ;\r\n branch  =   390skdjuw");
    REQUIRE(via.has_value());
    CHECK(via->transport == "UDP");
    CHECK(via->host == "192.0.2.2");
    CHECK(via->port == 5070);
    CHECK(via->branch() == "390skdjuw");
    CHECK_FALSE(via->has_cookie());
}

TEST_CASE("Transports that we do not know are kept (RFC 4475 3.1.1.10)") {
    for (auto const* transport : {"TCP", "TLS", "SCTP", "UNKNOWN", "TLS-SCTP", "WSS"}) {
        auto text = "SIP/2.0/" + std::string(transport) + " t1.example.com;branch=z9hG4bKkdjuw";
        CHECK(parse_via(text)->transport == transport);
    }
}

TEST_CASE("IPv6 stands in brackets in sent-by, and in received with or without them (RFC 5118 4.5)") {
    CHECK(parse_via("SIP/2.0/UDP [2001:db8::9:1]:5060;branch=z9hG4bKas3")->host == "[2001:db8::9:1]");
    CHECK(parse_via("SIP/2.0/UDP [2001:db8::9:1]:5060;branch=z9hG4bKas3")->port == 5060);
    CHECK(parse_via("SIP/2.0/UDP h;received=[2001:db8::9:255]")->params.value("received") == "[2001:db8::9:255]");
    CHECK(parse_via("SIP/2.0/UDP h;received=2001:db8::9:255")->params.value("received") == "2001:db8::9:255");
    CHECK_FALSE(parse_via("SIP/2.0/UDP 2001:db8::9:1;branch=z9hG4bKas3").has_value());
}

TEST_CASE("A bare cookie names no transaction (RFC 4475 3.2.1)") {
    CHECK_FALSE(parse_via("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK")->has_cookie());
    CHECK_FALSE(parse_via("SIP/2.0/UDP 192.0.2.1")->has_cookie());
    CHECK(parse_via("SIP/2.0/UDP 192.0.2.1;BRANCH=z9hG4bKx")->has_cookie());
    CHECK_FALSE(parse_via("SIP/2.0/UDP 192.0.2.1;branch=Z9HG4BKx")->has_cookie());
}

TEST_CASE("Malformed Vias are refused at the byte that is wrong") {
    struct row {
        char const* text;
        std::uint32_t offset;
    };
    for (auto [text, offset] : {
             row{"", 0},
             {"SIP", 3},
             {"SIP/2.0", 7},
             {"SIP/2.0/", 8},
             {"SIP/2.0/UDP", 11},
             {"SIP/2.0/UDP ", 11},
             {"SIP/2.0/UDPhost", 15},
             {"SIP/2.0/UDP host:", 17},
             {"SIP/2.0/UDP host:70000", 17},
             {"SIP/2.0/UDP host;;branch=1", 17},
             {"SIP/2.0/UDP host;branch=", 24},
             {"SIP/2.0/UDP host;", 17},
             {"SIP/2.0/UDP host x", 17},
             {"SIP/2.0/UDP <host>", 12},
             {"SIP/2.0/UDP 192.0.2.15;;,;,,", 23},
             {"/2.0/UDP host", 0},
         }) {
        std::string const shown_text(text);
        CAPTURE(shown_text);
        auto via = parse_via(text);
        REQUIRE_FALSE(via.has_value());
        CHECK(via.error().offset == offset);
    }
}
