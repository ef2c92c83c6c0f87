// Covers: route sets from Record-Route in both orders, their bound, and what Request-URI, Route and next hop a request
// gets from loose and strict routers (RFC 3261 12.1, 12.2.1.1; the examples are those of 16.12.1).
#include "sip/dialog/route_set.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

namespace {

sip::buffer_pool pool;

sip::message with_record_route(std::string const& lines) {
    auto parsed = sip::parse_message(
        pool.copy(test::wire(
            "INVITE sip:b@x SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@x>;tag=1\nTo: <sip:b@x>\n"
            "Call-ID: c\nCSeq: 1 INVITE\n" +
            lines
        )),
        pool
    );
    REQUIRE(parsed.has_value());
    return *parsed;
}

std::string routes_written(sip::routed_target const& way) {
    sip::message_builder out(pool);
    out.request(sip::method::bye, way.request_uri());
    way.write_routes(out);
    auto const wire = out.finish();
    REQUIRE(wire.has_value());
    std::string lines;
    for (auto at = wire->text().find("\r\nRoute: "); at != std::string_view::npos;
         at = wire->text().find("\r\nRoute: ", at + 1)) {
        auto const end = wire->text().find("\r\n", at + 2);
        lines += std::string(wire->text().substr(at + 9, end - at - 9)) + '\n';
    }
    return lines;
}

}  // namespace

TEST_CASE("A UAS takes Record-Route in its order, a UAC reversed, over lines and lists (RFC 3261 12.1.1, 12.1.2)") {
    auto const message =
        with_record_route("Record-Route: <sip:p3;lr>, \"Two, quoted\" <sip:p2;lr>;x=y\nRecord-Route: <sip:p1;lr>\n");
    auto const uas = sip::route_set_from(message.view(), sip::route_order::as_received, 8);
    REQUIRE(uas.has_value());
    CHECK(*uas == sip::route_set{"<sip:p3;lr>", "\"Two, quoted\" <sip:p2;lr>;x=y", "<sip:p1;lr>"});
    auto const uac = sip::route_set_from(message.view(), sip::route_order::reversed, 8);
    REQUIRE(uac.has_value());
    CHECK(*uac == sip::route_set{"<sip:p1;lr>", "\"Two, quoted\" <sip:p2;lr>;x=y", "<sip:p3;lr>"});
}

TEST_CASE("A route set is bounded, and a broken element names its header") {
    auto const many = with_record_route("Record-Route: <sip:a;lr>,<sip:b;lr>,<sip:c;lr>\n");
    CHECK(sip::route_set_from(many.view(), sip::route_order::as_received, 3).has_value());
    auto const too_many = sip::route_set_from(many.view(), sip::route_order::as_received, 2);
    REQUIRE(!too_many.has_value());
    CHECK(too_many.error().code == sip::errc::too_large);
    CHECK(too_many.error().suggested_status == 400);
    auto const broken =
        sip::route_set_from(with_record_route("Record-Route: <sip:a;lr\n").view(), sip::route_order::as_received, 8);
    REQUIRE(!broken.has_value());
    CHECK(broken.error().where == sip::header_id::record_route);
}

TEST_CASE("Without routes a request goes to its target") {
    sip::route_set const none;
    sip::routed_target const way("sip:bob@host", none);
    CHECK(way.request_uri() == "sip:bob@host");
    CHECK(way.next_hop() == "sip:bob@host");
    CHECK(!way.is_strict());
    CHECK(routes_written(way).empty());
}

TEST_CASE("Loose routers stand in Route, the target in the Request-URI (RFC 3261 16.12.1.1)") {
    sip::route_set const routes{"<sip:p1.example.com;lr>", "<sip:p2.domain.com;lr>"};
    sip::routed_target const way("sip:callee@u2.domain.com", routes);
    CHECK(way.request_uri() == "sip:callee@u2.domain.com");
    CHECK(way.next_hop() == "sip:p1.example.com;lr");
    CHECK(routes_written(way) == "<sip:p1.example.com;lr>\n<sip:p2.domain.com;lr>\n");
}

TEST_CASE("A strict router stands in the Request-URI, the target last in Route (RFC 3261 12.2.1.1, 16.12.1.2)") {
    sip::route_set const routes{"<sip:p1;a=b;method=BYE?Subject=x>", "<sip:p2;lr>"};
    sip::routed_target const way("sip:callee@host", routes);
    CHECK(way.is_strict());
    CHECK(way.request_uri() == "sip:p1;a=b");
    CHECK(way.next_hop() == "sip:p1;a=b;method=BYE?Subject=x");
    CHECK(routes_written(way) == "<sip:p2;lr>\n<sip:callee@host>\n");
}

TEST_CASE("What may not stand in a Request-URI is left out of it (RFC 3261 19.1.1)") {
    sip::route_set const none, routes{"<sip:p1;lr>"}, strict{"<sip:p1>"};
    for (auto const* target : {"sip:bob@host;x=y;method=BYE?Subject=a", "sip:bob@host;x=y?Route=%3Csip:c%3E"}) {
        CHECK(sip::routed_target(target, none).request_uri() == "sip:bob@host;x=y");
        CHECK(sip::routed_target(target, none).next_hop() == "sip:bob@host;x=y");
        CHECK(sip::routed_target(target, routes).request_uri() == "sip:bob@host;x=y");
        CHECK(routes_written(sip::routed_target(target, strict)) == "<sip:bob@host;x=y>\n");
    }
}

TEST_CASE("A lone strict router leaves only the target in Route") {
    sip::route_set const routes{"sip:p1"};
    sip::routed_target const way("sip:callee@host", routes);
    CHECK(way.request_uri() == "sip:p1");
    CHECK(routes_written(way) == "<sip:callee@host>\n");
}
