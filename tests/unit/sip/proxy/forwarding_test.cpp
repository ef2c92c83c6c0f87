// Covered: reading Routes of loose and strict routers, the copy that is forwarded (RFC 3261 16.4, 16.6), loop marks
// (RFC 5393), which URIs are ours.
#include "sip/proxy/forwarding.hpp"

#include "proxy_fixture.hpp"

using namespace test;

namespace {

struct texts {
    sip::buffer_pool pool;
    sip::proxy::own_names names{{"example.com", "10.0.0.9"}};
    sip::message message;

    texts() {
        names.add_address(proxy_udp);
        names.add_address(proxy_tcp);
    }
    sip::message_view parse(request const& what) {
        message = sip::parse_message(pool.copy(what.text()), pool).value();
        return message.view();
    }
    bool ours(std::string_view uri) { return names.is_ours(sip::parse_uri(uri).value()); }
};

}  // namespace

TEST_CASE_FIXTURE(texts, "Ours are our domains, on any port that we listen on, and our addresses") {
    CHECK(ours("sip:1001@example.com"));
    CHECK(ours("sip:1001@EXAMPLE.com:5060"));
    CHECK(ours("sip:10.0.0.9"));
    CHECK(ours("sips:x@example.com"));
    CHECK_FALSE(ours("sip:1001@example.com:5070"));
    CHECK_FALSE(ours("sip:10.0.0.9:5070"));  // a phone on the same machine
    CHECK_FALSE(ours("sip:1001@example.org"));
    CHECK_FALSE(ours("tel:+1555"));
}

TEST_CASE("A domain that is an IPv6 address is ours with the brackets of a URI, too (RFC 3261 19.1.1)") {
    for (std::string const domain : {"2001:db8::1", "[2001:db8::1]"}) {
        sip::proxy::own_names const names{{domain}};
        CHECK(names.is_ours(sip::parse_uri("sip:1001@[2001:db8::1]").value()));
        CHECK_FALSE(names.is_ours(sip::parse_uri("sip:1001@[2001:db8::2]").value()));
    }
}

TEST_CASE_FIXTURE(texts, "Our Routes are taken off, and the last one's user names the connection") {
    request r;
    r.uri = "sip:1002@10.0.0.2";
    r.headers =
        "Route: <sip:7-abc@10.0.0.9:5060;transport=tcp;lr>, <sip:10.0.0.9:5060;lr>\nRoute: <sip:p2.example.org;lr>\n";
    auto route = sip::proxy::read_routes(parse(r), names);
    CHECK(route.came_by_our_route);
    CHECK(route.token == "");
    CHECK(route.routes == text_lines{"<sip:p2.example.org;lr>"});
    CHECK(route.request_uri == "sip:1002@10.0.0.2");
    CHECK(sip::proxy::next_hop(route) == "sip:p2.example.org;lr");

    r.headers = "Route: <sip:10.0.0.9:5060;lr>,<sip:7-abc@10.0.0.9:5060;transport=tcp;lr>\n";
    route = sip::proxy::read_routes(parse(r), names);
    CHECK(route.token == "7-abc");
    CHECK(route.routes.empty());
    CHECK(sip::proxy::next_hop(route) == "sip:1002@10.0.0.2");
}

TEST_CASE_FIXTURE(texts, "A strict router's rewriting is undone (RFC 3261 16.4, 16.12.1.2)") {
    request r;
    r.uri = "sip:10.0.0.9;lr";  // our Record-Route, where the target should be
    r.headers = "Route: <sip:p2.example.org;lr>, <sip:1002@10.0.0.2>\n";
    auto route = sip::proxy::read_routes(parse(r), names);
    CHECK(route.came_by_our_route);
    CHECK(route.request_uri == "sip:1002@10.0.0.2");
    CHECK(route.routes == text_lines{"<sip:p2.example.org;lr>"});
}

TEST_CASE_FIXTURE(
    texts, "A next hop that is a strict router gets the Request-URI at the end of the Routes (16.6 step 6)"
) {
    sip::proxy::routing route;
    route.request_uri = "sip:1002@10.0.0.2";
    route.routes = {"<sip:strict.example.org>", "<sip:p3.example.org;lr>"};
    sip::proxy::prepare_for_strict_router(route);
    CHECK(route.request_uri == "sip:strict.example.org");
    CHECK(route.routes == text_lines{"<sip:p3.example.org;lr>", "<sip:1002@10.0.0.2>"});

    sip::proxy::routing loose{"sip:1002@10.0.0.2", {"<sip:p3.example.org;lr>"}, false, {}};
    sip::proxy::prepare_for_strict_router(loose);
    CHECK(loose.request_uri == "sip:1002@10.0.0.2");
}

