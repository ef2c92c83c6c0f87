// Covers: BYE in both directions and what it may cross: re-INVITEs of both sides, answers that are out, another BYE,
// dialogs that are gone; BYE in early dialogs.
#include <doctest/doctest.h>

#include "calls.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using test::called;
using test::calling;
using test::header;
using test::script;
using test::tag_of;

TEST_CASE("BYE of the peer is answered 200 and ends the call; a second one finds no call (RFC 3261 15.1.2)") {
    test::replay([](script& s) {
        auto const id = called(s);
        auto const bye = s.request("BYE", 2);
        s.inject(bye);
        s.expect("200 BYE");
        auto const end = s.expect_event<sip::call_ended>();
        CHECK(end.why == sip::end_reason::remote_hang_up);
        CHECK(end.cause.view().method() == sip::method::bye);
        s.inject(bye);  // repeated
        s.expect("200 BYE");
        s.inject(s.request("BYE", 3));
        s.expect("481 BYE");
        s.hang_up(id, "", sip::errc::no_such_session);
        s.expect_no_event();
    });
}

TEST_CASE("Our BYE is repeated at T1 to T2 until it is answered or 64*T1 pass (TS 102 027 CC_OE_CR_TI_002, 006)") {
    script s;
    s.hang_up(calling(s));
    auto const end = s.expect_event<sip::call_ended>();
    CHECK(end.why == sip::end_reason::local_hang_up);
    s.advance(40s);
    CHECK(
        s.times_of("BYE") ==
        std::vector<sip::duration>{
            0ms, 500ms, 1500ms, 3500ms, 7500ms, 11500ms, 15500ms, 19500ms, 23500ms, 27500ms, 31500ms}
    );
    s.expect_no_event();
    s.expect_idle();
}

TEST_CASE("Our BYE answered with 481 or 500 is as good as 200") {
    for (unsigned const status : {200U, 481U, 408U, 500U}) {
        script s;
        s.hang_up(calling(s));
        s.expect_event<sip::call_ended>();
        s.reply(s.expect("BYE"), status);
        s.advance(64s);
        s.expect_no_event();
        s.expect_idle();
    }
}

TEST_CASE("Two BYEs that cross end both sides, once each") {
    test::ua_pair pair;
    auto const [a, b] = pair.establish();
    pair.alice.hang_up(a);
    pair.bob.hang_up(b);
    REQUIRE(pair.net.run_until_idle());
    CHECK(pair.alice.count<sip::call_ended>() == 1);
    CHECK(pair.bob.count<sip::call_ended>() == 1);
    CHECK(pair.alice.is_idle());
    CHECK(pair.bob.is_idle());
}

TEST_CASE("BYE during the peer's re-INVITE: 487 to the re-INVITE (RFC 3261 15.1.2)") {
    test::replay([](script& s) {
        auto const id = called(s);
        s.inject(s.request("INVITE", 2, {.body = "hold"}));
        s.expect_event<sip::remote_offer>();
        s.inject(s.request("BYE", 3));
        s.expect("200 BYE");
        s.expect("487 INVITE");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::remote_hang_up);
        s.answer_offer(id, "late", sip::errc::no_such_session);
    });
}

TEST_CASE("Hanging up while the peer's re-INVITE is open: BYE, and 487 to it") {
    test::replay([](script& s) {
        auto const id = called(s);
        s.inject(s.request("INVITE", 2, {.body = "hold"}));
        s.expect_event<sip::remote_offer>();
        s.hang_up(id);
        s.expect("BYE");
        s.expect("487 INVITE");
        s.expect_event<sip::call_ended>();
    });
}

TEST_CASE("A BYE of the peer while our re-INVITE is out ends the call; the re-INVITE is cancelled") {
    test::replay([](script& s) {
        auto const id = calling(s);
        s.reoffer(id);
        auto const reinvite = s.expect("INVITE");
        s.reply(reinvite, 100);
        s.inject(s.request("BYE", 1));
        s.expect("200 BYE");
        auto const cancel = s.expect("CANCEL");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::remote_hang_up);
        s.reply(cancel, 200);
        s.reply(reinvite, 487);
        s.expect("ACK");
        s.expect_no_event();
    });
}

TEST_CASE("A BYE of the peer while our re-INVITE has no response yet: no CANCEL until one comes") {
    script s;
    auto const id = calling(s);
    s.reoffer(id);
    auto const reinvite = s.expect("INVITE");
    s.inject(s.request("BYE", 1));
    s.expect("200 BYE");
    s.expect_nothing();
    s.reply(reinvite, 481);
    s.expect("ACK");
    s.expect_nothing();
}

