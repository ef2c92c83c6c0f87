// Covers: dialogs made as caller and as callee, confirmation, target refresh, CSeq in both directions (RFC 3261 12).
#include "sip/dialog/state.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

namespace {

sip::buffer_pool pool;

sip::message parse(std::string const& text) {
    auto parsed = sip::parse_message(pool.copy(test::wire(text)), pool);
    REQUIRE(parsed.has_value());
    return *parsed;
}

sip::message invite(std::string const& more = {}, std::string const& uri = "sip:bob@example.com") {
    return parse(
        "INVITE " + uri +
        " SIP/2.0\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\nFrom: \"Alice\" <sip:alice@a>;tag=at\nTo: Bob <sip:bob@b>\n"
        "Call-ID: id1\nCSeq: 7 INVITE\n" +
        more
    );
}
sip::message response(unsigned status, std::string const& more, std::string const& tag = ";tag=bt") {
    return parse(
        "SIP/2.0 " + std::to_string(status) +
        " Any\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\nFrom: \"Alice\" <sip:alice@a>;tag=at\nTo: Bob <sip:bob@b>" + tag +
        "\nCall-ID: id1\nCSeq: 7 INVITE\n" + more
    );
}
sip::cseq_view cseq(std::uint32_t number, sip::method name = sip::method::info) {
    return {number, name, {}};
}

}  // namespace

TEST_CASE("A caller's dialog (RFC 3261 12.1.2)") {
    auto const request = invite();
    auto const ringing = response(180, "Contact: <sip:bob@10.0.0.2>\nRecord-Route: <sip:p2;lr>, <sip:p1;lr>\n");
    auto made = sip::dialog::from_response(request.view(), ringing.view(), 8);
    REQUIRE(made.has_value());
    CHECK(made->id() == sip::dialog_id_view{"id1", "at", "bt"});
    CHECK(made->id() == sip::dialog_of_response(ringing.view()));
    CHECK(made->role() == sip::dialog_role::uac);
    CHECK(made->phase() == sip::dialog_phase::early);
    CHECK(made->local_address() == "\"Alice\" <sip:alice@a>;tag=at");
    CHECK(made->remote_address() == "Bob <sip:bob@b>;tag=bt");
    CHECK(made->remote_target() == "sip:bob@10.0.0.2");
    CHECK(made->routes() == sip::route_set{"<sip:p1;lr>", "<sip:p2;lr>"});
    CHECK(made->local_cseq() == 7);
    CHECK(!made->remote_cseq());
    CHECK(!made->is_secure());
    CHECK(made->next_local_cseq() == 8);
}

TEST_CASE("The 2xx takes route set and target anew, and later messages only the target (RFC 3261 13.2.2.4, 12.2.1.2)") {
    auto const request = invite();
    auto made = sip::dialog::from_response(
        request.view(), response(180, "Contact: <sip:old@x>\nRecord-Route: <sip:old;lr>\n").view(), 8
    );
    REQUIRE(made.has_value());
    CHECK(!made->confirm(response(200, "Contact: <sip:new@x>\nRecord-Route: <sip:new;lr>\n").view(), 8));
    CHECK(made->phase() == sip::dialog_phase::confirmed);
    CHECK(made->routes() == sip::route_set{"<sip:new;lr>"});
    CHECK(made->remote_target() == "sip:new@x");
    made->refresh_target(response(200, "Contact: <sip:newer@x>\nRecord-Route: <sip:other;lr>\n").view());
    CHECK(made->remote_target() == "sip:newer@x");
    CHECK(made->routes() == sip::route_set{"<sip:new;lr>"});
    made->refresh_target(response(200, "").view());
    CHECK(made->remote_target() == "sip:newer@x");
}

TEST_CASE("A 2xx with too many routes leaves the dialog as it was") {
    auto made = sip::dialog::from_response(invite().view(), response(180, "Contact: <sip:old@x>\n").view(), 1);
    REQUIRE(made.has_value());
    CHECK(
        made->confirm(response(200, "Contact: <sip:n@x>\nRecord-Route: <sip:a;lr>,<sip:b;lr>\n").view(), 1) ==
        sip::errc::too_large
    );
    CHECK(made->phase() == sip::dialog_phase::early);
    CHECK(made->remote_target() == "sip:old@x");
}

