// Covers: History-Info, Diversion, GRUU parameters, Path, Service-Route and Join as typed values.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sip/syntax/headers/retargeting.hpp"
#include "sip/syntax/headers/simple.hpp"
#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

using how = sip::history_info_view::origin;

TEST_CASE("History-Info tells whom a request was for, and which entry came of which (RFC 7044 5)") {
    auto const first = sip::parse_history_info("<sip:bob@example.com>;index=1");
    REQUIRE(first.has_value());
    CHECK(first->address.uri.text == "sip:bob@example.com");
    CHECK(first->index == "1");
    CHECK(first->how == how::unspecified);
    auto const second =
        sip::parse_history_info("<sip:bob@192.0.2.4?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1.1.12;rc=1.1");
    REQUIRE(second.has_value());
    CHECK(second->address.uri.headers == "Reason=SIP%3Bcause%3D302&Privacy=history");
    CHECK(second->index == "1.1.12");
    CHECK(second->how == how::retargeted);
    CHECK(second->parent == "1.1");
    CHECK(sip::parse_history_info("<sip:a@b>;index=1.2;mp=1")->how == how::mapped);
    CHECK(sip::parse_history_info("<sip:a@b>;index=1.2;np=1")->how == how::unchanged);
}

TEST_CASE("A History-Info entry without a proper index is refused (RFC 7044 5)") {
    for (std::string const text :
         {"<sip:a@b>", "<sip:a@b>;index=", "<sip:a@b>;index=1.", "<sip:a@b>;index=.1", "<sip:a@b>;index=1..2",
          "<sip:a@b>;index=one", "<sip:a@b>;index=1;rc=x", "*;index=1", ""}) {
        CAPTURE(text);
        CHECK(!sip::parse_history_info(text));
    }
}

TEST_CASE("Diversion tells who diverted and why; what is missing or odd has its default (RFC 5806 4)") {
    auto const full = sip::parse_diversion(
        "Bob <sip:bob@example.com>;reason=user-busy;counter=2;limit=5;privacy=\"full\";screen=yes;extra"
    );
    REQUIRE(full.has_value());
    CHECK(full->address.uri.text == "sip:bob@example.com");
    CHECK(full->reason == "user-busy");
    CHECK(full->counter == 2);
    CHECK(full->limit == 5);
    CHECK(full->privacy == "full");
    CHECK(full->screen == "yes");
    auto const plain = sip::parse_diversion("<tel:+4930123>;counter=many");
    REQUIRE(plain.has_value());
    CHECK(plain->reason == "unknown");
    CHECK(plain->counter == 1);
    CHECK(!plain->limit);
    CHECK(sip::parse_diversion("<sip:a@b>;reason=\"follow-me\"")->reason == "follow-me");
    CHECK(!sip::parse_diversion("*"));
    CHECK(!sip::parse_diversion("<sip:a@b"));
}

TEST_CASE("A registrar's GRUUs are read from the contact (RFC 5627 4.2)") {
    auto const contact = sip::parse_name_addr(
        "<sip:callee@192.0.2.1>;pub-gruu=\"sip:callee@example.com;gr=urn:uuid:f81d4fae\";temp-gruu=\"sip:tgruu.7hs=="
        "jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr\";+sip.instance=\"<urn:uuid:f81d4fae>\";expires=3600"
    );
    REQUIRE(contact.has_value());
    auto const gruus = sip::gruus_of(*contact);
    CHECK(gruus.pub == "sip:callee@example.com;gr=urn:uuid:f81d4fae");
    CHECK(gruus.temp == "sip:tgruu.7hs==jd7vnzga5w7fajsc7-ajd6fabz0f8g5@example.com;gr");
    CHECK(sip::gruus_of(*sip::parse_name_addr("<sip:a@b>")).pub.empty());
}

TEST_CASE("Path and Service-Route list proxies in order, over lines and commas (RFC 3327 4, RFC 3608 4)") {
    sip::buffer_pool pool;
    auto const message = sip::parse_message(
        pool.copy(test::wire(
            "SIP/2.0 200 OK\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>;tag=2\n"
            "Call-ID: x\nCSeq: 1 REGISTER\nPath: <sip:p1.example.com;lr>,<sip:p2.example.com;lr>\n"
            "Path: <sip:p3.example.com;lr>\nService-Route: <sip:s1.example.com;lr>\n"
        )),
        pool
    );
    REQUIRE(message.has_value());
    std::vector<std::string> hosts;
    for (auto const& proxy : message->view().all<sip::header_id::path>()) {
        REQUIRE(proxy.has_value());
        hosts.emplace_back(proxy->uri.host);
        CHECK(proxy->uri.is_loose_router());
    }
    CHECK(hosts == std::vector<std::string>{"p1.example.com", "p2.example.com", "p3.example.com"});
    CHECK(message->view().get<sip::header_id::service_route>()->uri.host == "s1.example.com");
}

TEST_CASE("Join names a dialog by Call-ID and both tags (RFC 3911 7.1)") {
    auto const join = sip::parse_dialog_reference("12adf2f34456gs5;to-tag=12345;from-tag=54321");
    REQUIRE(join.has_value());
    CHECK(join->call_id == "12adf2f34456gs5");
    CHECK(join->to_tag == "12345");
    CHECK(join->from_tag == "54321");
    CHECK(!sip::parse_dialog_reference("12adf2f34456gs5;to-tag=12345"));
}
