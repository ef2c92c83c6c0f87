// Covers: calls as caller: the headers of an INVITE, early dialogs and forks, refusals, redirection, no answer at all,
// ring limit, what the 2xx changes in the dialog, offers in the 2xx. Not here: CANCEL (call_cancel), ACK (call_ack),
// authentication (challenges), addresses and flows (sending).
#include <doctest/doctest.h>

#include "support/script.hpp"

using namespace std::chrono_literals;
using test::body_of;
using test::header;
using test::script;
using test::tag_of;

TEST_CASE("An INVITE carries the mandatory headers (RFC 3261 8.1.1.1 to 8.1.1.8, TS 102 027 CC_OE_CE_V_001 to 007)") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    CHECK(invite.starts_with("INVITE sip:bob@10.0.0.2:5060 SIP/2.0\r\n"));
    CHECK(header(invite, "To") == "<sip:bob@10.0.0.2:5060>");  // Request-URI, no tag
    CHECK(header(invite, "From").starts_with("<sip:1001@10.0.0.1>;tag="));
    CHECK(tag_of(header(invite, "From")).size() >= 12);
    CHECK(header(invite, "Call-ID").size() >= 20);
    CHECK(header(invite, "CSeq") == "1 INVITE");
    CHECK(header(invite, "Max-Forwards") == "70");
    CHECK(header(invite, "Via").find(";branch=z9hG4bK") != std::string::npos);
    CHECK(header(invite, "Contact") == "<sip:1001@10.0.0.1:5060>");
    CHECK(header(invite, "Allow") == "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE");
    CHECK(header(invite, "Content-Type") == "application/sdp");
    CHECK(body_of(invite) == "offer");
}

TEST_CASE("Each early dialog of a forked INVITE has its own number (RFC 3261 13.2.2.1)") {
    test::replay([](script& s) {
        auto const id = s.invite();
        auto const invite = s.expect("INVITE");
        s.reply(invite, 180, {.to_tag = "one"});
        s.reply(invite, 183, {.body = "early answer", .to_tag = "two"});
        s.reply(invite, 180, {.to_tag = "one"});
        CHECK(s.expect_event<sip::call_progress>().fork == 0);
        auto const second = s.expect_event<sip::call_progress>();
        CHECK(second.fork == 1);
        CHECK(second.has_description);
        CHECK(s.expect_event<sip::call_progress>().fork == 0);
        CHECK(s.core.live().dialogs == 2);

        s.reply(invite, 200, {.body = "answer", .to_tag = "two"});
        auto const answered = s.expect_event<sip::call_answered>();
        CHECK(answered.fork == 1);
        CHECK(tag_of(header(s.expect("ACK"), "To")) == "two");
        CHECK(s.core.live().dialogs == 1);
        s.hang_up(id);
        CHECK(tag_of(header(s.expect("BYE"), "To")) == "two");
    });
}

TEST_CASE("A 2xx of a second fork is acknowledged and released by BYE, unheard by the user (RFC 3261 13.2.2.4)") {
    test::replay([](script& s) {
        s.invite();
        auto const invite = s.expect("INVITE");
        s.reply(invite, 200, {.body = "answer", .to_tag = "one"});
        s.expect("ACK");
        s.expect_event<sip::call_answered>();
        s.reply(invite, 200, {.body = "answer", .to_tag = "two"});
        auto const ack = s.expect("ACK");
        auto const bye = s.expect("BYE");
        CHECK(tag_of(header(ack, "To")) == "two");
        CHECK(tag_of(header(bye, "To")) == "two");
        CHECK(header(bye, "CSeq") == "2 BYE");
        s.expect_no_event();
        s.reply(bye, 200);
        // Its copy is acknowledged again, and not released again.
        s.reply(invite, 200, {.body = "answer", .to_tag = "two"});
        CHECK(s.expect("ACK") == ack);
        s.expect_nothing();
    });
}

TEST_CASE("A fork that answers after the user hung up the first one is released as well") {
    script s;
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 200, {.body = "answer", .to_tag = "one"});
    s.expect("ACK");
    s.hang_up(id);
    s.expect("BYE");
    s.reply(invite, 200, {.body = "answer", .to_tag = "two"});
    CHECK(tag_of(header(s.expect("ACK"), "To")) == "two");
    CHECK(tag_of(header(s.expect("BYE"), "To")) == "two");
}

