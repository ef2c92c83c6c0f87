// Covers: CANCEL and its races on both sides (RFC 3261 9, RFC 6026): held back until the first provisional response;
// answered all the same; crossing a final response; for calls and for re-INVITEs; stray ones.
#include <doctest/doctest.h>

#include "support/script.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;
using test::tag_of;

namespace {

/// Our call, ringing at the peer. Returns the INVITE.
std::string ringing(script& s, sip::session_id& id) {
    id = s.invite();
    auto invite = s.expect("INVITE");
    s.reply(invite, 180);
    s.expect_event<sip::call_progress>();
    return invite;
}

}  // namespace

// ---- held back until a provisional response

TEST_CASE("CANCEL is not sent before a provisional response, and then at once (RFC 3261 9.1)") {
    test::replay([](script& s) {
        auto const id = s.invite();
        auto const invite = s.expect("INVITE");
        s.hang_up(id);
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::local_hang_up);
        s.expect_nothing();
        s.reply(invite, 100);
        auto const cancel = s.expect("CANCEL");
        CHECK(header(cancel, "Via") == header(invite, "Via"));
        CHECK(header(cancel, "CSeq") == "1 CANCEL");
        CHECK(header(cancel, "To") == header(invite, "To"));
        s.reply(cancel, 200);
        s.reply(invite, 487);
        s.expect("ACK");
        s.expect_no_event();
    });
}

TEST_CASE("A CANCEL that was held back is never sent when the INVITE is refused first") {
    test::replay([](script& s) {
        auto const id = s.invite();
        auto const invite = s.expect("INVITE");
        s.hang_up(id);
        s.reply(invite, 486);
        s.expect("ACK");
        s.expect_nothing();
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::local_hang_up);
        s.expect_no_event();
    });
}

TEST_CASE("A CANCEL that was held back is never sent when nobody answers at all") {
    script s;
    auto const id = s.invite();
    s.hang_up(id);
    s.advance(120s);
    CHECK(s.times_of("CANCEL").empty());
    CHECK(s.times_of("INVITE").size() == 7);
    for (int i = 0; i < 7; ++i)
        s.expect("INVITE");
    s.expect_event<sip::call_ended>();
    s.expect_no_event();
    s.expect_idle();
}

// ---- answered all the same

TEST_CASE("A 200 after CANCEL is acknowledged and released by BYE (RFC 3261 9.1)") {
    test::replay([](script& s) {
        sip::session_id id;
        auto const invite = ringing(s, id);
        s.hang_up(id);
        auto const cancel = s.expect("CANCEL");
        s.expect_event<sip::call_ended>();
        s.reply(invite, 200, {.body = "answer"});
        s.expect("ACK");
        auto const bye = s.expect("BYE");
        s.reply(cancel, 200);
        s.reply(bye, 200);
        s.expect_no_event();
        s.expect_nothing();
    });
}

TEST_CASE("A 200 that comes while CANCEL is still held back is acknowledged and released, without CANCEL") {
    test::replay([](script& s) {
        auto const id = s.invite();
        auto const invite = s.expect("INVITE");
        s.hang_up(id);
        s.expect_event<sip::call_ended>();
        s.reply(invite, 200, {.body = "answer"});
        s.expect("ACK");
        s.expect("BYE");
        s.expect_nothing();
        s.expect_no_event();
    });
}

TEST_CASE("A repeated 200 after CANCEL is acknowledged again, and released only once") {
    script s;
    sip::session_id id;
    auto const invite = ringing(s, id);
    s.hang_up(id);
    s.expect("CANCEL");
    s.reply(invite, 200, {.body = "answer"});
    auto const ack = s.expect("ACK");
    s.expect("BYE");
    s.reply(invite, 200, {.body = "answer"});
    CHECK(s.expect("ACK") == ack);
    s.expect_nothing();
}

// ---- crossing a final response

TEST_CASE("Hanging up after the 2xx sends BYE, not CANCEL") {
    test::replay([](script& s) {
        sip::session_id id;
        auto const invite = ringing(s, id);
        s.reply(invite, 200, {.body = "answer"});
        s.expect("ACK");
        s.hang_up(id);
        s.expect("BYE");
        s.expect_nothing();
    });
}

TEST_CASE("A CANCEL answered with 481 leaves the INVITE to its final response") {
    test::replay([](script& s) {
        sip::session_id id;
        auto const invite = ringing(s, id);
        s.hang_up(id);
        s.reply(s.expect("CANCEL"), 481);
        s.reply(invite, 603);
        s.expect("ACK");
        s.expect_event<sip::call_ended>();
        s.expect_no_event();
    });
}

