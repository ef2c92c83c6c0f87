// Covers: the values of Session-Expires and Min-SE in requests and answers, who refreshes, when, and when a session is
// over (RFC 4028). What the messages look like is tested with the user agent (ua/session_timers.cpp).
#include "sip/usage/session_timer.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

using namespace std::chrono_literals;
using settings = sip::session_timer_settings;
using sip::session_timer;

namespace {

sip::time_point at(sip::duration since_start) {
    return sip::time_point() + since_start;
}

struct fixture {
    sip::buffer_pool pool;

    sip::message parse(std::string const& first_line, std::string const& headers) {
        auto made = sip::parse_message(
            pool.copy(test::wire(
                first_line +
                "\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: x\n"
                "CSeq: 1 INVITE\n" +
                headers
            )),
            pool
        );
        REQUIRE(made.has_value());
        return std::move(*made);
    }
    sip::message invite(std::string const& headers) { return parse("INVITE sip:c@d SIP/2.0", headers); }
    sip::message response(std::string const& headers, int status = 200) {
        return parse("SIP/2.0 " + std::to_string(status) + " X", headers);
    }
};

settings asking(std::chrono::seconds interval = 1800s, settings::refresher who = settings::refresher::automatic) {
    settings made;
    made.when = settings::use::requested;
    made.interval = interval;
    made.who = who;
    return made;
}

}  // namespace

TEST_CASE("A first INVITE asks for an interval, and says who refreshes where that was chosen (RFC 4028 7.1)") {
    CHECK(session_timer(asking()).for_request().session_expires == "1800");
    CHECK(
        session_timer(asking(600s, settings::refresher::caller)).for_request().session_expires == "600;refresher=uac"
    );
    CHECK(
        session_timer(asking(600s, settings::refresher::callee)).for_request().session_expires == "600;refresher=uas"
    );
    CHECK(session_timer(settings()).for_request().session_expires.empty());
    CHECK(session_timer().for_request().session_expires.empty());
}

TEST_CASE("Nothing below 90 s is asked for or accepted (RFC 4028 4, 5)") {
    fixture f;
    auto low = asking(1s);
    low.minimum = 1s;
    session_timer timer(low);
    CHECK(timer.for_request().session_expires == "90");
    CHECK(timer.too_small(f.invite("Supported: timer\nSession-Expires: 89\n").view()) == 90s);
    CHECK(!timer.too_small(f.invite("Supported: timer\nSession-Expires: 90\n").view()));
}

TEST_CASE("A 422 raises the interval to its Min-SE, which is sent along, as often as that rises (RFC 4028 7.3, 7.4)") {
    fixture f;
    session_timer timer(asking(120s));
    CHECK(timer.on_too_small(f.response("Min-SE: 300\n", 422).view()));
    CHECK(timer.for_request().session_expires == "300");
    CHECK(timer.for_request().min_se == "300");
    CHECK(!timer.on_too_small(f.response("Min-SE: 300\n", 422).view()));  // it has what it wanted
    CHECK(!timer.on_too_small(f.response("", 422).view()));
    CHECK(timer.on_too_small(f.response("Min-SE: 301\n", 422).view()));
    CHECK(timer.on_too_small(f.response("Min-SE: 302\n", 422).view()));
    CHECK(!timer.on_too_small(f.response("Min-SE: 303\n", 422).view()));  // enough of this
}

TEST_CASE("The largest Min-SE of the peer's refreshes and refusals goes with ours (RFC 4028 7.4)") {
    fixture f;
    session_timer timer(asking(600s));
    timer.on_success_received(at(0s), f.response("Session-Expires: 600;refresher=uac\n").view());
    CHECK(timer.for_request().min_se.empty());
    auto const refreshed = [&](std::string const& min_se) {
        auto const request = f.invite("Supported: timer\nSession-Expires: 600\nMin-SE: " + min_se + "\n");
        timer.on_success_sent(at(1s), request.view(), timer.for_answer(request.view()));
        return timer.for_request().min_se;
    };
    CHECK(refreshed("200") == "200");
    CHECK(refreshed("300") == "300");
    CHECK(refreshed("100") == "300");
    CHECK(timer.on_too_small(f.response("Min-SE: 400\n", 422).view()));
    CHECK(timer.for_request().min_se == "400");
}

TEST_CASE(
    "The 2xx says who refreshes: at half of the interval, or BYE at its end less 32 s or a third (RFC 4028 7.2, 10)"
) {
    fixture f;
    for (bool const us : {true, false}) {
        session_timer timer(asking(600s));
        timer.on_success_received(
            at(0s), f.response(std::string("Session-Expires: 600;refresher=") + (us ? "uac" : "uas") + "\n").view()
        );
        CHECK(timer.we_refresh() == us);
        CHECK(timer.next_deadline() == at(us ? 300s : 568s));
        if (us) CHECK(timer.pop_due(at(300s)) == session_timer::due::refresh);
        CHECK(timer.pop_due(at(567s)) == session_timer::due::nothing);
        CHECK(timer.pop_due(at(568s)) == session_timer::due::expired);
        CHECK(!timer.next_deadline());
    }
    session_timer small(asking(90s));
    small.on_success_received(at(0s), f.response("Session-Expires: 90;refresher=uas\n").view());
    CHECK(small.next_deadline() == at(60s));
}