TEST_CASE("A refusal ends the call with its status (RFC 3261 13.2.2.3)") {
    for (unsigned const status : {404U, 415U, 420U, 422U, 480U, 486U, 487U, 488U, 500U, 503U, 600U, 603U}) {
        CAPTURE(status);
        test::replay([status](script& s) {
            s.invite();
            auto const invite = s.expect("INVITE");
            s.reply(invite, status);
            auto const ack = s.expect("ACK");
            CHECK(header(ack, "Via") == header(invite, "Via"));  // 17.1.1.3: the transaction's own ACK
            auto const end = s.expect_event<sip::call_ended>();
            CHECK(end.why == sip::end_reason::rejected);
            CHECK(end.status == status);
            CHECK(end.cause.view().status() == status);
            s.expect_no_event();
        });
    }
}

TEST_CASE("A redirection that is not to be followed ends the call and hands its Contact to the user (RFC 3261 13.2.2.2)"
) {
    test::script_options options;
    options.account.most_redirects = 0;
    script s(options);
    s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 302, {.headers = "Contact: <sip:carol@10.0.0.9>;q=0.7\n"});
    s.expect("ACK");
    auto const end = s.expect_event<sip::call_ended>();
    CHECK(end.why == sip::end_reason::rejected);
    CHECK(end.status == 302);
    CHECK(end.cause.view().get<sip::header_id::contact>()->uri.user == "carol");
}

TEST_CASE("A status that we do not know counts as the first of its class (RFC 3261 8.1.3.2)") {
    script s;
    auto id = s.invite();
    auto invite = s.expect("INVITE");
    s.reply(invite, 199);
    CHECK(s.expect_event<sip::call_progress>().response.view().status() == 199);
    s.reply(invite, 299, {.body = "answer"});
    s.expect_event<sip::call_answered>();
    s.expect("ACK");
    s.hang_up(id);
    s.reply(s.expect("BYE"), 299);
    s.expect_event<sip::call_ended>();
    for (unsigned const status : {399U, 477U, 599U, 699U}) {
        CAPTURE(status);
        s.invite();
        s.reply(s.expect("INVITE"), status);
        s.expect("ACK");
        auto const end = s.expect_event<sip::call_ended>();
        CHECK(end.why == sip::end_reason::rejected);
        CHECK(end.status == status);
    }
    s.expect_no_event();
}

TEST_CASE("A response that carries another Via below ours is discarded (RFC 3261 8.1.3.3)") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    std::string const another = "SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKother";
    auto const of_two_lines = s.response(invite, 200, {.headers = "Via: " + another + "\n", .body = "answer"});
    auto of_one_line = s.response(invite, 200, {.body = "answer"});
    of_one_line.insert(of_one_line.find("\r\nFrom:"), ", " + another);
    s.inject(of_two_lines);
    s.inject(of_one_line);
    s.expect_nothing();
    s.expect_no_event();
    s.reply(invite, 200, {.body = "answer"});
    s.expect("ACK");
    s.expect_event<sip::call_answered>();
}

TEST_CASE("A call by way of an outbound proxy goes to it, with its URI in Route (RFC 3261 8.1.2)") {
    test::script_options options;
    options.account.route_set = {"sip:10.0.0.2:5060;lr"};
    script s(options);
    s.invite("offer", "sip:bob@elsewhere.example.com");
    auto const invite = s.expect("INVITE");
    CHECK(invite.starts_with("INVITE sip:bob@elsewhere.example.com SIP/2.0\r\n"));
    CHECK(header(invite, "Route") == "<sip:10.0.0.2:5060;lr>");
}

TEST_CASE("Without any answer an INVITE is sent at T1, 3T1, 7T1 ... and the call ends at 64*T1 (RFC 3261 17.1.1.2)") {
    script s;
    s.invite();
    s.advance(40s);
    CHECK(s.times_of("INVITE") == std::vector<sip::duration>{0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms});
    auto const end = s.expect_event<sip::call_ended>();
    CHECK(end.why == sip::end_reason::no_answer);
    CHECK(end.error == sip::errc::transaction_timeout);
    for (int i = 0; i < 7; ++i)
        s.expect("INVITE");
    s.expect_idle();
}

TEST_CASE("An INVITE that rings too long is cancelled, and the user hears no_answer at once") {
    test::script_options options;
    options.config.ring_limit = 60s;
    test::replay(
        [](script& s) {
            s.invite();
            auto const invite = s.expect("INVITE");
            s.reply(invite, 180);
            s.expect_event<sip::call_progress>();
            s.advance(59s);
            s.expect_nothing();
            s.advance(1s);
            auto const cancel = s.expect("CANCEL");
            CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::no_answer);
            s.reply(cancel, 200);
            s.reply(invite, 487);
            s.expect("ACK");
            s.expect_no_event();
        },
        options
    );
}

