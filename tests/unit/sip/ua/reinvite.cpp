// Covers: new offers inside a call in both directions, with and without offer in the re-INVITE; refusal, cancellation,
// glare with both windows, failures that end the call, target refresh.
#include <doctest/doctest.h>

#include "calls.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using test::body_of;
using test::called;
using test::calling;
using test::header;
using test::script;
using test::tag_of;

// ---- ours

TEST_CASE("A re-INVITE carries the new offer inside the dialog, and its 2xx the answer") {
    test::replay([](script& s) {
        auto const id = calling(s);
        s.reoffer(id, "hold");
        auto const invite = s.expect("INVITE");
        CHECK(body_of(invite) == "hold");
        CHECK(header(invite, "CSeq") == "2 INVITE");
        CHECK(tag_of(header(invite, "To")) == "bob");
        CHECK(header(invite, "Contact") == "<sip:1001@10.0.0.1:5060>");
        s.reoffer(id, "again", sip::errc::wrong_state);
        s.reply(invite, 200, {.headers = "Contact: <sip:bob@10.0.0.2:5090>\n", .body = "held"});
        CHECK(s.expect("ACK").starts_with("ACK sip:bob@10.0.0.2:5090 "));  // target refresh (12.2.1.2)
        CHECK(s.expect_event<sip::remote_answer>().carrier.view().body() == "held");
        s.reoffer(id, "resume");
        CHECK(s.expect("INVITE").starts_with("INVITE sip:bob@10.0.0.2:5090 "));
    });
}

TEST_CASE("A refused re-INVITE leaves the call as it was (RFC 3261 14.1, RFC 6337 3.4)") {
    test::replay([](script& s) {
        auto const id = calling(s);
        s.reoffer(id);
        s.reply(s.expect("INVITE"), 488);
        s.expect("ACK");
        auto const failed = s.expect_event<sip::offer_failed>();
        CHECK(failed.status == 488);
        CHECK(!failed.will_retry);
        s.expect_no_event();
        s.reoffer(id, "something else");
        s.expect("INVITE");
    });
}

TEST_CASE("481, 408 and silence to a re-INVITE end the call with BYE (RFC 3261 12.2.1.2, RFC 5057 5.2)") {
    for (unsigned const status : {481U, 408U, 404U, 502U}) {
        CAPTURE(status);
        test::replay([status](script& s) {
            auto const id = calling(s);
            s.reoffer(id);
            s.reply(s.expect("INVITE"), status);
            s.expect("ACK");
            s.expect("BYE");
            auto const end = s.expect_event<sip::call_ended>();
            CHECK(end.why == sip::end_reason::dialog_lost);
            CHECK(end.status == status);
        });
    }
    script s;
    auto const id = calling(s);
    s.reoffer(id);
    s.advance(33s);
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::dialog_lost);
    CHECK(s.times_of("BYE").at(0) == 32s);
}

TEST_CASE("A 2xx to a re-INVITE without the answer is acknowledged, and the offer has failed") {
    script s;
    auto const id = calling(s);
    s.reoffer(id);
    s.reply(s.expect("INVITE"), 200);
    s.expect("ACK");
    CHECK(s.expect_event<sip::offer_failed>().status == 200);
    (void)id;
}

TEST_CASE("A re-INVITE that is never answered is cancelled at the ring limit, and the call goes on") {
    test::script_options options;
    options.config.ring_limit = 60s;
    test::replay(
        [](script& s) {
            auto const id = calling(s);
            s.reoffer(id);
            auto const invite = s.expect("INVITE");
            s.reply(invite, 100);
            s.advance(60s);
            auto const cancel = s.expect("CANCEL");
            s.reply(cancel, 200);
            s.reply(invite, 487);
            s.expect("ACK");
            CHECK(s.expect_event<sip::offer_failed>().status == 487);
            s.expect_no_event();
        },
        options
    );
}

// ---- the peer's

TEST_CASE("A re-INVITE of the peer is answered by the user, on its own CSeq (TS 102 027 CC_TE_SM_V_001)") {
    test::replay([](script& s) {
        auto const id = called(s);
        s.inject(s.request("INVITE", 7, {.headers = "Contact: <sip:bob@10.0.0.2:5099>\n", .body = "hold"}));
        auto const offer = s.expect_event<sip::remote_offer>();
        CHECK(offer.carrier.view().body() == "hold");
        CHECK(!offer.wanted_from_us);
        s.answer_offer(id, "held");
        auto const ok = s.expect("200 INVITE");
        CHECK(header(ok, "CSeq") == "7 INVITE");
        CHECK(body_of(ok) == "held");
        s.inject(s.request("ACK", 7));
        s.expect_no_event();
    });
}

