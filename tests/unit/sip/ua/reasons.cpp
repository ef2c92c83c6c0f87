// Covers: Reason in what we send (RFC 3326): the user's own in BYE and CANCEL, ours where we end a call that its peer
// may take for a good one; and reading it in what we get.
#include <doctest/doctest.h>

#include "calls.hpp"
#include "sip/usage/cause.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;

TEST_CASE("The user's Reason goes with the BYE, and with the CANCEL even where that has to wait (RFC 3326 2)") {
    test::replay([](script& s) {
        auto const up = test::calling(s);
        s.hang_up(up, "SIP;cause=600;text=\"Busy Everywhere\"");
        auto const bye = s.expect("BYE");
        CHECK(header(bye, "Reason") == "SIP;cause=600;text=\"Busy Everywhere\"");
        s.reply(bye, 200);
        s.expect_event<sip::call_ended>();
        auto const id = s.invite();
        auto const invite = s.expect("INVITE");
        s.hang_up(id, sip::answered_elsewhere());
        s.expect_nothing();
        s.reply(invite, 180);
        CHECK(header(s.expect("CANCEL"), "Reason") == "SIP;cause=200;text=\"Call completed elsewhere\"");
    });
}

TEST_CASE("A Reason with a line break is refused, and the call goes on") {
    script s;
    auto const id = s.invite();
    s.expect("INVITE");
    s.hang_up(id, "SIP\r\nEvil: yes", sip::errc::invalid_argument);
    CHECK(s.core.live().sessions == 1);
}

TEST_CASE("An offer in a 2xx that is refused ends the call with BYE and Reason 488 (RFC 3326 3.2)") {
    script s;
    auto const id = s.invite("");
    s.reply(s.expect("INVITE"), 200, {.body = "their offer"});
    s.expect_event<sip::call_answered>();
    s.expect_event<sip::remote_offer>();
    s.refuse_offer(id);
    s.expect("ACK");
    CHECK(header(s.expect("BYE"), "Reason") == "SIP;cause=488;text=\"Not Acceptable Here\"");
}

TEST_CASE("The answer of a second fork is released with the reason that another has answered (RFC 3326 3.1)") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 200, {.body = "answer"});
    s.expect("ACK");
    s.reply(invite, 200, {.body = "answer", .to_tag = "second"});
    s.expect("ACK");
    CHECK(header(s.expect("BYE"), "Reason") == "SIP;cause=200;text=\"Call completed elsewhere\"");
}

TEST_CASE("A call that is lost says what lost it (RFC 3326 2)") {
    script s;
    auto const id = test::calling(s);
    s.reoffer(id);
    s.reply(s.expect("INVITE"), 481);
    s.expect("ACK");
    CHECK(header(s.expect("BYE"), "Reason").starts_with("SIP;cause=481;text="));
    CHECK(s.expect_event<sip::call_ended>().id == id);

    script unacknowledged;
    test::answered_call(unacknowledged);
    unacknowledged.advance(33s);
    std::string bye;
    for (auto const& [when, text] : unacknowledged.all_sent)
        if (text.starts_with("BYE ")) bye = text;
    CHECK(header(bye, "Reason") == "SIP;cause=408;text=\"No ACK\"");
}

TEST_CASE("A caller's CANCEL tells that another phone has answered (RFC 3326 3.1)") {
    script s;
    s.inject(s.request("INVITE", 1, {.body = "offer", .branch = "z9hG4bKx"}));
    s.expect_event<sip::incoming_call>();
    s.inject(s.request(
        "CANCEL", 1, {.headers = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\n", .branch = "z9hG4bKx"}
    ));
    auto const end = s.expect_event<sip::call_ended>();
    CHECK(end.why == sip::end_reason::cancelled);
    CHECK(sip::was_answered_elsewhere(end.cause.view()));
}

TEST_CASE("A BYE's Reason is the user's to read (RFC 3326 2)") {
    script s;
    test::called(s);
    s.inject(s.request("BYE", 2, {.headers = "Reason: Q.850;cause=31, SIP;cause=503\n"}));
    auto const end = s.expect_event<sip::call_ended>();
    CHECK(end.why == sip::end_reason::remote_hang_up);
    CHECK(sip::sip_cause_of(end.cause.view()) == 503);
}