TEST_CASE("The 2xx decides over route set and remote target, not the provisional response (RFC 3261 13.2.2.4)") {
    script s;
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 180, {.headers = "Record-Route: <sip:old.example;lr>\nContact: <sip:bob@10.0.0.7>\n"});
    s.reply(
        invite, 200,
        {.headers = "Record-Route: <sip:10.0.0.3;lr>, <sip:10.0.0.4;lr>\nContact: <sip:bob@10.0.0.8:5070>\n",
         .body = "answer"}
    );
    auto const ack = s.expect("ACK");
    CHECK(ack.starts_with("ACK sip:bob@10.0.0.8:5070 SIP/2.0"));
    CHECK(header(ack, "Route") == "<sip:10.0.0.4;lr>");  // reversed: the nearest proxy first (12.1.2)
    CHECK(ack.find("\r\nRoute: <sip:10.0.0.4;lr>\r\nRoute: <sip:10.0.0.3;lr>\r\n") != std::string::npos);
    s.hang_up(id);
    CHECK(header(s.expect("BYE"), "Route") == "<sip:10.0.0.4;lr>");
}

TEST_CASE("A strict router stands in the Request-URI, and the target at the end of Route (RFC 3261 12.2.1.1)") {
    script s;
    auto const id = s.invite();
    s.reply(
        s.expect("INVITE"), 200,
        {.headers = "Record-Route: <sip:10.0.0.4;lr>, <sip:10.0.0.3:5061;method=INVITE;x=1>\n", .body = "answer"}
    );
    auto const ack = s.expect("ACK");
    CHECK(ack.starts_with("ACK sip:10.0.0.3:5061;x=1 SIP/2.0"));
    CHECK(ack.find("\r\nRoute: <sip:10.0.0.4;lr>\r\nRoute: <sip:bob@10.0.0.2:5060>\r\n") != std::string::npos);
    s.hang_up(id);
    CHECK(s.expect("BYE").starts_with("BYE sip:10.0.0.3:5061;x=1 SIP/2.0"));
}

TEST_CASE("An INVITE without offer: the 2xx brings it, and the ACK waits for the user's answer (RFC 3261 13.2.1)") {
    test::replay([](script& s) {
        auto const id = s.invite("");
        auto const invite = s.expect("INVITE");
        CHECK(body_of(invite).empty());
        s.reply(invite, 200, {.body = "their offer"});
        s.expect_event<sip::call_answered>();
        auto const offer = s.expect_event<sip::remote_offer>();
        CHECK(offer.carrier.view().body() == "their offer");
        CHECK(!offer.wanted_from_us);
        s.expect_nothing();
        s.reply(invite, 200, {.body = "their offer"});  // repeated while we think
        s.expect_nothing();
        s.answer_offer(id, "our answer");
        auto const ack = s.expect("ACK");
        CHECK(body_of(ack) == "our answer");
        CHECK(header(ack, "Content-Type") == "application/sdp");
        s.reply(invite, 200, {.body = "their offer"});
        CHECK(s.expect("ACK") == ack);
        s.answer_offer(id, "again", sip::errc::wrong_state);
    });
}

TEST_CASE("An offer in a 2xx that is not answered within 64*T1 ends the call, since the peer has given up by then") {
    script s;
    auto const id = s.invite("");
    s.reply(s.expect("INVITE"), 200, {.body = "their offer"});
    s.expect_event<sip::call_answered>();
    s.expect_event<sip::remote_offer>();
    s.advance(32s);
    s.expect("BYE");
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::dialog_lost);
    s.answer_offer(id, "late", sip::errc::no_such_session);
}

TEST_CASE("An offer in a 2xx that is refused ends the call: ACK, then BYE") {
    test::replay([](script& s) {
        auto const id = s.invite("");
        s.reply(s.expect("INVITE"), 200, {.body = "their offer"});
        s.expect_event<sip::call_answered>();
        s.expect_event<sip::remote_offer>();
        s.refuse_offer(id);
        s.expect("ACK");
        s.expect("BYE");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::local_hang_up);
    });
}

TEST_CASE("An offer in a 2xx that is refused has its formal answer in the ACK, and BYE follows (RFC 3261 13.2.2.4)") {
    test::replay([](script& s) {
        auto const id = s.invite("");
        s.reply(s.expect("INVITE"), 200, {.body = "their offer"});
        s.expect_event<sip::call_answered>();
        s.expect_event<sip::remote_offer>();
        s.refuse_offer(id, 488, {}, 0, "no stream");
        CHECK(body_of(s.expect("ACK")) == "no stream");
        CHECK(header(s.expect("BYE"), "Reason").find("488") != std::string::npos);
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::local_hang_up);
    });
}

