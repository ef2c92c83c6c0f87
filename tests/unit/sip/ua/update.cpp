// Covers: UPDATE (RFC 3311) as sender and as receiver, in early and in confirmed dialogs: when it may carry an offer,
// who is busy (491, 500 with Retry-After), refusals, silence, target refresh, forks, copies over a new connection, and
// what happens when the call ends meanwhile.
#include <functional>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using test::body_of;
using test::header;
using test::script;

namespace {

sip::offer_options const by_update{sip::offer_method::update};

/// Our call, answered by a peer that takes UPDATE.
sip::session_id calling_updatable(script& s) {
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 200, {.headers = "Allow: INVITE, ACK, BYE, UPDATE\n", .body = "answer"});
    s.expect("ACK");
    s.expect_event<sip::call_answered>();
    s.enter_dialog(invite);
    return id;
}

/// Our call, in an early dialog whose first exchange is through.
struct early {
    sip::session_id id;
    std::string invite;
};
early calling_early(script& s) {
    auto const id = s.invite();
    auto invite = s.expect("INVITE");
    s.reply(invite, 183, {.headers = "Require: 100rel\nRSeq: 1\nAllow: INVITE, UPDATE, PRACK\n", .body = "answer"});
    s.expect_event<sip::call_progress>();
    s.reply(s.expect("PRACK"), 200);
    s.enter_dialog(invite);
    return {id, std::move(invite)};
}

