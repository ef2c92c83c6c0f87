// Covers: session timers of calls (RFC 4028) as caller and as callee: what INVITE, UPDATE and their answers carry, 422
// both ways, refreshes by UPDATE and by re-INVITE, what counts as one, and every end of a session that is not
// refreshed.
#include <doctest/doctest.h>

#include "calls.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using test::body_of;
using test::header;
using test::script;
using settings = sip::session_timer_settings;

namespace {

test::script_options timed(
    settings::use when = settings::use::requested, std::chrono::seconds interval = 600s,
    settings::method by = settings::method::automatic
) {
    test::script_options options;
    options.account.session_timer.when = when;
    options.account.session_timer.interval = interval;
    options.account.session_timer.by = by;
    return options;
}

/// Our call, answered with these headers.
test::own_call answered_with(script& s, std::string const& headers) {
    auto const id = s.invite();
    auto invite = s.expect("INVITE");
    s.reply(invite, 200, {.headers = headers, .body = "answer"});
    s.expect("ACK");
    s.expect_event<sip::call_answered>();
    s.enter_dialog(invite);
    return {id, std::move(invite)};
}
constexpr char const* we_refresh = "Require: timer\nSession-Expires: 600;refresher=uac\nAllow: INVITE, UPDATE\n";

}  // namespace

TEST_CASE("Supported lists timer unless it is off; Session-Expires is there where it is asked for (RFC 4028 7.1)") {
    for (auto const when : {settings::use::off, settings::use::supported, settings::use::requested}) {
        script s(timed(when));
        s.invite();
        auto const invite = s.expect("INVITE");
        CHECK((header(invite, "Supported").find("timer") != std::string::npos) == (when != settings::use::off));
        CHECK(header(invite, "Session-Expires") == (when == settings::use::requested ? "600" : ""));
    }
    script all(timed());
    auto const id = all.invite();
    auto const invite = all.expect("INVITE");
    all.reply(invite, 183, {.headers = "Require: 100rel\nRSeq: 1\nAllow: UPDATE\n", .body = "answer"});
    auto const prack = all.expect("PRACK");
    CHECK(header(prack, "Supported").find("timer") != std::string::npos);
    all.reply(prack, 200);
    all.reply(invite, 200);
    all.expect("ACK");
    all.hang_up(id);
    CHECK(header(all.expect("BYE"), "Supported").find("timer") != std::string::npos);

    script off(timed(settings::use::off));
    off.inject(off.request("INVITE", 1, {.headers = "Require: timer\n", .body = "offer"}));
    CHECK(header(off.expect("420 INVITE"), "Unsupported") == "timer");
}

TEST_CASE(
    "A session that is ours to refresh is refreshed at half of its interval by UPDATE without offer (RFC 4028 7.4, 10)"
) {
    test::replay(
        [](script& s) {
            answered_with(s, we_refresh);
            s.advance(299s);
            s.expect_nothing();
            s.advance(1s);
            auto const update = s.expect("UPDATE");
            CHECK(header(update, "Session-Expires") == "600;refresher=uac");
            CHECK(header(update, "Supported").find("timer") != std::string::npos);
            CHECK(body_of(update).empty());
            s.reply(update, 200, {.headers = "Require: timer\nSession-Expires: 600;refresher=uac\n"});
            CHECK(s.expect_event<sip::session_refreshed>().status == 200);
            s.advance(300s);
            s.expect("UPDATE");
        },
        timed()
    );
}

TEST_CASE(
    "By re-INVITE with the unchanged description where the peer takes no UPDATE or the account wants it (RFC 4028 7.4)"
) {
    for (bool const by_choice : {true, false}) {
        CAPTURE(by_choice);
        test::replay(
            [by_choice](script& s) {
                answered_with(
                    s, by_choice ? we_refresh : "Require: timer\nSession-Expires: 600;refresher=uac\nAllow: INVITE\n"
                );
                s.advance(300s);
                auto const invite = s.expect("INVITE");
                CHECK(body_of(invite) == "offer");
                CHECK(header(invite, "Session-Expires") == "600;refresher=uac");
                s.reply(
                    invite, 200, {.headers = "Require: timer\nSession-Expires: 600;refresher=uac\n", .body = "answer"}
                );
                s.expect("ACK");
                CHECK(s.expect_event<sip::session_refreshed>().response.view().body() == "answer");
                s.expect_no_event();  // no remote_answer: the user has offered nothing
                s.advance(300s);
                s.expect("INVITE");
            },
            timed(settings::use::requested, 600s, by_choice ? settings::method::reinvite : settings::method::automatic)
        );
    }
}

