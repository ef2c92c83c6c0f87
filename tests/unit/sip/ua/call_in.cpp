// Covers: calls as callee: what is refused before the user hears of it, ringing, the answer and its repetition, offers
// in our 2xx, the account a call is for, ring limit and Expires. Not here: CANCEL (call_cancel), ACK races (call_ack).
#include <doctest/doctest.h>

#include "sip/syntax/multipart.hpp"
#include "support/script.hpp"

using namespace std::chrono_literals;
using test::body_of;
using test::header;
using test::script;
using test::tag_of;

namespace {

sip::session_id incoming(script& s, std::string const& offer = "offer") {
    s.inject(s.request("INVITE", 1, {.body = offer}));
    return s.expect_event<sip::incoming_call>().id;
}

}  // namespace

TEST_CASE("A call rings, is answered and confirmed (TS 102 027 CC_TE_CE_V_001)") {
    test::replay([](script& s) {
        s.inject(s.request(
            "INVITE", 1,
            {.headers = "Record-Route: <sip:10.0.0.3;lr>\nRecord-Route: <sip:10.0.0.4;lr>\n", .body = "offer"}
        ));
        auto const call = s.expect_event<sip::incoming_call>();
        CHECK(call.has_offer);
        CHECK(call.account == s.account);
        s.ring(call.id);
        auto const ringing = s.expect("180 INVITE");
        CHECK(header(ringing, "Contact") == "<sip:1001@10.0.0.1:5060>");
        CHECK(ringing.find("Record-Route: <sip:10.0.0.3;lr>\r\nRecord-Route: <sip:10.0.0.4;lr>") != std::string::npos);
        s.answer(call.id, "our answer");
        auto const ok = s.expect("200 INVITE");
        CHECK(tag_of(header(ok, "To")) == tag_of(header(ringing, "To")));
        CHECK(body_of(ok) == "our answer");
        CHECK(header(ok, "Allow") == "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE");
        s.inject(s.request("ACK", 1));
        s.expect_event<sip::call_confirmed>();
        s.hang_up(call.id);
        auto const bye = s.expect("BYE");
        CHECK(bye.starts_with("BYE sip:bob@10.0.0.2:5060 "));
        CHECK(header(bye, "Route") == "<sip:10.0.0.3;lr>");  // as received: the nearest proxy comes first (12.1.1)
        CHECK(header(bye, "CSeq") == "1 BYE");
        s.expect_event<sip::call_ended>();
    });
}

TEST_CASE("A 100 comes after 200 ms of silence, and none when the user is quicker (RFC 3261 17.2.1)") {
    script s;
    auto const id = incoming(s);
    s.advance(199ms);
    s.expect_nothing();
    s.advance(2ms);
    CHECK(tag_of(header(s.expect("100 INVITE"), "To")).empty());
    s.ring(id);
    s.expect("180 INVITE");
}

TEST_CASE("A repeated INVITE repeats the last provisional response and makes no second call (CC_TE_CE_V_022)") {
    script s;
    auto const invite = s.request("INVITE", 1, {.body = "offer"});
    s.inject(invite);
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.ring(id);
    auto const ringing = s.expect("180 INVITE");
    s.inject(invite);
    CHECK(s.expect("180 INVITE") == ringing);
    s.expect_no_event();
}

TEST_CASE("The 2xx is repeated at T1, doubling to T2, then at T2, until 64*T1; then BYE (RFC 3261 13.3.1.4, JsSIP #131)"
) {
    for (auto const transport : {sip::transport_kind::udp, sip::transport_kind::tcp}) {
        test::script_options options;
        options.transport = transport;
        script s(options);
        auto const id = incoming(s);
        s.answer(id);
        s.advance(40s);
        CHECK(
            s.times_of("200 INVITE") ==
            std::vector<sip::duration>{
                0ms, 500ms, 1500ms, 3500ms, 7500ms, 11500ms, 15500ms, 19500ms, 23500ms, 27500ms, 31500ms}
        );
        auto const end = s.expect_event<sip::call_ended>();
        CHECK(end.why == sip::end_reason::no_ack);
        CHECK(s.times_of("BYE").at(0) == 32000ms);
        s.expect_no_event();
    }
}