TEST_CASE("Offerless re-INVITE: our offer rides in the 2xx, the answer in the ACK (TS 102 027 CC_TE_SM_V_002)") {
    test::replay([](script& s) {
        auto const id = called(s);
        s.inject(s.request("INVITE", 2));
        CHECK(s.expect_event<sip::remote_offer>().wanted_from_us);
        s.answer_offer(id, "our offer");
        CHECK(body_of(s.expect("200 INVITE")) == "our offer");
        s.inject(s.request("ACK", 2, {.body = "their answer"}));
        CHECK(s.expect_event<sip::remote_answer>().carrier.view().body() == "their answer");
        s.reoffer(id);
        s.expect("INVITE");
    });
}

TEST_CASE("An established call survives an ACK without the answer it owes") {
    script s;
    auto const id = called(s);
    s.inject(s.request("INVITE", 2));
    s.expect_event<sip::remote_offer>();
    s.answer_offer(id, "our offer");
    s.expect("200 INVITE");
    s.inject(s.request("ACK", 2));
    CHECK(!s.expect_event<sip::offer_failed>().will_retry);
    s.expect_no_event();
}

TEST_CASE("The user may refuse the peer's offer (RFC 6141 3.3)") {
    test::replay([](script& s) {
        auto const id = called(s);
        s.inject(s.request("INVITE", 2, {.body = "strange"}));
        s.expect_event<sip::remote_offer>();
        s.refuse_offer(id, 488);
        s.expect("488 INVITE");
        s.expect_event<sip::offer_withdrawn>();
        s.expect_no_event();
    });
}

TEST_CASE("A cancelled re-INVITE withdraws its offer and leaves the call (RFC 6141 3.8)") {
    test::replay([](script& s) {
        auto const id = called(s);
        s.inject(s.request("INVITE", 2, {.body = "hold", .branch = "z9hG4bKre"}));
        s.expect_event<sip::remote_offer>();
        s.inject(s.request("CANCEL", 2, {.branch = "z9hG4bKre"}));
        s.expect("200 CANCEL");
        s.expect("487 INVITE");
        s.expect_event<sip::offer_withdrawn>();
        s.answer_offer(id, "late", sip::errc::wrong_state);
        s.expect_no_event();
    });
}

TEST_CASE("A second INVITE while the first proceeds is answered 500 with Retry-After (RFC 3261 14.2, CC_TE_SM_I_001)") {
    script s;
    called(s);
    s.inject(s.request("INVITE", 2, {.body = "one"}));
    s.expect_event<sip::remote_offer>();
    s.inject(s.request("INVITE", 3, {.body = "two"}));
    auto const refusal = s.expect("500 INVITE");
    CHECK(std::stoi(header(refusal, "Retry-After")) <= 10);
    s.expect_no_event();
}

