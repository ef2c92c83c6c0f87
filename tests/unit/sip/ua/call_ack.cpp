// Covers: the correlation of ACK and 2xx in both directions: which 2xx an ACK ends, which ACK a 2xx gets, when several
// INVITEs overlap, when the call is over, when the connection is gone.
#include <doctest/doctest.h>

#include "calls.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;

// ---- ACKs that we receive

TEST_CASE("ACK for the first 2xx stops its retransmission although a newer re-INVITE arrived meanwhile") {
    // reSIProcate #470, #471: the ACK was matched against the latest request.
    test::replay([](script& s) {
        auto const id = test::answered_call(s);
        s.inject(s.request("INVITE", 2, {.body = "offer 2"}));
        s.expect_event<sip::remote_offer>();
        s.answer_offer(id, "answer 2");
        s.expect("200 INVITE");
        s.inject(s.request("ACK", 1));
        s.expect_event<sip::call_confirmed>();
        s.advance(600ms);
        auto const again = s.expect("200 INVITE");
        CHECK(header(again, "CSeq") == "2 INVITE");  // only the second is still out
        s.expect_nothing();
        s.inject(s.request("ACK", 2));
        s.advance(30s);
        s.expect_nothing();
    });
}

TEST_CASE("ACK for the second 2xx leaves the first one to be repeated") {
    script s;
    auto const id = test::answered_call(s);
    s.inject(s.request("INVITE", 2, {.body = "offer 2"}));
    s.expect_event<sip::remote_offer>();
    s.answer_offer(id, "answer 2");
    s.expect("200 INVITE");
    s.inject(s.request("ACK", 2));
    s.advance(600ms);
    CHECK(header(s.expect("200 INVITE"), "CSeq") == "1 INVITE");
    s.expect_nothing();
}

TEST_CASE("ACK arriving while our own re-INVITE is outstanding stops the 2xx timer (reSIProcate #378)") {
    script s;
    auto const id = test::called(s);
    // The peer's re-INVITE is answered; before its ACK comes, ours may not go out (14.1): it waits ...
    s.inject(s.request("INVITE", 2, {.body = "offer 2"}));
    s.expect_event<sip::remote_offer>();
    s.answer_offer(id, "answer 2");
    s.expect("200 INVITE");
    s.reoffer(id, "offer 3");
    s.expect_nothing();
    s.inject(s.request("ACK", 2));
    // ... then it goes, and a late copy of the ACK changes nothing.
    CHECK(test::body_of(s.expect("INVITE")) == "offer 3");
    s.inject(s.request("ACK", 2));
    s.advance(400ms);
    s.expect_nothing();
    s.expect_no_event();
}

TEST_CASE("An offer that waits for an ACK is overtaken by the peer's next offer, and dropped with the call") {
    test::replay([](script& s) {
        auto const id = test::answered_call(s);
        s.reoffer(id, "ours");
        s.reoffer(id, "another", sip::errc::wrong_state);
        s.inject(s.request("INVITE", 2, {.body = "theirs"}));
        auto const failed = s.expect_event<sip::offer_failed>();
        CHECK(!failed.will_retry);
        s.expect_event<sip::remote_offer>();
        s.answer_offer(id);
        s.expect("200 INVITE");
        s.reoffer(id, "ours again");
        s.inject(s.request("ACK", 2));
        s.expect_nothing();  // the first answer has no ACK yet
        s.inject(s.request("BYE", 3));
        s.expect("200 BYE");
        s.advance(40s);
        s.expect_nothing();
    });
}

TEST_CASE("A stray ACK is dropped") {
    script s;
    s.inject(s.request("ACK", 1));
    auto const id = test::called(s);
    s.inject(s.request("ACK", 1));
    s.inject(s.request("ACK", 77));
    s.expect_nothing();
    s.expect_no_event();
    s.hang_up(id);
}

// ---- ACKs that we send

TEST_CASE("Each copy of a 2xx is acknowledged with the same ACK (TS 102 027 CC_OE_CE_V_019, 038)") {
    test::replay([](script& s) {
        s.invite();
        auto const invite = s.expect("INVITE");
        s.reply(invite, 200, {.body = "answer"});
        auto const ack = s.expect("ACK");
        CHECK(header(ack, "CSeq") == "1 ACK");
        CHECK(header(ack, "Via") != header(invite, "Via"));  // a new branch (13.2.2.4)
        for (int i = 0; i < 3; ++i) {
            s.reply(invite, 200, {.body = "answer"});
            CHECK(s.expect("ACK") == ack);
        }
        s.expect_event<sip::call_answered>();
        s.expect_no_event();
    });
}