/// The peer's call, ringing, with its first exchange through.
sip::session_id called_early(script& s) {
    s.inject(s.request("INVITE", 1, {.headers = "Supported: 100rel\nAllow: INVITE, UPDATE, PRACK\n", .body = "offer"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.ring(id, "answer", {}, 183);
    auto const progress = s.expect("183 INVITE");
    s.inject(s.request("PRACK", 2, {.headers = "RAck: " + header(progress, "RSeq") + " 1 INVITE\n"}));
    s.expect("200 PRACK");
    return id;
}

}  // namespace

// ---- ours

TEST_CASE(
    "An UPDATE offers a new session in a confirmed dialog where it is asked for; a re-INVITE is the rule (RFC 3311 "
    "5.1, RFC 6141 4.7, RFC 6337 3.3)"
) {
    test::replay([](script& s) {
        auto const id = calling_updatable(s);
        s.reoffer(id, "hold", {}, by_update);
        auto const update = s.expect("UPDATE");
        CHECK(body_of(update) == "hold");
        CHECK(header(update, "CSeq") == "2 UPDATE");
        CHECK(header(update, "Contact") == "<sip:1001@10.0.0.1:5060>");
        CHECK(header(update, "Allow").find("UPDATE") != std::string::npos);
        s.reoffer(id, "again", sip::errc::wrong_state);
        s.reply(update, 200, {.headers = "Contact: <sip:bob@10.0.0.2:5090>\n", .body = "held"});
        CHECK(s.expect_event<sip::remote_answer>().carrier.view().body() == "held");
        s.reoffer(id, "resume");
        CHECK(s.expect("INVITE").starts_with("INVITE sip:bob@10.0.0.2:5090 "));  // target refresh
    });
}

TEST_CASE("No UPDATE goes to a peer whose Allow does not list it (RFC 3311 4)") {
    script s;
    auto const id = test::calling(s);
    s.reoffer(id, "hold", sip::errc::unsupported_by_peer, by_update);
    s.expect_nothing();
}

TEST_CASE(
    "Before the answer a caller offers by UPDATE once the first exchange is acknowledged (RFC 3311 5.1, RFC 6337 3.2)"
) {
    test::replay([](script& s) {
        auto const id = s.invite();
        auto const invite = s.expect("INVITE");
        s.reoffer(id, "too early", sip::errc::wrong_state);
        s.reply(invite, 180);
        s.expect_event<sip::call_progress>();
        s.reoffer(id, "too early", sip::errc::wrong_state);
        s.reply(invite, 183, {.headers = "Require: 100rel\nRSeq: 1\nAllow: UPDATE\n", .body = "answer"});
        s.expect_event<sip::call_progress>();
        auto const prack = s.expect("PRACK");
        s.reoffer(id, "too early", sip::errc::wrong_state);  // RFC 6337 3.2.1: its PRACK is not through
        s.reply(prack, 200);
        s.reoffer(id, "new");
        auto const update = s.expect("UPDATE");
        CHECK(header(update, "CSeq") == "3 UPDATE");
        s.reply(update, 200, {.body = "new answer"});
        CHECK(s.expect_event<sip::remote_answer>().carrier.view().body() == "new answer");
        s.reply(invite, 200);
        s.expect("ACK");
        CHECK(!s.expect_event<sip::call_answered>().has_description);
    });
}

TEST_CASE("Before the answer a callee offers by UPDATE once its PRACK has come (RFC 3311 5.1, RFC 6337 3.2)") {
    test::replay([](script& s) {
        auto const id = called_early(s);
        s.reoffer(id, "new");
        auto const update = s.expect("UPDATE");
        CHECK(body_of(update) == "new");
        s.reply(update, 200, {.body = "new answer"});
        s.expect_event<sip::remote_answer>();
        s.answer(id, {});
        CHECK(header(s.expect("200 INVITE"), "Contact") == header(update, "Contact"));
    });
}

TEST_CASE("An UPDATE that is out when the call is answered is part of the call that is up") {
    test::replay([](script& s) {
        auto const [id, invite] = calling_early(s);
        s.reoffer(id, "new");
        auto const update = s.expect("UPDATE");
        s.reply(invite, 200);
        s.expect("ACK");
        s.expect_event<sip::call_answered>();
        s.reply(update, 200, {.body = "new answer"});
        CHECK(s.expect_event<sip::remote_answer>().fork == 0);
        s.reoffer(id);
        s.expect("INVITE");
    });
}

TEST_CASE("491 to an UPDATE is retried within the windows of both roles (RFC 3311 5.3, RFC 3261 14.1)") {
    for (bool const is_caller : {true, false}) {
        CAPTURE(is_caller);
        script s;
        auto const id = is_caller ? calling_early(s).id : called_early(s);
        s.reoffer(id, "new");
        s.reply(s.expect("UPDATE"), 491);
        CHECK(s.expect_event<sip::offer_failed>().will_retry);
        auto const before = s.clock.elapsed();
        s.advance(4001ms);
        CHECK(body_of(s.expect("UPDATE")) == "new");
        auto const waited = s.times_of("UPDATE").at(1) - before;
        CHECK(waited >= (is_caller ? 2100ms : 0ms));
        CHECK(waited <= (is_caller ? 4000ms : 2000ms));
    }
}

TEST_CASE("500 with Retry-After is retried when the peer says, for offers of both kinds (RFC 3261 14.2, RFC 3311 5.2)"
) {
    for (bool const update : {true, false}) {
        script s;
        auto const id = calling_updatable(s);
        s.reoffer(id, "new", {}, update ? by_update : sip::offer_options());
        std::string const name = update ? "UPDATE" : "INVITE";
        s.reply(s.expect(name), 500, {.headers = "Retry-After: 3\n"});
        if (!update) s.expect("ACK");
        CHECK(s.expect_event<sip::offer_failed>().will_retry);
        s.advance(2999ms);
        s.expect_nothing();
        s.advance(1ms);
        auto const again = s.expect(name);
        s.reply(again, 500, {.headers = "Retry-After: 3600\n"});
        CHECK(!s.expect_event<sip::offer_failed>().will_retry);
    }
}

TEST_CASE("A refused UPDATE leaves the session as it was (RFC 3311 5.3)") {
    for (unsigned const status : {488U, 504U, 500U, 603U}) {
        CAPTURE(status);
        script s;
        auto const id = calling_updatable(s);
        s.reoffer(id, "new", {}, by_update);
        s.reply(s.expect("UPDATE"), status);
        auto const failed = s.expect_event<sip::offer_failed>();
        CHECK(failed.status == status);
        CHECK(!failed.will_retry);
        s.expect_no_event();
        s.reoffer(id);
        s.expect("INVITE");
    }
}

TEST_CASE("481, 408 and silence to an UPDATE end a confirmed call (RFC 5057 5.1, RFC 3261 12.2.1.2)") {
    for (unsigned const status : {481U, 408U, 0U}) {
        CAPTURE(status);
        script s;
        auto const id = calling_updatable(s);
        s.reoffer(id, "new", {}, by_update);
        auto const update = s.expect("UPDATE");
        if (status != 0)
            s.reply(update, status);
        else
            s.advance(32s);
        CHECK(s.times_of("BYE").size() == 1);
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::dialog_lost);
    }
}

TEST_CASE("481 to an UPDATE in an early dialog ends that fork, and the call with the last one (RFC 5057 5.1)") {
    script s;
    auto const [id, invite] = calling_early(s);
    s.reply(invite, 180, {.to_tag = "carol"});
    CHECK(s.expect_event<sip::call_progress>().fork == 1);
    s.reoffer(id, "new");
    s.reply(s.expect("UPDATE"), 481);
    s.expect_nothing();
    s.expect_no_event();  // Carol still rings
    s.reply(invite, 200, {.body = "answer", .to_tag = "carol"});
    s.expect("ACK");
    CHECK(s.expect_event<sip::call_answered>().fork == 1);

    script alone;
    auto const early = calling_early(alone);
    alone.reoffer(early.id, "new");
    alone.reply(alone.expect("UPDATE"), 481);
    alone.expect("CANCEL");
    CHECK(alone.expect_event<sip::call_ended>().why == sip::end_reason::dialog_lost);
}

TEST_CASE("A callee whose early UPDATE finds no dialog refuses the INVITE") {
    script s;
    auto const id = called_early(s);
    s.reoffer(id, "new");
    s.reply(s.expect("UPDATE"), 481);
    s.expect("500 INVITE");
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::dialog_lost);
}