TEST_CASE("A refresh repeats the newest description that was agreed, not the first") {
    script s(timed(settings::use::requested, 600s, settings::method::reinvite));
    auto const id = answered_with(s, we_refresh).id;
    s.reoffer(id, "hold");
    s.reply(s.expect("INVITE"), 200, {.headers = "Session-Expires: 600;refresher=uac\n", .body = "held"});
    s.expect("ACK");
    s.reoffer(id, "refused");
    s.reply(s.expect("INVITE"), 488);
    s.expect("ACK");
    s.advance(300s);
    CHECK(body_of(s.expect("INVITE")) == "hold");
}

TEST_CASE("Any re-INVITE or UPDATE of either side refreshes the session (RFC 4028 7.2, 9)") {
    script s(timed());
    auto const id = answered_with(s, we_refresh).id;
    s.advance(200s);
    s.reoffer(id);
    auto const invite = s.expect("INVITE");
    CHECK(header(invite, "Session-Expires") == "600;refresher=uac");
    s.reply(invite, 200, {.headers = "Session-Expires: 600;refresher=uac\n", .body = "answer"});
    s.expect("ACK");
    s.advance(299s);
    s.expect_nothing();
    s.inject(s.request("UPDATE", 1, {.headers = "Supported: timer\nSession-Expires: 600;refresher=uas\n"}));
    auto const ok = s.expect("200 UPDATE");
    CHECK(header(ok, "Session-Expires") == "600;refresher=uas");
    CHECK(header(ok, "Require") == "timer");
    s.advance(299s);
    s.expect_nothing();
    s.advance(1s);
    s.expect("UPDATE");
}

TEST_CASE("A session that the peer does not refresh ends with BYE before its interval is over, once (RFC 4028 10)") {
    test::replay(
        [](script& s) {
            answered_with(s, "Require: timer\nSession-Expires: 600;refresher=uas\n");
            s.advance(567s);
            s.expect_nothing();
            s.advance(1s);
            s.reply(s.expect("BYE"), 200);
            CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::session_expired);
            s.advance(1h);
            s.expect_nothing();
        },
        timed()
    );
}

TEST_CASE(
    "Session refresh failure ends the session once, and nothing is sent afterwards (reSIProcate #483, RFC 4028 10)"
) {
    for (unsigned const status : {481U, 408U, 0U}) {
        for (bool const by_update : {true, false}) {
            CAPTURE(status);
            CAPTURE(by_update);
            script s(timed(
                settings::use::requested, 600s, by_update ? settings::method::automatic : settings::method::reinvite
            ));
            answered_with(s, we_refresh);
            s.advance(300s);
            auto const refresh = s.expect(by_update ? "UPDATE" : "INVITE");
            if (status == 0)
                s.advance(33s);
            else
                s.reply(refresh, status);
            CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::dialog_lost);
            s.expect_no_event();
            s.advance(2h);
            s.expect_no_event();
            std::size_t refreshes = 0;
            for (auto const& [when, text] : s.all_sent) {
                bool const late = when > 334s && !text.starts_with("BYE ") && !text.starts_with("ACK ");
                CHECK(!late);
                refreshes += text.starts_with("UPDATE ") ? 1U : 0U;
            }
            s.expect_idle();
        }
    }
}

TEST_CASE("Another failure of a refresh is tried again while the session lives, then BYE (RFC 4028 10)") {
    script s(timed());
    answered_with(s, we_refresh);
    s.advance(300s);
    s.reply(s.expect("UPDATE"), 500);
    CHECK(s.expect_event<sip::session_refreshed>().status == 500);
    s.advance(134s);
    s.reply(s.expect("UPDATE"), 200, {.headers = "Session-Expires: 600;refresher=uac\n"});
    CHECK(s.expect_event<sip::session_refreshed>().status == 200);
    s.advance(300s);
    for (int i = 0; i < 6; ++i) {
        s.reply(s.expect("UPDATE"), 503);
        CHECK(s.expect_event<sip::session_refreshed>().status == 503);
        if (i < 5) s.advance_to_next();
        while (i < 5 && s.times_of("UPDATE").size() < static_cast<std::size_t>(i + 4))
            s.advance_to_next();
    }
    s.advance(20s);
    s.expect("BYE");
    CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::session_expired);
}

