// Covers: responses whose connection is gone before they are sent, of INVITE and of other requests; the Contact in
// them; a re-INVITE that comes again over another connection. Not here: requests whose connection is gone
// (sending.cpp), a 2xx that was sent and may be lost (call_ack.cpp).
#include <doctest/doctest.h>

#include "calls.hpp"
#include "support/script.hpp"

using namespace std::chrono_literals;
using test::extras;
using test::header;
using test::script;

namespace {

test::script_options over_tcp() {
    test::script_options options;
    options.transport = sip::transport_kind::tcp;
    options.config.methods = {sip::method::message};
    return options;
}

/// The one connection that was asked for: to the sent-by of the peer's Via.
sip::flow_id the_way_back(script& s) {
    auto const opened = s.opened();
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].to == test::at("10.0.0.2:5060", sip::transport_kind::tcp));
    return opened[0].flow;
}

}  // namespace

TEST_CASE(
    "A call that is answered after its connection is gone: the 200 takes another one and names our address "
    "(RFC 3261 18.2.2, 12.1.1)"
) {
    script s(over_tcp());
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.close_flow();
    s.answer(id);
    auto const way = the_way_back(s);
    auto const answer = s.expect("200 INVITE");
    CHECK(header(answer, "Contact") == "<sip:1001@10.0.0.1:5060;transport=tcp>");
    s.flow_up(way, "10.0.0.1:40001");
    s.inject(s.request("ACK", 1));
    s.expect_event<sip::call_confirmed>();
    s.advance(40s);
    s.expect_nothing();
}

TEST_CASE("A call that is refused after its connection is gone: the refusal takes another one (RFC 3261 18.2.2)") {
    script s(over_tcp());
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.close_flow();
    s.reject(id, 486);
    (void)the_way_back(s);
    s.expect("486 INVITE");
}

TEST_CASE(
    "The response to a request outside of calls takes another connection where its own is gone (RFC 3261 18.2.2, "
    "RFC 3263 5)"
) {
    script s(over_tcp());
    s.inject(s.request("MESSAGE", 1, {.body = "hello", .content_type = "text/plain"}));
    auto const id = s.expect_event<sip::incoming_request>().id;
    s.close_flow();
    s.command({}, [&](auto now, auto& out) { return s.core.respond(now, id, 200, {}, {}, {}, out); });
    (void)the_way_back(s);
    s.expect("200 MESSAGE");
    s.expect_nothing();
}

TEST_CASE("The answer to an UPDATE takes another connection where its own is gone (RFC 3261 18.2.2, RFC 3311 5.2)") {
    script s(over_tcp());
    auto const id = test::called(s);
    s.inject(s.request("UPDATE", 2, {.body = "new offer"}));
    s.expect_event<sip::remote_offer>();
    s.close_flow();
    s.answer_offer(id);
    (void)the_way_back(s);
    auto const answer = s.expect("200 UPDATE");
    CHECK(header(answer, "Contact") == "<sip:1001@10.0.0.1:5060;transport=tcp>");
    s.expect_nothing();
}

TEST_CASE("A connection that the peer has opened meanwhile serves as well, and none is opened (RFC 3261 18.2.2)") {
    script s(over_tcp());
    s.inject(s.request("MESSAGE", 1, {.body = "hello", .content_type = "text/plain"}));
    auto const id = s.expect_event<sip::incoming_request>().id;
    s.close_flow();
    s.peer_connects();
    s.command({}, [&](auto now, auto& out) { return s.core.respond(now, id, 200, {}, {}, {}, out); });
    CHECK(s.opened().empty());
    s.expect("200 MESSAGE");
}

// ---- the same re-INVITE again (RFC 3263 4.3: after a failure a request goes out anew, with the same CSeq)

TEST_CASE("A re-INVITE that comes again over a new connection before its answer is one question (RFC 3261 12.2.2)") {
    script s(over_tcp());
    auto const id = test::called(s);
    s.inject(s.request("INVITE", 2, {.body = "new offer"}));
    s.expect_event<sip::remote_offer>();
    s.close_flow();
    s.peer_connects();
    s.inject(s.request("INVITE", 2, {.body = "new offer", .branch = "z9hG4bKagain"}));
    s.expect_no_event();
    s.expect_nothing();
    s.answer_offer(id);
    auto const answer = s.expect("200 INVITE");
    CHECK(header(answer, "Via").find("z9hG4bKagain") != std::string::npos);
    s.inject(s.request("ACK", 2));
    s.advance(40s);
    s.expect_nothing();
    CHECK(s.opened().empty());
}

