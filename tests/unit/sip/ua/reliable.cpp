// Covers: reliable provisional responses (RFC 3262) as caller and as callee: who asks for them, PRACK, order and
// repetition, offers and answers in 18x, PRACK and its 2xx, the 2xx that waits, refusal, CANCEL, forks, failures.
// Not covered: PRACK with a new offer as caller: RFC 6337 3.1.1 advises UPDATE instead, and so it is done.
#include <doctest/doctest.h>

#include "calls.hpp"

using namespace std::chrono_literals;
using test::body_of;
using test::extras;
using test::header;
using test::script;

namespace {

test::script_options with(sip::reliability policy) {
    test::script_options options;
    options.account.reliable_provisional = policy;
    return options;
}

/// A call of a peer that knows 100rel; rings with `description`.
struct rung {
    sip::session_id id;
    std::string progress;
};
rung ring_reliably(script& s, std::string const& offer = "offer", std::string_view description = "answer") {
    s.inject(s.request("INVITE", 1, {.headers = "Supported: 100rel\nAllow: UPDATE, PRACK\n", .body = offer}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.ring(id, description, {}, 183);
    return {id, s.expect("183 INVITE")};
}
std::string prack(script& s, std::string const& progress, unsigned cseq = 2, std::string const& body = {}) {
    return s.request(
        "PRACK", cseq,
        {.headers = "RAck: " + header(progress, "RSeq") + ' ' + header(progress, "CSeq") + '\n', .body = body}
    );
}
/// What a reliable response of the peer carries beyond the ordinary.
extras reliable(unsigned rseq, std::string const& body = {}, std::string const& tag = "bob") {
    return {
        .headers = "Require: 100rel\nAllow: INVITE, UPDATE, PRACK\nRSeq: " + std::to_string(rseq) + '\n',
        .body = body,
        .to_tag = tag};
}

}  // namespace

// ---- who wants what

TEST_CASE(
    "Our INVITE says that reliable provisional responses are supported or required, as the account has it (RFC 3262 4, "
    "RFC 3261 8.1.1.9)"
) {
    using enum sip::reliability;
    for (auto const policy : {off, supported, sip::reliability::required}) {
        script s(with(policy));
        s.invite();
        auto const invite = s.expect("INVITE");
        CHECK((header(invite, "Supported").find("100rel") != std::string::npos) == (policy != off));
        CHECK(header(invite, "Require") == (policy == sip::reliability::required ? "100rel" : ""));
        CHECK(header(invite, "Allow").find("PRACK") != std::string::npos);
    }
}

TEST_CASE("No request but an INVITE requires reliable responses (RFC 3262 4)") {
    script s(with(sip::reliability::required));
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 183, reliable(1, "answer"));
    auto const prack = s.expect("PRACK");
    CHECK(header(prack, "Require").empty());
    s.reply(prack, 200);
    s.reply(invite, 200);
    CHECK(header(s.expect("ACK"), "Require").empty());
    s.reoffer(id, "hold", {}, sip::offer_options(sip::offer_method::update));
    auto const update = s.expect("UPDATE");
    CHECK(header(update, "Require").empty());
    s.reply(update, 200, {.body = "held"});
    s.hang_up(id);
    CHECK(header(s.expect("BYE"), "Require").empty());
}

TEST_CASE("Require: 100rel is met, or refused with 420 where the account has it off (RFC 3262 3)") {
    for (auto const policy : {sip::reliability::off, sip::reliability::supported}) {
        script s(with(policy));
        s.inject(s.request("INVITE", 1, {.headers = "Require: 100rel\n", .body = "offer"}));
        if (policy == sip::reliability::off) {
            CHECK(header(s.expect("420 INVITE"), "Unsupported") == "100rel");
            continue;
        }
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.ring(id);
        CHECK(header(s.expect("180 INVITE"), "Require") == "100rel");
    }
}

TEST_CASE("Nothing is sent reliably to a peer that does not know how (RFC 3262 3, RFC 3261 8.2.4)") {
    for (auto const policy : {sip::reliability::supported, sip::reliability::required}) {
        script s(with(policy));
        s.inject(s.request("INVITE", 1, {.body = "offer"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.ring(id, "answer", {}, 183);
        auto const progress = s.expect("183 INVITE");
        CHECK(header(progress, "Require").empty());
        CHECK(header(progress, "RSeq").empty());
        s.answer(id);  // the preview did not settle anything
        CHECK(body_of(s.expect("200 INVITE")) == "answer");
    }
}

TEST_CASE("A 100 is never reliable, neither sent nor received (RFC 3262 3, 4)") {
    script s(with(sip::reliability::required));
    s.inject(s.request("INVITE", 1, {.headers = "Require: 100rel\n", .body = "offer"}));
    s.advance(200ms);
    CHECK(header(s.expect("100 INVITE"), "Require").empty());
    script t;
    t.invite();
    t.reply(t.expect("INVITE"), 100, reliable(1));
    t.expect_nothing();
}

// ---- as callee

TEST_CASE(
    "A described 183 to a peer that knows 100rel is repeated until its PRACK, and settles the session (RFC 3262 3, 5)"
) {
    test::replay([](script& s) {
        auto const [id, progress] = ring_reliably(s);
        CHECK(header(progress, "Require") == "100rel");
        CHECK(std::stoul(header(progress, "RSeq")) >= 1);
        CHECK(std::stoul(header(progress, "RSeq")) <= 0x7fffffff);
        CHECK(body_of(progress) == "answer");
        CHECK(!header(progress, "Contact").empty());
        s.advance(500ms);
        CHECK(s.expect("183 INVITE") == progress);
        s.advance(1000ms);
        CHECK(s.expect("183 INVITE") == progress);
        s.inject(prack(s, progress));
        s.expect("200 PRACK");
        s.advance(20s);
        s.expect_nothing();
        s.answer(id, "again", sip::errc::invalid_argument);  // the answer is given
        s.answer(id, {});
        auto const ok = s.expect("200 INVITE");
        CHECK(body_of(ok).empty());
        s.inject(s.request("ACK", 1));
        s.expect_event<sip::call_confirmed>();
        s.expect_no_event();
    });
}

TEST_CASE(
    "A PRACK that names nothing, the wrong number or something acknowledged gets 481, one without RAck 400 (RFC 3262 3)"
) {
    script s;
    auto const [id, progress] = ring_reliably(s);
    s.inject(s.request("PRACK", 2, {.headers = "RAck: 1 1 INVITE\n"}));
    s.expect("481 PRACK");
    s.inject(s.request("PRACK", 3, {.headers = "RAck: " + header(progress, "RSeq") + " 2 INVITE\n"}));
    s.expect("481 PRACK");
    s.inject(s.request("PRACK", 4, {.headers = "RAck: " + header(progress, "RSeq") + " 1 UPDATE\n"}));
    s.expect("481 PRACK");
    s.inject(s.request("PRACK", 5));
    s.expect("400 PRACK");
    s.inject(s.request("PRACK", 6, {.headers = "RAck: what\n"}));
    s.expect("400 PRACK");
    s.inject(prack(s, progress, 7));
    s.expect("200 PRACK");
    s.inject(prack(s, progress, 8));
    s.expect("481 PRACK");
    s.inject(s.request("PRACK", 9, {.to = "<sip:1001@10.0.0.1>"}));
    s.expect("481 PRACK");  // outside a dialog
    (void)id;
}

TEST_CASE("A PRACK that comes twice is answered twice and counts once") {
    script s;
    auto const [id, progress] = ring_reliably(s);
    auto const once = prack(s, progress);
    s.inject(once);
    s.inject(once);
    CHECK(s.expect("200 PRACK") == s.expect("200 PRACK"));
    (void)id;
}

TEST_CASE("A second reliable response waits for the PRACK of the first and has the next number (RFC 3262 3, 7.1)") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1, {.headers = "Require: 100rel\n", .body = "offer"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.ring(id);
        s.ring(id, "answer", {}, 183);
        auto const first = s.expect("180 INVITE");
        s.expect_nothing();
        s.inject(prack(s, first));
        s.expect("200 PRACK");
        auto const second = s.expect("183 INVITE");
        CHECK(std::stoul(header(second, "RSeq")) == std::stoul(header(first, "RSeq")) + 1);
        s.inject(prack(s, second, 3));
        s.expect("200 PRACK");
        s.answer(id, {});
        s.expect("200 INVITE");
    });
}

TEST_CASE("Without PRACK for 64*T1 the INVITE is refused with 5xx (RFC 3262 3)") {
    script s;
    auto const [id, progress] = ring_reliably(s);
    s.advance(32s);
    CHECK(s.times_of("504 INVITE").at(0) == 32s);
    CHECK(s.times_of("183 INVITE").size() == 7);
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::no_ack);
    s.advance(60s);
    s.expect_idle();
    (void)id;
    (void)progress;
}

TEST_CASE("The 2xx waits for the PRACK of an unacknowledged description, and only for that (RFC 3262 3, 5)") {
    test::replay([](script& s) {
        auto const [id, progress] = ring_reliably(s);
        s.answer(id, {});
        s.expect_nothing();
        s.answer(id, {}, sip::errc::wrong_state);
        s.ring(id, {}, sip::errc::wrong_state);
        s.inject(prack(s, progress));
        s.expect("200 PRACK");
        s.expect("200 INVITE");
        s.inject(s.request("ACK", 1));
        s.expect_event<sip::call_confirmed>();
    });
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1, {.headers = "Require: 100rel\n", .body = "offer"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.ring(id);
        auto const progress = s.expect("180 INVITE");
        s.answer(id);
        s.expect("200 INVITE");  // nothing is described in what is still out
        s.inject(s.request("ACK", 1));
        s.expect_event<sip::call_confirmed>();
        s.advance(10s);
        s.expect_nothing();  // and it is not repeated any more
        s.inject(prack(s, progress));
        s.expect("200 PRACK");
        s.expect_no_event();
    });
}