TEST_CASE("Hanging up with an UPDATE out ends the call at once, and its answer is nobody's") {
    test::replay([](script& s) {
        auto const id = calling_updatable(s);
        s.reoffer(id, "new", {}, by_update);
        auto const update = s.expect("UPDATE");
        s.hang_up(id);
        auto const bye = s.expect("BYE");
        s.expect_event<sip::call_ended>();
        s.reply(update, 200, {.body = "late"});
        s.reply(bye, 200);
        s.expect_no_event();
    });
}

// ---- the peer's

TEST_CASE("An UPDATE with an offer is the user's to answer, in early and confirmed dialogs, both roles (RFC 3311 5.2)"
) {
    for (int const where : {0, 1, 2, 3}) {
        CAPTURE(where);
        test::replay([where](script& s) {
            auto const id = where == 0   ? calling_early(s).id
                            : where == 1 ? called_early(s)
                            : where == 2 ? calling_updatable(s)
                                         : test::called(s);
            s.inject(s.request("UPDATE", 10, {.headers = "Contact: <sip:bob@10.0.0.2:5099>\n", .body = "new"}));
            auto const offer = s.expect_event<sip::remote_offer>();
            CHECK(offer.carrier.view().body() == "new");
            CHECK(!offer.wanted_from_us);
            s.answer_offer(id, "taken");
            auto const ok = s.expect("200 UPDATE");
            CHECK(body_of(ok) == "taken");
            CHECK(!header(ok, "Contact").empty());
            s.expect_no_event();
        });
    }
}

TEST_CASE("An UPDATE without an offer is answered at once and refreshes the target (RFC 3311 5.2, RFC 3311 7)") {
    test::replay([](script& s) {
        auto const id = test::called(s);
        s.inject(s.request("UPDATE", 2, {.headers = "Contact: <sip:bob@10.0.0.2:5099>\n"}));
        CHECK(!header(s.expect("200 UPDATE"), "Contact").empty());
        s.expect_no_event();
        s.reoffer(id);
        CHECK(s.expect("INVITE").starts_with("INVITE sip:bob@10.0.0.2:5099 "));
    });
}

