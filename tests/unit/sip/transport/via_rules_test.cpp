// Covered: received and rport on the top Via of a request (RFC 3261 18.2.1, RFC 3581 4), where a response goes
// (18.2.2), and the Via that we write ourselves.
#include "sip/transport/via_rules.hpp"

#include <doctest/doctest.h>

using namespace sip;

namespace {

endpoint const source{ip_address::from("198.51.100.7").value(), 40001, transport_kind::udp};

std::string stamped(std::string_view text, endpoint const& from = source) {
    std::string out = "unchanged";
    bool changed = stamp_via(parse_via(text).value(), from, out);
    CHECK(changed == (out != "unchanged"));
    return out;
}

std::string destination(std::string_view text, endpoint from = source) {
    auto to = response_destination(parse_via(text).value(), from);
    return to ? to_string(*to) : "nothing";
}

}  // namespace

TEST_CASE("A Via whose sent-by is the source address stays as it is") {
    CHECK(stamped("SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKa") == "unchanged");
}

TEST_CASE("received is added for a host name and for another address (RFC 3261 18.2.1)") {
    CHECK(
        stamped("SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKa") ==
        "SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKa;received=198.51.100.7"
    );
    CHECK(stamped("SIP/2.0/UDP 10.0.0.1") == "SIP/2.0/UDP 10.0.0.1;received=198.51.100.7");
}

TEST_CASE("rport is filled with the source port, and received goes with it (RFC 3581 4)") {
    CHECK(
        stamped("SIP/2.0/UDP 198.51.100.7:5060;rport;branch=z9hG4bKa") ==
        "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKa;received=198.51.100.7;rport=40001"
    );
}

TEST_CASE("What a client writes into received and rport itself is replaced") {
    CHECK(
        stamped("SIP/2.0/UDP 10.0.0.1;RECEIVED=192.0.2.99;rport=25;branch=z9hG4bKa") ==
        "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa;received=198.51.100.7;rport=40001"
    );
    CHECK(stamped("SIP/2.0/UDP 198.51.100.7;received=192.0.2.99") == "SIP/2.0/UDP 198.51.100.7");
}

TEST_CASE("Unknown parameters survive the stamp as they were written") {
    CHECK(
        stamped("SIP/2.0/UDP 10.0.0.1;alias;x=\"a b\";branch=z9hG4bKa;ttl=16") ==
        "SIP/2.0/UDP 10.0.0.1;alias;x=\"a b\";branch=z9hG4bKa;ttl=16;received=198.51.100.7"
    );
}

TEST_CASE("IPv6 addresses compare as addresses and are written without brackets in received") {
    endpoint v6{ip_address::from("2001:db8::7").value(), 5060, transport_kind::udp};
    CHECK(stamped("SIP/2.0/UDP [2001:DB8:0::7]:5060;branch=z9hG4bKa", v6) == "unchanged");
    CHECK(
        stamped("SIP/2.0/UDP [2001:db8::8];branch=z9hG4bKa", v6) ==
        "SIP/2.0/UDP [2001:db8::8];branch=z9hG4bKa;received=2001:db8::7"
    );
}

TEST_CASE("A response goes to the source address: to sent-by's port, or to the source port with rport (18.2.2)") {
    CHECK(destination("SIP/2.0/UDP 10.0.0.1:5099;branch=z9hG4bKa") == "udp 198.51.100.7:5099");
    CHECK(destination("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa") == "udp 198.51.100.7:5060");
    CHECK(destination("SIP/2.0/UDP 10.0.0.1:5099;rport;branch=z9hG4bKa") == "udp 198.51.100.7:40001");
    CHECK(destination("SIP/2.0/UDP 10.0.0.1:5099;rport=40001;received=198.51.100.7") == "udp 198.51.100.7:40001");
}

TEST_CASE("A response to a request with maddr goes to that address (18.2.2)") {
    CHECK(destination("SIP/2.0/UDP 10.0.0.1:5099;maddr=224.0.1.75;ttl=1") == "udp 224.0.1.75:5099");
    CHECK(destination("SIP/2.0/UDP 10.0.0.1;maddr=host.example") == "nothing");
}

TEST_CASE("Where a connection is gone, the response's new one goes to sent-by's port (18.2.2)") {
    auto tcp = source, tls = source;
    tcp.kind = transport_kind::tcp;
    tls.kind = transport_kind::tls;
    CHECK(destination("SIP/2.0/TCP 10.0.0.1:5099;rport;branch=z9hG4bKa", tcp) == "tcp 198.51.100.7:5099");
    CHECK(destination("SIP/2.0/TLS 10.0.0.1;branch=z9hG4bKa", tls) == "tls 198.51.100.7:5061");
}

TEST_CASE("Our own Via names transport, sent-by and branch, and asks for rport where wanted (RFC 3581 3)") {
    std::string value = "from before";
    write_via(value, {ip_address::from("192.0.2.1").value(), 5062, transport_kind::tcp}, "z9hG4bKx", rport_request::no);
    CHECK(value == "SIP/2.0/TCP 192.0.2.1:5062;branch=z9hG4bKx");
    write_via(
        value, {ip_address::from("2001:db8::1").value(), 5060, transport_kind::udp}, "z9hG4bKx", rport_request::yes
    );
    CHECK(value == "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKx;rport");
    CHECK(parse_via(value).value().branch() == "z9hG4bKx");
}