TEST_CASE("A BYE while our answer to the offer in the 2xx is owed is preceded by the ACK") {
    script s;
    s.invite("");
    auto const invite = s.expect("INVITE");
    s.reply(invite, 200, {.body = "their offer"});
    s.enter_dialog(invite);
    s.inject(s.request("BYE", 1));
    s.expect("200 BYE");
    s.expect("ACK");
}

TEST_CASE("A response without To tag makes no dialog, but progress (RFC 2543 peers)") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 180, {.to_tag = ""});
    CHECK(s.expect_event<sip::call_progress>().fork == 0);
    CHECK(s.core.live().dialogs == 0);
    s.reply(invite, 200, {.body = "answer", .to_tag = ""});
    s.expect_event<sip::call_answered>();
    CHECK(header(s.expect("ACK"), "To") == "<sip:bob@10.0.0.2:5060>");
}

TEST_CASE("A 2xx without Contact is acknowledged to the Request-URI") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 200, {.headers = "Contact: <sip:>\n", .body = "answer"});
    CHECK(s.expect("ACK").starts_with("ACK sip:bob@10.0.0.2:5060 "));
}

TEST_CASE("Forks and routes beyond the limits are not followed") {
    test::script_options options;
    options.config.limits.forks = 3;
    options.config.limits.route_set = 2;
    script s(options);
    s.invite();
    auto const invite = s.expect("INVITE");
    for (int i = 0; i < 10; ++i)
        s.reply(invite, 180, {.to_tag = "fork" + std::to_string(i)});
    CHECK(s.core.live().dialogs == 3);
    s.reply(
        invite, 200,
        {.headers = "Record-Route: <sip:10.0.0.4;lr>, <sip:10.0.0.5;lr>, <sip:10.0.0.6;lr>\n", .body = "answer"}
    );
    s.expect_nothing();
    for (int i = 0; i < 3; ++i)
        s.expect_event<sip::call_progress>();
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::protocol_error);
}

TEST_CASE("What the user asks for wrongly is refused, and nothing is sent (RFC 3261 19.1.5)") {
    script s;
    sip::outbox out;
    auto const now = s.clock.now();
    using sip::errc;
    CHECK(s.core.invite(now, {}, sip::invite_options("sip:a@b"), out).error() == errc::no_such_account);
    CHECK(s.core.invite(now, s.account, sip::invite_options("mailto:a@b"), out).error() == errc::invalid_argument);
    CHECK(s.core.invite(now, s.account, sip::invite_options("sip:a@b c"), out).error() == errc::invalid_argument);
    sip::invite_options smuggling("sip:a@b");
    smuggling.with_header("Subject", "x\r\nRoute: <sip:evil;lr>");
    CHECK(s.core.invite(now, s.account, smuggling, out).error() == errc::invalid_argument);
    sip::invite_options own("sip:a@b");
    own.with_header("Call-ID", "mine");
    CHECK(s.core.invite(now, s.account, own, out).error() == errc::invalid_argument);
    // 19.1.5: the user takes such a URI apart and looks at what it asks for.
    for (std::string const whole : {"sip:a@b?Subject=x", "sip:a@b;method=BYE"})
        CHECK(s.core.invite(now, s.account, sip::invite_options(whole), out).error() == errc::invalid_argument);
    CHECK(s.core.hang_up(now, {5, 5}, {}, out) == errc::no_such_session);
    CHECK(out.actions.empty());
    s.expect_idle();
}

TEST_CASE("A telephone number is asked of the account's own domain (RFC 3261 19.1.6)") {
    test::script_options options;
    options.account.address_of_record = "sip:1001@10.0.0.2";
    script s(options);
    s.invite("offer", "tel:+49301234");
    CHECK(s.expect("INVITE").starts_with("INVITE sip:+49301234@10.0.0.2;user=phone SIP/2.0"));
    s.invite("offer", "tel:*21#;phone-context=example.com");
    CHECK(s.expect("INVITE").starts_with("INVITE sip:*21%23@10.0.0.2;user=phone SIP/2.0"));
}

TEST_CASE("A session limit holds for outgoing calls") {
    test::script_options options;
    options.config.limits.sessions = 1;
    script s(options);
    s.invite();
    sip::outbox out;
    CHECK(
        s.core.invite(s.clock.now(), s.account, sip::invite_options("sip:a@10.0.0.2"), out).error() ==
        sip::errc::limit_reached
    );
}