TEST_CASE("A held 2xx is not sent where its caller cancels, hangs up or never acknowledges (RFC 3262 3)") {
    test::replay([](script& s) {
        s.inject(s.request("INVITE", 1, {.headers = "Supported: 100rel\n", .body = "offer", .branch = "z9hG4bKone"}));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.ring(id, "answer", {}, 183);
        s.expect("183 INVITE");
        s.answer(id, {});
        s.inject(s.request("CANCEL", 1, {.branch = "z9hG4bKone"}));
        s.expect("200 CANCEL");
        s.expect("487 INVITE");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::cancelled);
        s.advance(1s);
    });
    script s;
    auto const id = ring_reliably(s).id;
    s.answer(id, {});
    s.advance(32s);
    CHECK(s.times_of("504 INVITE").size() >= 1);
    CHECK(s.times_of("200 INVITE").empty());
}

TEST_CASE("Any refusal is sent at once, and the PRACK that was under way is still accepted (RFC 3262 3)") {
    test::replay([](script& s) {
        auto const [id, progress] = ring_reliably(s);
        s.reject(id, 486);
        s.expect("486 INVITE");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::refused);
        s.inject(prack(s, progress));
        s.expect("200 PRACK");
        s.inject(prack(s, progress, 3));
        s.expect("481 PRACK");
        s.hang_up(id, {}, sip::errc::no_such_session);
    });
    script s;
    auto const id = ring_reliably(s).id;
    s.reject(id, 486);
    s.advance(64s);
    s.expect_idle();
}