TEST_CASE("A second INVITE in a dialog that still rings is answered 500 with Retry-After") {
    script s;
    s.inject(s.request("INVITE", 1, {.body = "one"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.ring(id);
    s.expect("180 INVITE");
    s.inject(s.request("INVITE", 2, {.body = "two"}));
    CHECK(!header(s.expect("500 INVITE"), "Retry-After").empty());
    s.expect_no_event();
}

TEST_CASE("A lower CSeq is out of order: 500; a gap is legal (RFC 3261 12.2.2, RFC 6141 4.8)") {
    script s;
    called(s);
    s.inject(s.request("OPTIONS", 50));
    s.expect("200 OPTIONS");
    s.inject(s.request("INVITE", 49, {.body = "late"}));
    s.expect("500 INVITE");
    s.inject(s.request("BYE", 48));
    s.expect("500 BYE");
    s.expect_no_event();
    s.inject(s.request("INVITE", 50, {.body = "same number"}));
    s.expect("500 INVITE");
}

TEST_CASE("A re-INVITE with a strange body is refused with 415") {
    script s;
    called(s);
    s.inject(s.request("INVITE", 2, {.body = "x", .content_type = "text/plain"}));
    s.expect("415 INVITE");
    s.expect_no_event();
}

// ---- glare

TEST_CASE("A re-INVITE arriving while our offer is pending gets 491, never an assertion (reSIProcate #140)") {
    script s;
    auto const id = called(s);
    s.reoffer(id);
    s.expect("INVITE");
    s.inject(s.request("INVITE", 2, {.body = "theirs"}));
    s.expect("491 INVITE");
    s.expect_no_event();
}

TEST_CASE("A re-INVITE arriving while our offer in a 2xx is unanswered gets 491") {
    script s;
    auto const id = called(s);
    s.inject(s.request("INVITE", 2));
    s.expect_event<sip::remote_offer>();
    s.answer_offer(id, "our offer");
    s.expect("200 INVITE");
    s.inject(s.request("INVITE", 3, {.body = "theirs"}));
    s.expect("491 INVITE");
}

TEST_CASE("491 is retried by both roles within the right window (RFC 3261 14.1, reSIProcate #35)") {
    for (bool const is_caller : {true, false}) {
        CAPTURE(is_caller);
        test::replay([is_caller](script& s) {
            auto const id = is_caller ? calling(s) : called(s);
            s.reoffer(id, "hold");
            s.reply(s.expect("INVITE"), 491);
            s.expect("ACK");
            auto const failed = s.expect_event<sip::offer_failed>();
            CHECK(failed.will_retry);
            CHECK(failed.status == 491);
            s.reoffer(id, "other", sip::errc::wrong_state);
            auto const before = s.clock.elapsed();
            s.advance(4001ms);
            auto const again = s.expect("INVITE");
            CHECK(body_of(again) == "hold");
            auto const waited = s.times_of("INVITE").at(is_caller ? 2 : 1) - before;
            CHECK(waited >= (is_caller ? 2100ms : 0ms));
            CHECK(waited <= (is_caller ? 4000ms : 2000ms));
            CHECK(waited % 10ms == 0ms);
        });
    }
}

TEST_CASE("Five collisions in a row are enough") {
    script s;
    auto const id = calling(s);
    s.reoffer(id, "hold");
    for (int i = 1; i <= 5; ++i) {
        auto const invite = s.expect("INVITE");
        s.reply(invite, 491);
        s.expect("ACK");
        CHECK(s.expect_event<sip::offer_failed>().will_retry == (i < 5));
        if (i < 5) s.advance_to_next();
        while (i < 5 && s.times_of("INVITE").size() < static_cast<std::size_t>(i + 2))
            s.advance_to_next();
    }
    s.advance(60s);
    s.expect_nothing();
    s.reoffer(id, "new try");
    s.expect("INVITE");
}

TEST_CASE("Hanging up cancels the retry of a glare") {
    script s;
    auto const id = calling(s);
    s.reoffer(id);
    s.reply(s.expect("INVITE"), 491);
    s.expect("ACK");
    s.hang_up(id);
    s.reply(s.expect("BYE"), 200);
    s.advance(60s);
    s.expect_nothing();
    s.expect_event<sip::offer_failed>();
    s.expect_event<sip::call_ended>();
    s.expect_idle();
}

TEST_CASE("A peer's offer inside the glare window overtakes our retry") {
    test::replay([](script& s) {
        auto const id = calling(s);
        s.reoffer(id, "ours");
        s.reply(s.expect("INVITE"), 491);
        s.expect("ACK");
        CHECK(s.expect_event<sip::offer_failed>().will_retry);
        s.inject(s.request("INVITE", 1, {.body = "theirs"}));
        CHECK(!s.expect_event<sip::offer_failed>().will_retry);
        s.expect_event<sip::remote_offer>();
        s.answer_offer(id, "answer");
        s.expect("200 INVITE");
        s.inject(s.request("ACK", 1));
        s.advance(10s);
        s.expect_nothing();
    });
}

TEST_CASE("Two user agents that offer at the same moment both get through in the end") {
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
        CHECK(!pair.alice.reoffer(ids.first, "from alice"));
        CHECK(!pair.bob.reoffer(ids.second, "from bob"));
        pair.net.run_for(10s);
        // Bob does not own the Call-ID: he waits less, and overtakes Alice.
        CHECK(pair.bob.count<sip::remote_answer>() == 1);
        CHECK(pair.alice.count<sip::remote_offer>() == 1);
        CHECK(!pair.alice.last<sip::offer_failed>().will_retry);
        CHECK(!pair.alice.reoffer(ids.first, "from alice, anew"));
        pair.net.run_for(10s);
        CHECK(pair.alice.count<sip::remote_answer>() == 1);
        CHECK(pair.alice.count<sip::call_ended>() == 0);
    }
}

TEST_CASE("A peer that lost the answer to its re-INVITE, but has sent another since, keeps its call (RFC 6141 5.4)") {
    for (bool const came_again : {true, false}) {
        CAPTURE(came_again);
        script s;
        auto const id = test::called(s);
        auto const accept = [&](unsigned cseq) {
            s.inject(s.request("INVITE", cseq, {.body = "offer"}));
            s.expect_event<sip::remote_offer>();
            s.answer_offer(id);
        };
        accept(2);
        s.expect("200 INVITE");
        s.advance(20s);
        if (came_again) {
            accept(3);
            s.inject(s.request("ACK", 3));
        }
        s.advance(20s);
        if (came_again) {
            s.expect_no_event();
            CHECK(s.core.live().sessions == 1);
        } else {
            CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::no_ack);
        }
    }
}