TEST_CASE("A refused UPDATE does not move the remote target (RFC 3311 5.2, RFC 6141 4.3, 4.6)") {
    script s;
    auto const id = test::called(s);
    s.inject(s.request("UPDATE", 2, {.headers = "Contact: <sip:bob@10.0.0.2:5099>\n", .body = "strange"}));
    s.expect_event<sip::remote_offer>();
    s.refuse_offer(id, 488);
    s.expect("488 UPDATE");
    s.expect_event<sip::offer_withdrawn>();
    s.reoffer(id);
    CHECK(s.expect("INVITE").starts_with("INVITE sip:bob@10.0.0.2:5060 "));
}

TEST_CASE(
    "UPDATE or re-INVITE arriving while an offer is pending gets 491, never an assertion (reSIProcate #140, RFC 6141 "
    "3.5, RFC 6337 4.1, 4.2, 4.3)"
) {
    for (std::string const theirs : {"UPDATE", "INVITE"}) {
        for (bool const ours_by_update : {true, false}) {
            CAPTURE(theirs);
            CAPTURE(ours_by_update);
            test::replay([&](script& s) {
                auto const id = calling_updatable(s);
                s.reoffer(id, "ours", {}, ours_by_update ? by_update : sip::offer_options());
                s.expect(ours_by_update ? "UPDATE" : "INVITE");
                s.inject(s.request(theirs, 2, {.body = "theirs"}));
                s.expect("491 " + theirs);
                s.expect_no_event();
            });
        }
    }
    // Our offer in a 2xx, a reliable response: its answer is still to come.
    script s;
    s.inject(s.request("INVITE", 1, {.headers = "Supported: 100rel\nAllow: UPDATE\n"}));
    s.ring(s.expect_event<sip::incoming_call>().id, "our offer", {}, 183);
    s.expect("183 INVITE");
    s.inject(s.request("UPDATE", 2, {.body = "theirs"}));
    s.expect("491 UPDATE");
}

TEST_CASE(
    "An UPDATE is told to wait with 500 while an earlier offer or UPDATE is not answered (RFC 3311 5.2, RFC 6337 4.3)"
) {
    script s;
    test::called(s);
    s.inject(s.request("UPDATE", 2, {.body = "one"}));
    s.expect_event<sip::remote_offer>();
    s.inject(s.request("UPDATE", 3, {.body = "two"}));
    CHECK(std::stoi(header(s.expect("500 UPDATE"), "Retry-After")) <= 10);
    s.inject(s.request("UPDATE", 4));  // without an offer, but behind an UPDATE that is open
    CHECK(std::stoi(header(s.expect("500 UPDATE"), "Retry-After")) <= 10);
    s.inject(s.request("INVITE", 5, {.body = "three"}));
    CHECK(std::stoi(header(s.expect("500 INVITE"), "Retry-After")) <= 10);

    script invited;  // the INVITE's own offer is not answered yet
    invited.inject(invited.request("INVITE", 1, {.body = "offer"}));
    invited.ring(invited.expect_event<sip::incoming_call>().id);
    invited.expect("180 INVITE");
    invited.inject(invited.request("UPDATE", 2, {.body = "other"}));
    CHECK(std::stoi(header(invited.expect("500 UPDATE"), "Retry-After")) <= 10);
    invited.inject(invited.request("UPDATE", 3));
    invited.expect("200 UPDATE");
    invited.expect_no_event();

    script reinvited;  // a re-INVITE waits for its user
    test::called(reinvited);
    reinvited.inject(reinvited.request("INVITE", 2, {.body = "offer"}));
    reinvited.expect_event<sip::remote_offer>();
    reinvited.inject(reinvited.request("UPDATE", 3, {.body = "other"}));
    reinvited.expect("500 UPDATE");
}

namespace {

/// The peer's call over a connection, up, with an UPDATE that waits for the user; then the connection breaks.
sip::session_id cut_off_with_offer(script& s, std::function<void(sip::session_id)> const& before_the_break = {}) {
    auto const id = test::called(s);
    s.inject(s.request("UPDATE", 2, {.body = "new"}));
    s.expect_event<sip::remote_offer>();
    if (before_the_break) before_the_break(id);
    s.close_flow();
    s.peer_connects();
    return id;
}

test::script_options over_tcp() {
    test::script_options made;
    made.transport = sip::transport_kind::tcp;
    return made;
}

}  // namespace

