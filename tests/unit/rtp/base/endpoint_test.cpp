// Covers: addresses from SDP text, their printing, what can be sent to. Not covered: sockets (loopback tests).
#include "rtp/endpoint.hpp"

#include <doctest/doctest.h>

using rtp::endpoint;

TEST_CASE("An endpoint reads IPv4 and IPv6 addresses and prints them with their port") {
    CHECK(endpoint::from_text("192.0.2.1", 4000).value().to_text() == "192.0.2.1:4000");
    CHECK(endpoint::from_text("2001:db8::1", 4000).value().to_text() == "[2001:db8::1]:4000");
    CHECK(endpoint{}.to_text() == "(none)");
}

TEST_CASE("Host names, brackets, ports in the text and overlong text are no addresses") {
    for (auto const* text :
         {"", "example.com", "192.0.2", "192.0.2.256", "[::1]", "192.0.2.1:4000", "1::2::3",
          "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"}) {
        CAPTURE(text);
        CHECK_FALSE(endpoint::from_text(text, 4000).has_value());
    }
    using namespace std::string_view_literals;
    CHECK_FALSE(endpoint::from_text("192.0.2.1\0"sv.substr(0, 0), 1).has_value());
}

TEST_CASE("The unspecified address and port 0 cannot be sent to") {
    CHECK(endpoint::from_text("192.0.2.1", 4000)->is_usable());
    CHECK_FALSE(endpoint::from_text("0.0.0.0", 4000)->is_usable());
    CHECK_FALSE(endpoint::from_text("::", 4000)->is_usable());
    CHECK_FALSE(endpoint::from_text("192.0.2.1", 0)->is_usable());
    CHECK_FALSE(endpoint{}.is_usable());
}

TEST_CASE("Endpoints compare by address, port and scope") {
    auto const a = endpoint::from_text("192.0.2.1", 4000).value();
    auto const b = endpoint::from_text("192.0.2.1", 4002).value();
    auto scoped = endpoint::from_text("fe80::1", 4000).value();
    auto const unscoped = scoped;
    scoped.scope = 3;
    CHECK(a != b);
    CHECK(a.has_same_address(b));
    CHECK_FALSE(scoped.has_same_address(unscoped));
    CHECK(scoped.to_text() == "[fe80::1%3]:4000");
}

TEST_CASE("Multicast groups are told from other addresses (RFC 5771, RFC 4291 2.7)") {
    auto const is_group = [](char const* address) { return endpoint::from_text(address, 1).value().is_multicast(); };
    CHECK(is_group("224.0.0.0"));
    CHECK(is_group("239.255.255.255"));
    CHECK(is_group("ff02::1"));
    CHECK_FALSE(is_group("223.255.255.255"));
    CHECK_FALSE(is_group("240.0.0.0"));
    CHECK_FALSE(is_group("fe80::1"));
    CHECK_FALSE(endpoint{}.is_multicast());
}

TEST_CASE("An address prints without port and brackets") {
    CHECK(endpoint::from_text("192.0.2.1", 4000).value().address_text() == "192.0.2.1");
    CHECK(endpoint::from_text("2001:db8::1", 4000).value().address_text() == "2001:db8::1");
    CHECK(endpoint{}.address_text().empty());
}