TEST_CASE("A re-INVITE that comes again after its 200 was lost gets the same 200 again (RFC 3261 12.2.2, 13.3.1.4)") {
    script s(over_tcp());
    auto const id = test::called(s);
    s.inject(s.request("INVITE", 2, {.body = "new offer"}));
    s.expect_event<sip::remote_offer>();
    s.answer_offer(id, "new answer");
    s.expect("200 INVITE");
    s.close_flow();
    s.peer_connects();
    s.inject(s.request("INVITE", 2, {.body = "new offer", .branch = "z9hG4bKagain"}));
    auto const again = s.expect("200 INVITE");
    CHECK(header(again, "Via").find("z9hG4bKagain") != std::string::npos);
    CHECK(test::body_of(again) == "new answer");
    s.expect_no_event();
    // It is repeated in the old one's place, and its ACK ends that.
    s.advance(1s);
    s.expect("200 INVITE");
    s.inject(s.request("ACK", 2));
    s.advance(40s);
    s.expect_nothing();
    s.expect_no_event();
}

TEST_CASE(
    "A re-INVITE that comes again after it was refused, or with another body, is told when to come anew "
    "(RFC 3261 14.2)"
) {
    for (bool const is_refused : {true, false}) {
        CAPTURE(is_refused);
        script s(over_tcp());
        auto const id = test::called(s);
        s.inject(s.request("INVITE", 2, {.body = "new offer"}));
        s.expect_event<sip::remote_offer>();
        if (is_refused) {
            s.refuse_offer(id, 488);
            s.expect("488 INVITE");
            s.inject(s.request("ACK", 2));
            s.expect_event<sip::offer_withdrawn>();
        }
        s.close_flow();
        s.peer_connects();
        s.inject(s.request("INVITE", 2, {.body = is_refused ? "new offer" : "other", .branch = "z9hG4bKagain"}));
        auto const refusal = s.expect("500 INVITE");
        CHECK(!header(refusal, "Retry-After").empty());
        s.expect_no_event();
    }
}

TEST_CASE("However the network fails, a call over a connection that breaks comes to rest (RFC 3261 18.2.2)") {
    test::replay(
        [](script& s) {
            s.inject(s.request("INVITE", 1, {.body = "offer"}));
            auto const id = s.expect_event<sip::incoming_call>().id;
            s.ring(id);
            s.expect("180 INVITE");
            s.close_flow();
            s.answer(id);
            s.expect("200 INVITE");
            s.peer_connects();
            s.inject(s.request("ACK", 1));
            s.expect_event<sip::call_confirmed>();
            s.inject(s.request("BYE", 2));
            s.expect("200 BYE");
        },
        over_tcp()
    );
}

TEST_CASE("Via names the port that takes connections, and a response over a new one to it counts (RFC 3261 18.1.1)") {
    test::script_options options;
    options.transport = sip::transport_kind::tcp;
    script s(options);
    s.invite();
    CHECK(header(s.expect("INVITE"), "Via").starts_with("SIP/2.0/TCP 10.0.0.1:5060;"));  // nobody takes any
    s.core.add_listener(test::at("10.0.0.1:5061", sip::transport_kind::tls));
    s.core.add_listener(test::at("10.0.0.7:5062", sip::transport_kind::tcp));
    s.core.add_listener(test::at("0.0.0.0:5063", sip::transport_kind::tcp));
    s.invite();
    auto const invite = s.expect("INVITE");
    CHECK(header(invite, "Via").starts_with("SIP/2.0/TCP 10.0.0.1:5063;"));
    s.peer_connects();
    s.reply(invite, 200, {.body = "answer"});
    CHECK(s.expect_event<sip::call_answered>().has_description);
    CHECK(s.expect("ACK").starts_with("ACK "));
}