TEST_CASE(
    "An UPDATE that comes again over a new connection is the same offer, and its answer goes there (RFC 3261 12.2.2)"
) {
    script s(over_tcp());
    auto const id = cut_off_with_offer(s);
    auto const copy = s.request("UPDATE", 2, {.headers = "Contact: <sip:bob@10.0.0.2:5099>\n", .body = "new"});
    s.inject(copy);
    s.expect_nothing();  // not even 500: it is not behind another UPDATE
    s.expect_no_event();
    s.answer_offer(id, "taken");
    auto const ok = s.expect("200 UPDATE");
    CHECK(body_of(ok) == "taken");
    CHECK(header(ok, "Via") == header(copy, "Via"));
    s.inject(s.request("UPDATE", 3, {.body = "another"}));  // the next one is new
    s.expect_event<sip::remote_offer>();
}

TEST_CASE("Where both ways of a doubled UPDATE still work, the older one ends with 482 (RFC 3261 8.2.2.2)") {
    script s;
    auto const id = test::called(s);
    auto const first = s.request("UPDATE", 2, {.body = "new"});
    s.inject(first);
    s.expect_event<sip::remote_offer>();
    s.inject(s.request("UPDATE", 2, {.body = "new"}));
    CHECK(header(s.expect("482 UPDATE"), "Via") == header(first, "Via"));
    s.answer_offer(id, "taken");
    s.expect("200 UPDATE");
    s.expect_no_event();
}

TEST_CASE("An answer that was lost with its connection is given again, and the user is not asked twice (RFC 3311 5.2)"
) {
    script s(over_tcp());
    cut_off_with_offer(s, [&](sip::session_id id) {
        s.answer_offer(id, "taken");
        s.expect("200 UPDATE");
    });
    s.inject(s.request("UPDATE", 2, {.body = "new"}));
    CHECK(body_of(s.expect("200 UPDATE")) == "taken");
    s.expect_no_event();

    script refused(over_tcp());
    cut_off_with_offer(refused, [&](sip::session_id id) {
        refused.refuse_offer(id, 488);
        refused.expect("488 UPDATE");
        refused.expect_event<sip::offer_withdrawn>();
    });
    refused.inject(refused.request("UPDATE", 2, {.body = "new"}));
    refused.expect("488 UPDATE");
    refused.expect_no_event();
}

TEST_CASE("An answer given while its connection is down goes to the copy that comes later (RFC 3311 5.2)") {
    script s(over_tcp());
    auto const id = cut_off_with_offer(s);
    s.answer_offer(id, "taken");
    CHECK(body_of(s.expect("200 UPDATE")) == "taken");  // to where Via points, and perhaps in vain (RFC 3261 18.2.2)
    s.inject(s.request("UPDATE", 2, {.body = "new"}));
    CHECK(body_of(s.expect("200 UPDATE")) == "taken");
    s.expect_no_event();
}

TEST_CASE("An UPDATE that the user does not answer in half of its life gets 504 (RFC 3311 5.2)") {
    script s;
    auto const id = test::called(s);
    s.inject(s.request("UPDATE", 2, {.body = "ask somebody"}));
    s.expect_event<sip::remote_offer>();
    s.advance(15999ms);
    s.expect("100 UPDATE");  // RFC 4320 4.1
    s.expect_nothing();
    s.advance(1ms);
    s.expect("504 UPDATE");
    s.expect_event<sip::offer_withdrawn>();
    s.answer_offer(id, "late", sip::errc::wrong_state);
}

TEST_CASE(
    "An UPDATE outside a dialog gets 481, with a strange body 415, out of order 500 (RFC 3311 5.2, RFC 3261 12.2.2)"
) {
    script s;
    s.inject(s.request("UPDATE", 1));
    s.expect("481 UPDATE");
    s.inject(s.request("UPDATE", 1, {.to = "<sip:1001@10.0.0.1>;tag=nobody"}));
    s.expect("481 UPDATE");
    script t;
    test::called(t);
    t.inject(t.request("UPDATE", 5, {.body = "x", .content_type = "text/plain"}));
    t.expect("415 UPDATE");
    t.inject(t.request("UPDATE", 4));
    t.expect("500 UPDATE");
}