TEST_CASE("405 and 501 to a refreshing UPDATE mean re-INVITE from now on (RFC 4028 7.4)") {
    for (unsigned const status : {405U, 501U}) {
        script s(timed());
        answered_with(s, we_refresh);
        s.advance(300s);
        s.reply(s.expect("UPDATE"), status);
        CHECK(s.expect_event<sip::session_refreshed>().status == status);
        s.advance(1ms);
        s.expect("INVITE");
    }
}

TEST_CASE(
    "A refreshing re-INVITE that meets 491 goes again by itself, and a peer's offer takes its place (RFC 3261 14.1)"
) {
    script s(timed(settings::use::requested, 600s, settings::method::reinvite));
    auto const id = answered_with(s, we_refresh).id;
    s.advance(300s);
    s.reply(s.expect("INVITE"), 491);
    s.expect("ACK");
    s.expect_no_event();
    s.inject(
        s.request("INVITE", 1, {.headers = "Supported: timer\nSession-Expires: 600;refresher=uac\n", .body = "new"})
    );
    s.expect_event<sip::remote_offer>();
    s.answer_offer(id, "taken");
    CHECK(header(s.expect("200 INVITE"), "Session-Expires") == "600;refresher=uac");
    s.inject(s.request("ACK", 1));
    s.advance(10s);
    s.expect_nothing();
    s.expect_no_event();
}

// ---- 422

TEST_CASE("422 to our INVITE: the same call again with the longer interval and Min-SE (RFC 4028 7.3)") {
    test::replay(
        [](script& s) {
            s.invite();
            auto const first = s.expect("INVITE");
            s.reply(first, 422, {.headers = "Min-SE: 900\n"});
            s.expect("ACK");
            auto const second = s.expect("INVITE");
            CHECK(header(second, "Session-Expires") == "900");
            CHECK(header(second, "Min-SE") == "900");
            CHECK(header(second, "CSeq") == "2 INVITE");
            for (auto const* same : {"Call-ID", "From", "To"})
                CHECK(header(second, same) == header(first, same));
            s.reply(second, 200, {.headers = "Session-Expires: 900;refresher=uac\n", .body = "answer"});
            s.expect("ACK");
            s.expect_event<sip::call_answered>();
        },
        timed()
    );
}

TEST_CASE("422 without a use for us fails the call like any other refusal (RFC 4028 6)") {
    script s(timed(settings::use::off));
    s.invite();
    s.reply(s.expect("INVITE"), 422, {.headers = "Min-SE: 900\n"});
    s.expect("ACK");
    CHECK(s.expect_event<sip::call_ended>().status == 422);
    script t(timed());
    t.invite();
    t.reply(t.expect("INVITE"), 422);
    t.expect("ACK");
    CHECK(t.expect_event<sip::call_ended>().status == 422);
}

TEST_CASE("422 to a refresh is answered with the longer interval at once, in the dialog's numbers (RFC 4028 10)") {
    script s(timed());
    answered_with(s, we_refresh);
    s.advance(300s);
    s.reply(s.expect("UPDATE"), 422, {.headers = "Min-SE: 1200\n"});
    auto const again = s.expect("UPDATE");
    CHECK(header(again, "Session-Expires") == "1200;refresher=uac");
    CHECK(header(again, "Min-SE") == "1200");
    CHECK(header(again, "CSeq") == "3 UPDATE");
}