TEST_CASE("A peer that knows no timers is refreshed all the same by who asked for it, and only then (RFC 4028 7.2)") {
    fixture f;
    session_timer asked(asking(600s));
    asked.on_success_received(at(0s), f.response("").view());
    CHECK(asked.we_refresh());
    CHECK(asked.interval() == 600s);
    session_timer passive{settings()};
    passive.on_success_received(at(0s), f.response("").view());
    CHECK(!passive.is_running());
}

TEST_CASE("A 2xx may begin a timer that we did not ask for, and says who refreshes (RFC 4028 7.2)") {
    fixture f;
    for (bool const us : {true, false}) {
        session_timer timer{settings()};
        auto const role = us ? std::string("uac") : std::string("uas");
        timer.on_success_received(
            at(0s), f.response("Require: timer\nSession-Expires: 300;refresher=" + role + "\n").view()
        );
        CHECK(timer.interval() == 300s);
        CHECK(timer.we_refresh() == us);
        CHECK(timer.next_deadline() == at(us ? 150s : 268s));
    }
}

TEST_CASE("A later 2xx without Session-Expires switches the timer off (RFC 4028 7.2)") {
    fixture f;
    session_timer timer(asking(600s));
    timer.on_success_received(at(0s), f.response("Session-Expires: 600;refresher=uac\n").view());
    timer.on_success_received(at(300s), f.response("Supported: timer\n").view());
    CHECK(!timer.is_running());
    CHECK(!timer.next_deadline());
}

TEST_CASE("Refreshes repeat the interval in force and leave the roles as they are (RFC 4028 7.4)") {
    fixture f;
    session_timer timer(asking(1800s));
    timer.on_success_received(at(0s), f.response("Session-Expires: 200;refresher=uas\n").view());
    CHECK(timer.for_request().session_expires == "200;refresher=uas");
    timer.on_success_received(at(0s), f.response("Session-Expires: 200;refresher=uac\n").view());
    CHECK(timer.for_request().session_expires == "200;refresher=uac");
}

TEST_CASE("What our 2xx says about the refresher follows table 2 (RFC 4028 9)") {
    fixture f;
    struct row {
        char const* headers;
        settings::refresher ours;
        bool we_refresh, require;
    };
    using enum settings::refresher;
    row const rows[]{
        {"Session-Expires: 600\n", automatic, true, false},
        {"Supported: timer\nSession-Expires: 600\n", automatic, false, true},
        {"Supported: timer\nSession-Expires: 600\n", callee, true, true},
        {"Supported: timer\nSession-Expires: 600;refresher=uac\n", callee, false, true},
        {"Supported: timer\nSession-Expires: 600;refresher=uas\n", caller, true, true},
    };
    for (auto const& one : rows) {
        CAPTURE(one.headers);
        settings mine;
        mine.who = one.ours;
        auto const answer = session_timer(mine).for_answer(f.invite(one.headers).view());
        CHECK(answer.interval == 600);
        CHECK(answer.we_refresh == one.we_refresh);
        CHECK(answer.require == one.require);
        CHECK(answer.session_expires() == (one.we_refresh ? "600;refresher=uas" : "600;refresher=uac"));
    }
}

TEST_CASE("A callee may ask for a timer itself, of a caller that knows them, not below its Min-SE (RFC 4028 9)") {
    fixture f;
    session_timer timer(asking(600s));
    CHECK(timer.for_answer(f.invite("Supported: timer\n").view()).interval == 600);
    CHECK(timer.for_answer(f.invite("Supported: timer\nMin-SE: 900\n").view()).interval == 900);
    CHECK(timer.for_answer(f.invite("").view()).interval == 0);
    CHECK(session_timer(settings()).for_answer(f.invite("Supported: timer\n").view()).interval == 0);
    CHECK(session_timer().for_answer(f.invite("Supported: timer\nSession-Expires: 600\n").view()).interval == 0);
}

TEST_CASE("Whoever does not know timers is not refused for a proxy's short interval (RFC 4028 8.1)") {
    fixture f;
    CHECK(!session_timer(settings()).too_small(f.invite("Session-Expires: 60\n").view()));
}

TEST_CASE("A failed refresh is tried again at half of what is left, and not for ever (RFC 4028 10)") {
    fixture f;
    session_timer timer(asking(600s));
    timer.on_success_received(at(0s), f.response("Session-Expires: 600;refresher=uac\n").view());
    auto now = at(300s);
    int tries = 0;
    while (timer.pop_due(now) == session_timer::due::refresh) {
        ++tries;
        timer.refresh_failed(now);
        now = *timer.next_deadline();
    }
    CHECK(tries == 6);
    CHECK(now == at(568s));
}