TEST_CASE("Repeated 2xx is re-ACKed after we already sent a re-INVITE (pjsip #1725)") {
    script s;
    auto const [id, invite] = test::calling_with(s);
    s.reoffer(id);
    auto const reinvite = s.expect("INVITE");
    s.reply(invite, 200, {.body = "answer"});
    CHECK(header(s.expect("ACK"), "CSeq") == "1 ACK");
    s.reply(reinvite, 200, {.body = "answer 2"});
    CHECK(header(s.expect("ACK"), "CSeq") == "2 ACK");
    s.reply(invite, 200, {.body = "answer"});
    CHECK(header(s.expect("ACK"), "CSeq") == "1 ACK");
}

TEST_CASE("2xx to a re-INVITE is ACKed even if BYE has completed (pjsip #1755)") {
    test::replay([](script& s) {
        auto const id = test::calling(s);
        s.reoffer(id);
        auto const reinvite = s.expect("INVITE");
        s.hang_up(id);
        s.reply(s.expect("BYE"), 200);
        s.expect_event<sip::call_ended>();
        s.reply(reinvite, 200, {.body = "answer 2"});
        auto const ack = s.expect("ACK");
        CHECK(header(ack, "CSeq") == "2 ACK");
        s.reply(reinvite, 200, {.body = "answer 2"});
        CHECK(s.expect("ACK") == ack);
        s.expect_nothing();
        s.expect_no_event();
    });
}

TEST_CASE("A 2xx is acknowledged for 64*T1, even long after the call, and then no more (RFC 3261 13.2.2.4)") {
    script s;
    auto const [id, invite] = test::calling_with(s);
    s.hang_up(id);
    s.reply(s.expect("BYE"), 200);
    s.advance(31s);
    s.reply(invite, 200, {.body = "answer"});
    s.expect("ACK");
    s.advance(2s);
    s.reply(invite, 200, {.body = "answer"});
    s.expect_nothing();
    s.expect_event<sip::call_ended>();
    s.advance(60s);
    s.expect_idle();
}

TEST_CASE("A 2xx that nobody asked for is dropped") {
    script s;
    auto [id, invite] = test::calling_with(s);
    auto foreign = invite;
    foreign.replace(foreign.find("branch=z9hG4bK") + 14, 5, "xxxxx");
    foreign.replace(foreign.find("Call-ID: ") + 9, 5, "xxxxx");
    s.reply(foreign, 200, {.body = "answer"});
    s.expect_nothing();
    s.expect_no_event();
}

// ---- connections

TEST_CASE("2xx is retried over a new connection when the first closed before its ACK (pjsip #3805, #3828)") {
    test::script_options options;
    options.transport = sip::transport_kind::tcp;
    script s(options);
    s.answer([&] {
        s.inject(s.request("INVITE", 1, {.body = "offer"}));
        return s.expect_event<sip::incoming_call>().id;
    }());
    s.expect("200 INVITE");
    s.close_flow();
    s.advance(500ms);
    auto const opened = s.opened();
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].to == test::at("10.0.0.2:5060", sip::transport_kind::tcp));  // 18.2.2: sent-by of its Via
    s.expect("200 INVITE");                                                      // waits for the connection
    s.expect_nothing();
    s.flow_up(opened[0].flow, "10.0.0.1:40001");
    s.advance(1s);
    s.expect("200 INVITE");
    s.inject(s.request("ACK", 1));
    s.expect_event<sip::call_confirmed>();
    s.advance(40s);
    s.expect_nothing();
}

TEST_CASE("The 2xx comes again while the first ACK waits for its connection: one ACK goes out (pjsip #1011)") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    test::extras const over_tcp{.headers = "Contact: <sip:bob@10.0.0.2:5070;transport=tcp>\n", .body = "answer"};
    s.reply(invite, 200, over_tcp);
    auto const opened = s.opened();
    REQUIRE(opened.size() == 1);
    s.expect_nothing();
    s.reply(invite, 200, over_tcp);
    s.reply(invite, 200, over_tcp);
    CHECK(s.opened().empty());
    auto const udp = s.flow;
    s.flow_up(opened[0].flow, "10.0.0.1:40001");
    s.expect("ACK");
    s.expect_nothing();
    s.flow = udp;
    s.reply(invite, 200, over_tcp);
    s.expect("ACK");
}

TEST_CASE("An ACK whose connection was refused is tried again with the next copy of the 2xx") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    test::extras const over_tcp{.headers = "Contact: <sip:bob@10.0.0.2:5070;transport=tcp>\n", .body = "answer"};
    s.reply(invite, 200, over_tcp);
    auto opened = s.opened();
    REQUIRE(opened.size() == 1);
    s.flow_failed(opened[0].flow);
    s.reply(invite, 200, over_tcp);
    opened = s.opened();
    REQUIRE(opened.size() == 1);
    s.flow_up(opened[0].flow, "10.0.0.1:40001");
    s.expect("ACK");
}