TEST_CASE(
    "Too short an interval is refused with 422 and our minimum, in INVITE, re-INVITE and UPDATE (RFC 4028 5, RFC 4028 "
    "6, RFC 4028 9)"
) {
    auto options = timed(settings::use::supported);
    options.account.session_timer.minimum = 300s;
    script s(options);
    s.inject(s.request("INVITE", 1, {.headers = "Supported: timer\nSession-Expires: 200\n", .body = "offer"}));
    CHECK(header(s.expect("422 INVITE"), "Min-SE") == "300");
    s.expect_no_event();
    s.inject(s.request("ACK", 1, {.branch = "z9hG4bKpeer1"}));

    script t(options);
    test::called(t);
    t.inject(t.request("UPDATE", 2, {.headers = "Supported: timer\nSession-Expires: 200\n"}));
    CHECK(header(t.expect("422 UPDATE"), "Min-SE") == "300");
    t.inject(t.request("INVITE", 3, {.headers = "Supported: timer\nSession-Expires: 200\n", .body = "offer"}));
    CHECK(header(t.expect("422 INVITE"), "Min-SE") == "300");
    t.expect_no_event();
}

// ---- as callee

TEST_CASE("Our 2xx grants the caller's interval and says who refreshes; we refresh where that is us (RFC 4028 9)") {
    for (bool const us : {true, false}) {
        CAPTURE(us);
        script s(timed(settings::use::supported));
        s.inject(s.request(
            "INVITE", 1,
            {.headers = std::string("Allow: UPDATE\nSupported: timer\nSession-Expires: 600;refresher=") +
                        (us ? "uas" : "uac") + "\n",
             .body = "offer"}
        ));
        auto const id = s.expect_event<sip::incoming_call>().id;
        s.answer(id);
        auto const ok = s.expect("200 INVITE");
        CHECK(header(ok, "Session-Expires") == (us ? "600;refresher=uas" : "600;refresher=uac"));
        CHECK(header(ok, "Require") == "timer");
        s.inject(s.request("ACK", 1));
        s.advance(300s);
        if (us) {
            CHECK(header(s.expect("UPDATE"), "Session-Expires") == "600;refresher=uac");
            continue;
        }
        s.expect_nothing();
        s.advance(268s);
        s.expect("BYE");
        s.expect_event<sip::call_confirmed>();
        CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::session_expired);
    }
}

TEST_CASE("A caller that knows no timers is refreshed by us where a proxy wants one (RFC 4028 9, table 2)") {
    script s(timed(settings::use::supported));
    s.inject(s.request("INVITE", 1, {.headers = "Session-Expires: 600\n", .body = "offer"}));
    s.answer(s.expect_event<sip::incoming_call>().id);
    auto const ok = s.expect("200 INVITE");
    CHECK(header(ok, "Session-Expires") == "600;refresher=uas");
    CHECK(header(ok, "Require").empty());
    s.inject(s.request("ACK", 1));
    s.advance(300s);
    CHECK(body_of(s.expect("INVITE")) == "answer");  // it has not said that it takes UPDATE
}

TEST_CASE("Two user agents keep a session alive for hours, and each notices that the other is gone (RFC 4028 10)") {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        test::ua_pair pair(seed);
        auto config = test::ua_pair::account_at("sip:1001@10.0.0.1");
        config.session_timer.when = settings::use::requested;
        config.session_timer.interval = 90s;
        config.session_timer.who = seed % 2 == 0 ? settings::refresher::caller : settings::refresher::callee;
        config.session_timer.by = seed > 2 ? settings::method::reinvite : settings::method::automatic;
        REQUIRE(!pair.alice.core.update_account(pair.alice.account, config));
        auto const behave = [](test::phone& phone) {
            phone.on_event = [&phone](sip::event const& e) {
                if (auto const* offer = std::get_if<sip::remote_offer>(&e)) (void)phone.answer_offer(offer->id);
            };
        };
        behave(pair.alice);
        behave(pair.bob);
        pair.establish();
        pair.net.run_for(3h);
        CHECK(pair.alice.count<sip::call_ended>() + pair.bob.count<sip::call_ended>() == 0);
        CHECK(pair.alice.count<sip::session_refreshed>() + pair.bob.count<sip::session_refreshed>() >= 200);
        pair.net.everywhere.loss = 100;
        pair.net.run_for(3min);
        CHECK(pair.alice.count<sip::call_ended>() == 1);
        CHECK(pair.bob.count<sip::call_ended>() == 1);
    }
}