TEST_CASE(
    "The INVITE had no offer: the first reliable response makes it, the PRACK answers (RFC 3262 5, RFC 6337 3.1.2)"
) {
    test::replay([](script& s) {
        auto const [id, progress] = ring_reliably(s, {}, "our offer");
        CHECK(body_of(progress) == "our offer");
        s.inject(prack(s, progress, 2, "their answer"));
        s.expect("200 PRACK");
        CHECK(s.expect_event<sip::remote_answer>().carrier.view().body() == "their answer");
        s.answer(id, {});
        CHECK(body_of(s.expect("200 INVITE")).empty());
        s.inject(s.request("ACK", 1));
        s.expect_event<sip::call_confirmed>();
        s.expect_no_event();
    });
}

TEST_CASE("A reliable response that has to make the offer is not sent without one (RFC 3262 5)") {
    script s;
    s.inject(s.request("INVITE", 1, {.headers = "Require: 100rel\n"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.ring(id, {}, sip::errc::invalid_argument);
    s.expect_nothing();
    s.ring(id, "our offer");
    s.expect("180 INVITE");
    s.ring(id, "another", sip::errc::invalid_argument);
}

TEST_CASE("A PRACK without the answer that it owes ends the call (RFC 3262 5)") {
    script s;
    auto const [id, progress] = ring_reliably(s, {}, "our offer");
    s.inject(prack(s, progress));
    s.expect("200 PRACK");
    s.expect("488 INVITE");
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::protocol_error);
    (void)id;
}

TEST_CASE("A PRACK may bring a new offer, which its 2xx answers; the call's 2xx waits for that (RFC 3262 5)") {
    test::replay([](script& s) {
        auto const [id, progress] = ring_reliably(s);
        s.answer(id, {});
        s.inject(prack(s, progress, 2, "another offer"));
        auto const offer = s.expect_event<sip::remote_offer>();
        CHECK(offer.carrier.view().body() == "another offer");
        s.advance(3s);
        s.expect_nothing();  // the 183 has arrived: it is not repeated
        s.answer_offer(id, "another answer");
        CHECK(body_of(s.expect("200 PRACK")) == "another answer");
        s.expect("200 INVITE");
    });
}

TEST_CASE("A PRACK whose offer is refused leaves its response to be acknowledged anew (RFC 6337 2.3)") {
    test::replay([](script& s) {
        auto const [id, progress] = ring_reliably(s);
        s.inject(prack(s, progress, 2, "strange offer"));
        s.expect_event<sip::remote_offer>();
        s.refuse_offer(id, 488);
        s.expect("488 PRACK");
        s.expect_event<sip::offer_withdrawn>();
        s.advance(500ms);
        CHECK(s.expect("183 INVITE") == progress);
        s.inject(prack(s, progress, 3));
        s.expect("200 PRACK");
        s.answer(id, {});
        s.expect("200 INVITE");
    });
}

TEST_CASE("Each two and a half minutes a new reliable response keeps the proxies' patience (RFC 3262 3)") {
    test::script_options options;
    options.config.ring_limit = 400s;
    script s(options);
    s.inject(s.request("INVITE", 1, {.headers = "Require: 100rel\n", .body = "offer"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.ring(id);
    auto const first = s.expect("180 INVITE");
    s.inject(prack(s, first));
    s.expect("200 PRACK");
    s.advance(150s);
    auto const second = s.expect("180 INVITE");
    CHECK(std::stoul(header(second, "RSeq")) == std::stoul(header(first, "RSeq")) + 1);
}

// ---- as caller

TEST_CASE("A reliable response is acknowledged by PRACK in its early dialog, once (RFC 3262 4, RFC 3262 6)") {
    test::replay([](script& s) {
        auto const id = s.invite();
        auto const invite = s.expect("INVITE");
        auto const ringing = s.response(invite, 183, reliable(17, "early answer"));
        s.inject(ringing);
        auto const prack = s.expect("PRACK");
        CHECK(header(prack, "RAck") == "17 1 INVITE");
        CHECK(header(prack, "CSeq") == "2 PRACK");
        CHECK(header(prack, "To").ends_with(";tag=bob"));
        CHECK(prack.starts_with("PRACK sip:bob@10.0.0.2:5060 "));
        auto const progress = s.expect_event<sip::call_progress>();
        CHECK(progress.is_reliable);
        CHECK(progress.has_description);
        s.inject(ringing);
        s.expect_nothing();  // the PRACK repeats itself
        s.reply(prack, 200);
        s.reply(invite, 200);
        s.expect("ACK");
        auto const answered = s.expect_event<sip::call_answered>();
        CHECK(answered.id == id);
        CHECK(!answered.has_description);
        s.expect_no_event();
    });
}

TEST_CASE("Reliable responses are taken in order only: gaps wait, repetitions are passed over (RFC 3262 4)") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 180, reliable(5));
    s.reply(s.expect("PRACK"), 200);
    s.expect_event<sip::call_progress>();
    s.reply(invite, 183, reliable(7));
    s.reply(invite, 183, reliable(4));
    s.reply(invite, 183, reliable(5));
    s.expect_nothing();
    s.expect_no_event();
    s.reply(invite, 183, reliable(6));
    CHECK(header(s.expect("PRACK"), "RAck") == "6 1 INVITE");
    s.reply(invite, 183, reliable(7));
    CHECK(header(s.expect("PRACK"), "RAck") == "7 1 INVITE");
}

TEST_CASE("A response that repeats the description, in 18x or 2xx, changes nothing (RFC 6337 3.1.1)") {
    script s;
    s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 183, reliable(1, "answer"));
    s.expect("PRACK");
    CHECK(s.expect_event<sip::call_progress>().has_description);
    s.reply(invite, 180, reliable(2, "answer"));
    s.expect("PRACK");
    CHECK(!s.expect_event<sip::call_progress>().has_description);
    s.reply(invite, 200, {.body = "answer"});
    s.expect("ACK");
    CHECK(!s.expect_event<sip::call_answered>().has_description);
    s.expect_no_event();
}

TEST_CASE(
    "Our INVITE had no offer: the reliable response brings it, and our PRACK the answer (RFC 3262 5, RFC 6337 3.1.2)"
) {
    test::replay([](script& s) {
        auto const id = s.invite({});
        auto const invite = s.expect("INVITE");
        s.reply(invite, 183, reliable(3, "their offer"));
        s.expect_nothing();
        CHECK(!s.expect_event<sip::call_progress>().has_description);
        CHECK(s.expect_event<sip::remote_offer>().carrier.view().body() == "their offer");
        s.reply(invite, 183, reliable(3, "their offer"));
        s.expect_no_event();
        s.answer_offer(id, "our answer");
        auto const prack = s.expect("PRACK");
        CHECK(body_of(prack) == "our answer");
        CHECK(header(prack, "RAck") == "3 1 INVITE");
        s.reply(prack, 200);
        s.reply(invite, 200);
        CHECK(body_of(s.expect("ACK")).empty());
        s.expect_event<sip::call_answered>();
        s.expect_no_event();
        s.reoffer(id);
        s.expect("INVITE");
    });
}

TEST_CASE("An offer in a reliable response that cannot be answered gives the call up (RFC 3262 5)") {
    test::replay([](script& s) {
        auto const id = s.invite({});
        auto const invite = s.expect("INVITE");
        s.reply(invite, 183, reliable(3, "their offer"));
        s.expect_event<sip::call_progress>();
        s.expect_event<sip::remote_offer>();
        s.refuse_offer(id);
        s.expect("CANCEL");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::local_hang_up);
    });
}

TEST_CASE("Each fork has its own numbers, offers and PRACKs (RFC 3262 4, RFC 6337 4)") {
    test::replay([](script& s) {
        auto const id = s.invite({});
        auto const invite = s.expect("INVITE");
        s.reply(invite, 183, reliable(100, "offer of one", "one"));
        s.reply(invite, 183, reliable(7, "offer of two", "two"));
        s.expect_event<sip::call_progress>();
        CHECK(s.expect_event<sip::remote_offer>().fork == 0);
        s.expect_event<sip::call_progress>();
        CHECK(s.expect_event<sip::remote_offer>().fork == 1);
        s.answer_offer(id, "answer to two", {}, 1);
        auto const second = s.expect("PRACK");
        CHECK(header(second, "RAck") == "7 1 INVITE");
        CHECK(header(second, "To").ends_with(";tag=two"));
        s.answer_offer(id, "answer to one", {}, 0);
        CHECK(header(s.expect("PRACK"), "RAck") == "100 1 INVITE");
        s.answer_offer(id, "to nobody", sip::errc::wrong_state, 2);
        s.reply(invite, 200, {.to_tag = "two"});
        CHECK(header(s.expect("ACK"), "To").ends_with(";tag=two"));
        CHECK(s.expect_event<sip::call_answered>().fork == 1);
        s.expect_no_event();
    });
}

TEST_CASE(
    "A PRACK that only acknowledges may fail without harm; one that carries the answer may not (RFC 3262 4, RFC 5057 "
    "5.1)"
) {
    test::replay([](script& s) {
        s.invite();
        auto const invite = s.expect("INVITE");
        s.reply(invite, 180, reliable(1));
        s.expect_event<sip::call_progress>();
        s.reply(s.expect("PRACK"), 481);
        s.expect_no_event();
        s.reply(invite, 200, {.body = "answer"});
        s.expect("ACK");
        s.expect_event<sip::call_answered>();
    });
    test::replay([](script& s) {
        auto const id = s.invite({});
        auto const invite = s.expect("INVITE");
        s.reply(invite, 183, reliable(1, "offer"));
        s.expect_event<sip::call_progress>();
        s.expect_event<sip::remote_offer>();
        s.answer_offer(id);
        s.reply(s.expect("PRACK"), 488);
        s.expect("CANCEL");
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::dialog_lost);
    });
}