TEST_CASE("T1 and T2 of the account govern the repetition of its 2xx") {
    test::script_options options;
    options.account.timing = {100ms, 400ms, 5s};
    script s(options);
    s.answer(incoming(s));
    s.advance(1500ms);
    CHECK(s.times_of("200 INVITE") == std::vector<sip::duration>{0ms, 100ms, 300ms, 700ms, 1100ms, 1500ms});
}

TEST_CASE("No ACK for 64*T1 ends the call with BYE, also if the user hung up in between (pjsip #1131, #1857)") {
    script s;
    auto const id = incoming(s);
    s.answer(id);
    s.advance(10s);
    s.hang_up(id);
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::local_hang_up);
    CHECK(s.times_of("BYE").empty());  // 15.1.1
    s.advance(21s);
    CHECK(s.times_of("BYE").empty());
    s.advance(2s);
    CHECK(s.times_of("BYE").size() == 2);  // at 32 s, and its own repetition
    s.expect_no_event();
    s.advance(60s);
    CHECK(s.core.live().sessions == 0);
}

TEST_CASE("A callee that hangs up before the ACK says BYE as soon as the ACK comes (RFC 3261 15.1.1)") {
    test::replay([](script& s) {
        auto const id = incoming(s);
        s.answer(id);
        s.expect("200 INVITE");
        s.hang_up(id, "Q.850;cause=16");
        s.expect_event<sip::call_ended>();
        s.expect_nothing();
        s.inject(s.request("ACK", 1));
        CHECK(header(s.expect("BYE"), "Reason") == "Q.850;cause=16");
        s.expect_no_event();
        s.hang_up(id, "", sip::errc::no_such_session);
    });
}

TEST_CASE("An INVITE without offer is answered with ours, and the ACK brings the answer (TS 102 027 CC_TE_CE_V_006)") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1));
        auto const call = s.expect_event<sip::incoming_call>();
        CHECK(!call.has_offer);
        s.answer(call.id, "our offer");
        CHECK(body_of(s.expect("200 INVITE")) == "our offer");
        s.inject(s.request("ACK", 1, {.body = "their answer"}));
        s.expect_event<sip::call_confirmed>();
        CHECK(s.expect_event<sip::remote_answer>().carrier.view().body() == "their answer");
    });
}

TEST_CASE("An ACK without the answer that it owes ends the new call") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1));
        auto const call = s.expect_event<sip::incoming_call>();
        s.answer(call.id, "our offer");
        s.expect("200 INVITE");
        s.inject(s.request("ACK", 1));
        s.expect_event<sip::call_confirmed>();
        s.expect("BYE");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::protocol_error);
    });
}

TEST_CASE("Early media: a provisional response carries our description") {
    script s;
    auto const id = incoming(s);
    s.ring(id, "early answer");
    auto const ringing = s.expect("180 INVITE");
    CHECK(body_of(ringing) == "early answer");
    CHECK(header(ringing, "Content-Type") == "application/sdp");
}

TEST_CASE(
    "A ringing call repeats its provisional response each minute, and ends at the ring limit with 480 (RFC 3261 "
    "13.3.1.1)"
) {
    test::script_options options;
    options.config.ring_limit = 150s;
    script s(options);
    auto const id = incoming(s);
    s.ring(id);
    s.advance(149s);
    CHECK(s.times_of("180 INVITE") == std::vector<sip::duration>{0ms, 60s, 120s});
    s.expect_no_event();
    s.advance(1s);
    auto const end = s.expect_event<sip::call_ended>();
    CHECK(end.why == sip::end_reason::no_answer);
    CHECK(end.status == 480);
    CHECK(s.times_of("480 INVITE").at(0) == 150s);
}