TEST_CASE("A cancelled INVITE without final response is given up after 64*T1 (RFC 3261 9.1)") {
    script s;
    sip::session_id id;
    ringing(s, id);
    s.hang_up(id);
    auto const cancel = s.expect("CANCEL");
    s.reply(cancel, 200);
    s.advance(31s);
    CHECK(s.core.live().transactions > 0);
    s.advance(2s);
    s.expect_event<sip::call_ended>();
    s.expect_no_event();
    s.expect_idle();
}

TEST_CASE("A challenge that answers a cancelled INVITE is not taken up") {
    test::script_options options;
    options.account.password = "secret";
    script s(options);
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.hang_up(id);
    s.reply(invite, 401, {.headers = "WWW-Authenticate: Digest realm=\"10.0.0.1\", nonce=\"n\"\n"});
    s.expect("ACK");
    s.expect_nothing();
}

// ---- as callee

TEST_CASE("CANCEL of a ringing call: 200 to it, 487 to the INVITE, with one To tag (RFC 3261 9.2)") {
    test::replay([](script& s) {
        auto const invite = s.request("INVITE", 1, {.body = "offer", .branch = "z9hG4bKx"});
        s.inject(invite);
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.ring(id);
        auto const tag = tag_of(header(s.expect("180 INVITE"), "To"));
        s.inject(s.request(
            "CANCEL", 1, {.headers = "Require: whatever\n", .branch = "z9hG4bKx", .to = "<sip:1001@10.0.0.1>"}
        ));  // 20.32: passed over in a CANCEL
        CHECK(tag_of(header(s.expect("200 CANCEL"), "To")) == tag);
        CHECK(tag_of(header(s.expect("487 INVITE"), "To")) == tag);
        auto const end = s.expect_event<sip::call_ended>();
        CHECK(end.why == sip::end_reason::cancelled);
        CHECK(end.cause.view().method() == sip::method::cancel);
        s.answer(id, "too late", sip::errc::no_such_session);
    });
}

TEST_CASE("CANCEL that crosses our 200 is answered 200 and changes nothing (RFC 3261 9.2)") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1, {.body = "offer", .branch = "z9hG4bKx"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.answer(id);
        s.expect("200 INVITE");
        s.inject(s.request("CANCEL", 1, {.branch = "z9hG4bKx", .to = "<sip:1001@10.0.0.1>"}));
        s.expect("200 CANCEL");
        s.expect_nothing();
        s.expect_no_event();
        s.inject(s.request("ACK", 1));
        s.expect_event<sip::call_confirmed>();
    });
}

TEST_CASE("CANCEL that crosses our refusal is answered 200 and changes nothing") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1, {.body = "offer", .branch = "z9hG4bKx"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.reject(id, 486);
        s.expect("486 INVITE");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::refused);
        s.inject(s.request("CANCEL", 1, {.branch = "z9hG4bKx", .to = "<sip:1001@10.0.0.1>"}));
        s.expect("200 CANCEL");
        s.expect_nothing();
        s.expect_no_event();
    });
}

TEST_CASE("CANCEL for an INVITE that we do not know is answered 481 (RFC 3261 9.2)") {
    script s;
    s.inject(s.request("CANCEL", 1, {.branch = "z9hG4bKnone"}));
    s.expect("481 CANCEL");
    s.expect_no_event();
}

TEST_CASE("A repeated CANCEL repeats its 200 and nothing else") {
    script s;
    s.inject(s.request("INVITE", 1, {.body = "offer", .branch = "z9hG4bKx"}));
    s.expect_event<sip::incoming_call>();
    auto const cancel = s.request("CANCEL", 1, {.branch = "z9hG4bKx", .to = "<sip:1001@10.0.0.1>"});
    s.inject(cancel);
    s.expect("200 CANCEL");
    s.expect("487 INVITE");
    s.inject(cancel);
    s.expect("200 CANCEL");
    s.expect_nothing();
}

TEST_CASE("A late 2xx is released by a BYE that is newer than the PRACK before it (RFC 3261 12.2.1.1, 15.1.1)") {
    script s;
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 183, {.headers = "Require: 100rel\nRSeq: 1\n", .body = "answer"});
    auto const prack = s.expect("PRACK");
    CHECK(header(prack, "CSeq") == "2 PRACK");
    s.reply(prack, 200);
    s.hang_up(id);
    s.expect("CANCEL");
    s.reply(invite, 200, {.body = "answer"});
    s.expect("ACK");
    CHECK(header(s.expect("BYE"), "CSeq") == "3 BYE");
}