TEST_CASE("A challenged PRACK goes again with credentials and the dialog's next number (RFC 3262 4, RFC 3261 22.2)") {
    test::script_options options;
    options.account.password = "secret";
    options.account.realm = "here";
    options.account.route_set = {"sip:10.0.0.2;lr"};
    script s(options);
    s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 183, reliable(1));
    s.reply(
        s.expect("PRACK"), 407, {.headers = "Proxy-Authenticate: Digest realm=\"here\", nonce=\"n\", qop=\"auth\"\n"}
    );
    auto const again = s.expect("PRACK");
    CHECK(header(again, "CSeq") == "3 PRACK");
    CHECK(!header(again, "Proxy-Authorization").empty());
    CHECK(header(again, "RAck") == "1 1 INVITE");
}

TEST_CASE("A reliable response to a re-INVITE is acknowledged, and its answer is in force at once (RFC 6141 3.2, 4.6)"
) {
    test::replay([](script& s) {
        auto const id = test::calling(s);
        s.reoffer(id, "hold");
        auto const invite = s.expect("INVITE");
        auto more = reliable(9, "held");
        more.headers += "Contact: <sip:bob@10.0.0.2:5088>\n";
        s.reply(invite, 183, more);
        auto const prack = s.expect("PRACK");
        CHECK(header(prack, "RAck") == "9 2 INVITE");
        CHECK(s.expect_event<sip::remote_answer>().carrier.view().body() == "held");
        s.reply(prack, 200);
        s.reoffer(id, "too early", sip::errc::wrong_state);
        s.reply(invite, 200, {.headers = "Contact: <sip:bob@10.0.0.2:5088>\n"});
        CHECK(s.expect("ACK").starts_with("ACK sip:bob@10.0.0.2:5088 "));
        s.expect_no_event();
        s.reoffer(id, "resume");
        s.expect("INVITE");
    });
}

TEST_CASE("What a reliable response to a re-INVITE agreed on outlives the INVITE's refusal (RFC 6141 3.4)") {
    script s;
    auto const id = test::calling(s);
    s.reoffer(id, "hold");
    auto const invite = s.expect("INVITE");
    s.reply(invite, 183, reliable(9, "held"));
    s.reply(s.expect("PRACK"), 200);
    s.expect_event<sip::remote_answer>();
    s.reply(invite, 488);
    s.expect("ACK");
    s.expect_no_event();  // nothing to roll back to
    s.reoffer(id, "new try");
    s.expect("INVITE");
}