TEST_CASE("An INVITE's Expires ends it with 487 (RFC 3261 13.3.1)") {
    script s;
    s.inject(s.request("INVITE", 1, {.headers = "Expires: 20\n", .body = "offer"}));
    s.expect_event<sip::incoming_call>();
    s.advance(20s);
    CHECK(s.times_of("487 INVITE").at(0) == 20s);
    CHECK(s.expect_event<sip::call_ended>().status == 487);
}

TEST_CASE("A refusal is repeated until its ACK, and the call is over at once (RFC 3261 13.3.1.3)") {
    script s;
    auto const id = incoming(s);
    s.reject(id, 486);
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::refused);
    s.advance(2s);
    CHECK(s.times_of("486 INVITE") == std::vector<sip::duration>{0ms, 500ms, 1500ms});
    CHECK(s.core.live().sessions == 0);
}

TEST_CASE("A redirection carries the user's Contact, and text with a line break is refused (RFC 3261 13.3.1.2)") {
    script s;
    auto const id = incoming(s);
    std::vector<sip::extra_header> const bad{{"Contact", "<sip:c@d>\r\nEvil: yes"}};
    s.command(sip::errc::invalid_argument, [&](auto now, auto& out) {
        return s.core.reject(now, id, 302, {}, bad, out);
    });
    std::vector<sip::extra_header> const good{{"Contact", "<sip:c@d>"}};
    s.command({}, [&](auto now, auto& out) { return s.core.reject(now, id, 302, "Moved", good, out); });
    auto const moved = s.expect("302 INVITE");
    CHECK(moved.starts_with("SIP/2.0 302 Moved\r\n"));
    CHECK(header(moved, "Contact") == "<sip:c@d>");
}

TEST_CASE("What an INVITE asks for and we cannot do is refused before it rings (RFC 3261 8.2.2.3, 8.2.3, RFC 5621 8.4)"
) {
    struct refused {
        test::extras more;
        std::string answer, name, value;
    };
    std::vector<refused> const rows{
        {{.headers = "Require: 100rel, magic\n", .body = "offer"}, "420 INVITE", "Unsupported", "magic"},
        {{.body = "x", .content_type = "text/plain"}, "415 INVITE", "Accept", "application/sdp"},
        {{.headers = "Content-Encoding: gzip\n", .body = "x"}, "415 INVITE", "Accept-Encoding", "identity"},
        {{.headers = "Accept: text/nobodyKnowsThis\n"}, "406 INVITE", "Accept", "application/sdp"},
        {{.body = "offer", .uri = "nobodyKnowsThisScheme:x"}, "416 INVITE", "", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.answer);
        script s;
        s.inject(s.request("INVITE", 1, row.more));
        auto const refusal = s.expect(row.answer);
        if (!row.name.empty()) CHECK(header(refusal, row.name) == row.value);
        s.expect_no_event();
        CHECK(s.core.live().sessions == 0);
    }
}

TEST_CASE("A body that may be passed over does not refuse the call (RFC 3261 20.11)") {
    script s;
    s.inject(s.request(
        "INVITE", 1,
        {.headers = "Content-Disposition: icon;handling=optional\n", .body = "x", .content_type = "image/png"}
    ));
    CHECK(!s.expect_event<sip::incoming_call>().has_offer);
}

TEST_CASE(
    "An offer counts wherever it stands in a body of several parts; one that nobody understands is refused (RFC 5621 "
    "4.2, 8.4)"
) {
    auto const body = [](std::string const& handling) {
        return "--b\r\nContent-Type: application/pidf+xml\r\nContent-Disposition: render;handling=" + handling +
               "\r\n\r\n<here/>\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0 offer\r\n--b--\r\n";
    };
    script s;
    s.inject(s.request("INVITE", 1, {.body = body("optional"), .content_type = "multipart/mixed;boundary=b"}));
    auto const asked = s.expect_event<sip::incoming_call>();
    CHECK(asked.has_offer);
    CHECK(sip::session_description(asked.invite.view()) == "v=0 offer");
    s.answer(asked.id);
    auto const ok = s.expect("200 INVITE");
    CHECK(header(ok, "Content-Type") == "application/sdp");

    script t;
    t.inject(t.request("INVITE", 1, {.body = body("required"), .content_type = "multipart/mixed;boundary=b"}));
    t.expect("415 INVITE");
    t.expect_no_event();
}