TEST_CASE_FIXTURE(texts, "maddr with our address is taken out of the Request-URI (16.4)") {
    request r;
    r.uri = "sip:1002@example.com;maddr=10.0.0.9;transport=udp;user=phone";
    CHECK(sip::proxy::read_routes(parse(r), names).request_uri == "sip:1002@example.com;user=phone");
    r.uri = "sip:1002@example.com;maddr=10.0.0.77";
    CHECK(sip::proxy::read_routes(parse(r), names).request_uri == "sip:1002@example.com;maddr=10.0.0.77");
}

TEST_CASE_FIXTURE(texts, "The copy keeps every header, its order and its spelling, and the body") {
    request r;
    r.headers =
        "x-unknown:  keeps, its ;shape\nRoute: <sip:10.0.0.9;lr>\nDate: not a date\nRecord-Route: "
        "<sip:p0.example.org;lr>\n"
        "Proxy-Authorization: Digest username=\"1001\", realm=\"example.com\", nonce=\"n\", uri=\"sip:x\", "
        "response=\"r\"\n"
        "Proxy-Authorization: Digest username=\"1001\", realm=\"other\", nonce=\"n\", uri=\"sip:x\", response=\"r\"\n"
        "Subject: folded\n  over lines\nContent-Type: text/plain\n";
    r.body = "hello";
    auto view = parse(r);
    auto route = sip::proxy::read_routes(view, names);
    route.request_uri = "sip:1002@10.0.0.2:5070";
    sip::proxy::changes change;
    change.route = &route;
    change.record_routes = {"<sip:10.0.0.9:5060;lr>"};
    change.max_forwards = 69;
    change.max_breadth = 30;
    change.own_realm = "example.com";
    CHECK(
        sip::proxy::forwarded_request(view, change) ==
        "INVITE sip:1002@10.0.0.2:5070 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKcaller\r\n"
        "From: <sip:1001@example.com>;tag=from1001\r\n"
        "To: <sip:1002@example.com>\r\n"
        "Call-ID: call-1\r\n"
        "CSeq: 1 INVITE\r\n"
        "x-unknown:  keeps, its ;shape\r\n"
        "Date: not a date\r\n"
        "Record-Route: <sip:10.0.0.9:5060;lr>\r\n"
        "Record-Route: <sip:p0.example.org;lr>\r\n"
        "Proxy-Authorization: Digest username=\"1001\", realm=\"other\", nonce=\"n\", uri=\"sip:x\", response=\"r\"\r\n"
        "Subject: folded\r\n  over lines\r\n"
        "Content-Type: text/plain\r\n"
        "Max-Forwards: 69\r\n"
        "Max-Breadth: 30\r\n"
        "Content-Length: 5\r\n"
        "\r\n"
        "hello"
    );
}

TEST_CASE_FIXTURE(texts, "The loop mark follows what routes a request, not its method (RFC 5393 4.2.1)") {
    sip::hash_key const key{1, 2};
    request r;
    auto first = sip::proxy::loop_mark(key, parse(r));
    CHECK(first.size() == 17);
    request ack = r;
    ack.method = "ACK";
    CHECK(sip::proxy::loop_mark(key, parse(ack)) == first);
    for (auto const& changed :
         {request{.uri = "sip:1003@example.com"}, request{.call_id = "other"}, request{.cseq = 2},
          request{.headers = "Route: <sip:p2.example.org;lr>\n"}})
        CHECK(sip::proxy::loop_mark(key, parse(changed)) != first);

    r.headers = "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKrandom" + first + "\n";
    CHECK(sip::proxy::has_looped(parse(r), names, first));
    r.headers = "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKrandom.0123456789abcdef\n";
    CHECK_FALSE(sip::proxy::has_looped(parse(r), names, first));
    r.headers = "Via: SIP/2.0/UDP 10.0.0.8:5060;branch=z9hG4bKrandom" + first + "\n";
    CHECK_FALSE(sip::proxy::has_looped(parse(r), names, first));
}