TEST_CASE("What is open when the call ends is answered with 487 (RFC 3261 15.1.2)") {
    test::replay([](script& s) {
        auto const id = test::called(s);
        s.inject(s.request("UPDATE", 2, {.body = "new"}));
        s.expect_event<sip::remote_offer>();
        s.hang_up(id);
        s.expect("BYE");
        s.expect("487 UPDATE");
    });
    script s;
    auto const id = test::called(s);
    s.inject(s.request("UPDATE", 2, {.body = "new"}));
    s.expect_event<sip::remote_offer>();
    s.inject(s.request("BYE", 3));
    s.expect("200 BYE");
    s.expect("487 UPDATE");
    s.answer_offer(id, "late", sip::errc::no_such_session);
}

TEST_CASE("Each fork has its own UPDATEs, and those of a fork that loses end with it (RFC 6337 4)") {
    test::replay([](script& s) {
        auto const [id, invite] = calling_early(s);
        s.reply(
            invite, 183, {.headers = "Require: 100rel\nRSeq: 50\nAllow: UPDATE\n", .body = "answer", .to_tag = "carol"}
        );
        s.expect_event<sip::call_progress>();
        s.reply(s.expect("PRACK"), 200);
        s.inject(s.request("UPDATE", 1, {.body = "from bob"}));
        s.enter_dialog(invite, "carol");
        s.inject(s.request("UPDATE", 1, {.body = "from carol"}));
        CHECK(s.expect_event<sip::remote_offer>().fork == 0);
        CHECK(s.expect_event<sip::remote_offer>().fork == 1);
        s.answer_offer(id, "for carol", {}, 1);
        CHECK(body_of(s.expect("200 UPDATE")) == "for carol");
        s.reply(invite, 200, {.to_tag = "carol"});
        s.expect("487 UPDATE");  // Bob's
        s.expect("ACK");
        CHECK(s.expect_event<sip::call_answered>().fork == 1);
        s.answer_offer(id, "for nobody", sip::errc::wrong_state);
    });
}

TEST_CASE("Two user agents that UPDATE at the same moment both get through in the end (RFC 3311 5.3)") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        test::ua_pair pair(seed);
        auto const ids = pair.establish();
        auto const behave = [](test::phone& phone, sip::session_id id) {
            phone.on_event = [&phone, id](sip::event const& e) {
                if (std::holds_alternative<sip::remote_offer>(e)) (void)phone.answer_offer(id);
            };
        };
        behave(pair.alice, ids.first);
        behave(pair.bob, ids.second);
        CHECK(!pair.alice.reoffer(ids.first, "from alice", by_update));
        CHECK(!pair.bob.reoffer(ids.second, "from bob", by_update));
        pair.net.run_for(10s);
        CHECK(pair.bob.count<sip::remote_answer>() == 1);  // he waits less, and overtakes Alice
        CHECK(!pair.alice.last<sip::offer_failed>().will_retry);
        CHECK(!pair.alice.reoffer(ids.first, "from alice, anew", by_update));
        pair.net.run_for(10s);
        CHECK(pair.alice.count<sip::remote_answer>() == 1);
        CHECK(pair.alice.count<sip::call_ended>() + pair.bob.count<sip::call_ended>() == 0);
    }
}

TEST_CASE("An UPDATE moves the target of an early dialog, an unreliable response does not (RFC 6141 4.9)") {
    script s;
    auto const [id, invite] = calling_early(s);
    s.reply(invite, 180, {.headers = "Contact: <sip:bob@10.0.0.2:5091>\n"});
    s.expect_event<sip::call_progress>();
    s.inject(s.request("UPDATE", 1, {.headers = "Contact: <sip:bob@10.0.0.2:5092>\n"}));
    s.expect("200 UPDATE");
    s.reoffer(id, "new");
    CHECK(s.expect("UPDATE").starts_with("UPDATE sip:bob@10.0.0.2:5092 "));
}