TEST_CASE("A BYE of the peer before it has acknowledged our 2xx ends the call and the repetition") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1, {.body = "offer"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.answer(id);
        s.expect("200 INVITE");
        s.inject(s.request("BYE", 2));
        s.expect("200 BYE");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::remote_hang_up);
        s.inject(s.request("ACK", 1));
        s.advance(40s);
        s.expect_nothing();
        s.expect_no_event();
    });
}

TEST_CASE("A BYE that meets our own, held back until the ACK, makes it needless") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1, {.body = "offer"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.answer(id);
        s.expect("200 INVITE");
        s.hang_up(id);
        s.expect_event<sip::call_ended>();
        s.inject(s.request("BYE", 2));
        s.expect("200 BYE");
        s.advance(64s);
        s.expect_nothing();
        s.expect_no_event();
    });
}

TEST_CASE("A re-INVITE after our hang-up finds no call, also while the BYE waits for the ACK (Asterisk CVE-2021-31878)"
) {
    script s;
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.answer(id);
    s.expect("200 INVITE");
    s.hang_up(id);
    s.expect_event<sip::call_ended>();
    s.inject(s.request("INVITE", 2));
    s.expect("481 INVITE");
    s.inject(s.request("ACK", 1));
    s.expect("BYE");
    s.inject(s.request("INVITE", 3));
    s.expect("481 INVITE");
    s.expect_no_event();
}

TEST_CASE("A BYE in the early dialog of a ringing call ends it: 487 to the INVITE") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1, {.body = "offer"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.ring(id);
        s.expect("180 INVITE");
        s.inject(s.request("BYE", 2));
        s.expect("200 BYE");
        s.expect("487 INVITE");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::cancelled);
    });
}

TEST_CASE("A callee that hangs up before it has answered refuses, and sends no BYE (RFC 3261 15)") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1, {.body = "offer"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.ring(id);
        s.expect("180 INVITE");
        s.hang_up(id);
        s.expect("480 INVITE");
        s.expect_nothing();
        s.expect_event<sip::call_ended>();
    });
}

TEST_CASE("A callee that says BYE instead of a 2xx we never got ends our call; one fork of two does not") {
    test::replay([](script& s) {
        s.invite();
        auto const invite = s.expect("INVITE");
        s.reply(invite, 180, {.to_tag = "one"});
        s.reply(invite, 180, {.to_tag = "two"});
        s.expect_event<sip::call_progress>();
        s.expect_event<sip::call_progress>();
        s.enter_dialog(invite, "one");
        s.inject(s.request("BYE", 1));
        s.expect("200 BYE");
        s.expect_no_event();
        s.enter_dialog(invite, "two");
        s.inject(s.request("BYE", 1));
        s.expect("200 BYE");
        s.expect("CANCEL");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::remote_hang_up);
    });
}

TEST_CASE("Requests of a dialog that is unknown are answered 481") {
    for (std::string const name : {"BYE", "INVITE", "OPTIONS"}) {
        script s;
        s.inject(s.request(name, 5, {.to = "<sip:1001@10.0.0.1>;tag=gone"}));
        s.expect("481 " + name);
        s.expect_no_event();
    }
}

TEST_CASE("A BYE without To tag is answered 481") {
    script s;
    s.inject(s.request("BYE", 1));
    s.expect("481 BYE");
}

TEST_CASE("All calls hung up at once come to rest together") {
    sip::user_agent_config config;
    config.limits.sessions = 200;
    test::ua_pair pair(3, config);
    std::vector<sip::session_id> calls;
    pair.bob.on_event = [&](sip::event const& e) {
        if (auto const* call = std::get_if<sip::incoming_call>(&e)) (void)pair.bob.answer(call->id);
    };
    for (int i = 0; i < 100; ++i)
        calls.push_back(pair.alice.invite("sip:1002@10.0.0.2:5060"));
    pair.net.run_for(1s);
    CHECK(pair.alice.count<sip::call_answered>() == 100);
    for (auto const id : calls)
        pair.alice.hang_up(id);
    REQUIRE(pair.net.run_until_idle());
    CHECK(pair.bob.count<sip::call_ended>() == 100);
    CHECK(pair.alice.is_idle());
    CHECK(pair.bob.is_idle());
}