TEST_CASE("An INVITE without a usable Contact is answered 400") {
    script s;
    auto invite = s.request("INVITE", 1, {.body = "offer"});
    auto const at = invite.find("Contact: ");
    invite.erase(at, invite.find("\r\n", at) + 2 - at);
    s.inject(invite);
    s.expect("400 INVITE");
    s.expect_no_event();
}

TEST_CASE("One call more than the limit is busy, and so says OPTIONS (RFC 3261 11.2)") {
    test::script_options options;
    options.config.limits.sessions = 1;
    script s(options);
    incoming(s);
    s.call_id = "second";
    s.inject(s.request("INVITE", 1, {.body = "offer", .to = "<sip:1001@10.0.0.1>"}));
    s.expect("486 INVITE");
    s.call_id = "third";
    s.inject(s.request("OPTIONS", 1, {.to = "<sip:1001@10.0.0.1>"}));
    s.expect("486 OPTIONS");
    s.expect_no_event();
}

TEST_CASE("Too many Record-Route values are refused") {
    test::script_options options;
    options.config.limits.route_set = 2;
    script s(options);
    s.inject(s.request("INVITE", 1, {.headers = "Record-Route: <sip:a;lr>, <sip:b;lr>, <sip:c;lr>\n", .body = "offer"})
    );
    s.expect("400 INVITE");
    s.expect_no_event();
}

TEST_CASE("The call is for the account of the Request-URI, else of To, else the first") {
    script s;
    auto settings = test::script_options().account;
    settings.address_of_record = "sip:1002@10.0.0.1";
    auto const second = s.core.add_account(settings).value();
    settings.address_of_record = "sip:1003@10.0.0.1";
    settings.contact_user = "line-3";
    auto const third = s.core.add_account(settings).value();

    auto const account_of = [&](std::string const& uri, std::string const& to) {
        s.call_id += "x";
        s.inject(s.request("INVITE", 1, {.body = "offer", .uri = uri, .to = to}));
        return s.expect_event<sip::incoming_call>().account;
    };
    CHECK(account_of("sip:1002@10.0.0.1", "<sip:1001@10.0.0.1>") == second);
    CHECK(account_of("sip:line-3@10.0.0.1", "<sip:1001@10.0.0.1>") == third);
    CHECK(account_of("sip:10.0.0.1", "<sip:1002@example.com>") == second);  // userless (RG_RT_V_001)
    CHECK(account_of("sip:nobody@10.0.0.1", "<sip:nobody@example.com>") == s.account);
}

TEST_CASE("The user breaks the contract: each command says so and sends nothing") {
    script s;
    auto const id = incoming(s);
    s.ring(id);
    s.expect("180 INVITE");
    s.command(sip::errc::invalid_argument, [&](auto now, auto& out) { return s.core.ring(now, id, 200, {}, out); });
    s.reject(id, 200, sip::errc::invalid_argument);
    s.answer(id, "", sip::errc::invalid_argument);
    s.reoffer(id, "offer", sip::errc::wrong_state);
    s.answer_offer(id, "answer", sip::errc::wrong_state);
    s.refuse_offer(id, 488, sip::errc::wrong_state);
    s.hang_up(id, "x\r\ny", sip::errc::invalid_argument);
    s.answer(id);
    s.expect("200 INVITE");
    s.answer(id, "again", sip::errc::wrong_state);
    s.ring(id, "", sip::errc::wrong_state);
    s.reject(id, 486, sip::errc::wrong_state);
    s.expect_nothing();
}