TEST_CASE("A response without usable Contact leaves the Request-URI as target") {
    for (std::string const contact : {"", "Contact: *\n"}) {
        auto const made = sip::dialog::from_response(invite().view(), response(200, contact).view(), 8);
        REQUIRE(made.has_value());
        CHECK(made->remote_target() == "sip:bob@example.com");
        CHECK(made->phase() == sip::dialog_phase::confirmed);
    }
}

TEST_CASE("A callee's dialog (RFC 3261 12.1.1)") {
    auto const request = invite("Contact: <sip:alice@10.0.0.1>\nRecord-Route: <sip:p2;lr>, <sip:p1;lr>\n");
    auto made = sip::dialog::from_request(request.view(), "mine", 8);
    REQUIRE(made.has_value());
    CHECK(made->id() == sip::dialog_id_view{"id1", "mine", "at"});
    CHECK(made->role() == sip::dialog_role::uas);
    CHECK(made->local_address() == "Bob <sip:bob@b>;tag=mine");
    CHECK(made->remote_address() == "\"Alice\" <sip:alice@a>;tag=at");
    CHECK(made->remote_target() == "sip:alice@10.0.0.1");
    CHECK(made->routes() == sip::route_set{"<sip:p2;lr>", "<sip:p1;lr>"});
    CHECK(made->remote_cseq() == 7);
    CHECK(made->local_cseq() == 0);
    made->confirm();
    CHECK(made->phase() == sip::dialog_phase::confirmed);
}

TEST_CASE("A request without usable Contact makes no dialog") {
    CHECK(sip::dialog::from_request(invite().view(), "t", 8).error().code == sip::errc::missing_header);
    auto const star = sip::dialog::from_request(invite("Contact: *\n").view(), "t", 8);
    REQUIRE(!star.has_value());
    CHECK(star.error().suggested_status == 400);
    CHECK(star.error().where == sip::header_id::contact);
}

TEST_CASE("A caller of RFC 2543, with neither tag nor Contact, is where its From says (RFC 4475 3.4.1)") {
    std::string text =
        "INVITE sip:bob@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:alice@a>\r\nTo: <sip:bob@b>\r\n"
        "Call-ID: c\r\nCSeq: 7 INVITE\r\n\r\n";
    sip::buffer_pool pool;
    auto const request = sip::parse_message(pool.copy(text), pool).value();
    auto const made = sip::dialog::from_request(request.view(), "t", 8);
    REQUIRE(made.has_value());
    CHECK(made->remote_target() == "sip:alice@a");
    CHECK(made->remote_address() == "<sip:alice@a>");
}

TEST_CASE("A dialog of a sips request is secure") {
    auto const made =
        sip::dialog::from_request(invite("Contact: <sips:alice@10.0.0.1>\n", "sips:bob@example.com").view(), "t", 8);
    REQUIRE(made.has_value());
    CHECK(made->is_secure());
}

TEST_CASE("An RFC 2543 peer has no tag (RFC 3261 12.1.2)") {
    auto const made = sip::dialog::from_response(invite().view(), response(200, "", "").view(), 8);
    REQUIRE(made.has_value());
    CHECK(made->id().remote_tag.empty());
    CHECK(made->remote_address() == "Bob <sip:bob@b>");
}

TEST_CASE("A lower remote CSeq is out of order, a gap is not, and an INVITE must be new (RFC 3261 12.2.2)") {
    auto made = sip::dialog::from_request(invite("Contact: <sip:a@x>\n").view(), "t", 8);
    REQUIRE(made.has_value());
    CHECK(!made->accept_remote_cseq(cseq(6)));
    CHECK(!made->accept_remote_cseq(cseq(7, sip::method::invite)));
    CHECK(made->accept_remote_cseq(cseq(7)));
    CHECK(made->accept_remote_cseq(cseq(4'000'000'000U)));
    CHECK(!made->accept_remote_cseq(cseq(8)));
    CHECK(made->remote_cseq() == 4'000'000'000U);
}

TEST_CASE("Any first remote CSeq is taken, and ours only rises") {
    auto made = sip::dialog::from_response(invite().view(), response(200, "").view(), 8);
    REQUIRE(made.has_value());
    CHECK(made->accept_remote_cseq(cseq(0)));
    made->raise_local_cseq(3);
    CHECK(made->local_cseq() == 7);
    made->raise_local_cseq(9);
    CHECK(made->next_local_cseq() == 10);
}
