// Covers: events as subscriber, with their messages and dialogs: SUBSCRIBE, NOTIFY in every order, forks, refresh,
// challenges, leaving, failures, a dialog shared with a call, unsolicited NOTIFYs.
// Not covered: when a subscriber decides what (usage/subscriber.cpp).
#include <doctest/doctest.h>

#include "calls.hpp"
#include "events.hpp"

using namespace std::chrono_literals;
using namespace test;
using state = sip::subscriber::state;

TEST_CASE(
    "SUBSCRIBE carries Event, Expires, Accept and Contact; its NOTIFYs reach the user in order (RFC 6665 3.1.1, 3.1.2, "
    "3.1.3, 4.1.2.1)"
) {
    script s(with_events());
    auto options = watching();
    options.accepting("application/dialog-info+xml").lasting(1800);
    auto const id = subscribe(s, options);
    auto const sent = s.expect("SUBSCRIBE");
    CHECK(header(sent, "Event") == "dialog");
    CHECK(header(sent, "Expires") == "1800");
    CHECK(header(sent, "Accept") == "application/dialog-info+xml");
    CHECK(header(sent, "Contact") == "<sip:1001@10.0.0.1:5060>");
    CHECK(header(sent, "CSeq") == "1 SUBSCRIBE");
    s.reply(sent, 200, {.headers = "Expires: 1800\n"});
    s.expect_no_event();

    s.inject(notify(s, sent, 1, "pending;expires=1800"));
    s.expect("200 NOTIFY");
    CHECK(s.expect_event<sip::notification>().status.phase == sip::subscription_phase::pending);
    auto const pending = s.expect_event<sip::subscription_changed>();
    CHECK(pending.id == id);
    CHECK(pending.state == state::pending);
    s.inject(notify(s, sent, 2, "active;expires=1790", "state"));
    s.expect("200 NOTIFY");
    auto const told = s.expect_event<sip::notification>();
    CHECK(told.request.view().body() == "state");
    CHECK(told.status.expires == 1790);
    CHECK(s.expect_event<sip::subscription_changed>().state == state::active);
    CHECK(s.core.live().dialogs == 1);
}

TEST_CASE("A NOTIFY may overtake the 2xx, and even a challenge's answer (RFC 6665 4.1.2.4)") {
    script s(with_events());
    subscribe(s);
    auto const sent = s.expect("SUBSCRIBE");
    s.inject(notify(s, sent, 1, "active;expires=600", "state"));
    s.expect("200 NOTIFY");
    s.expect_event<sip::notification>();
    s.expect_event<sip::subscription_changed>();
    s.reply(sent, 200, {.headers = "Expires: 600\n"});
    s.expect_no_event();
    // The refresh goes into the dialog that the NOTIFY made.
    advance_to_refresh(s, 600s);
    auto const refresh = s.expect("SUBSCRIBE");
    CHECK(header(refresh, "To") == "<sip:bob@10.0.0.2:5060>;tag=bob");
    CHECK(header(refresh, "CSeq") == "2 SUBSCRIBE");
    CHECK(header(refresh, "Call-ID") == header(sent, "Call-ID"));
}

TEST_CASE("The dialog's routes and target are those of the NOTIFY, not of the 2xx (RFC 6665 4.4.1)") {
    script s(with_events());
    subscribe(s);
    auto const sent = s.expect("SUBSCRIBE");
    s.reply(sent, 200, {.headers = "Expires: 600\nRecord-Route: <sip:10.0.0.9;lr>\n"});
    s.enter_dialog(sent);
    s.inject(s.request(
        "NOTIFY", 1,
        {.headers = "Event: dialog\nSubscription-State: active;expires=600\nRecord-Route: <sip:10.0.0.7;lr>, "
                    "<sip:10.0.0.8;lr>\n"}
    ));
    s.expect("200 NOTIFY");
    advance_to_refresh(s, 600s);
    auto const refresh = s.expect("SUBSCRIBE");
    CHECK(header(refresh, "Route") == "<sip:10.0.0.7;lr>");
    CHECK(refresh.find("Route: <sip:10.0.0.8;lr>") != std::string::npos);
    CHECK(refresh.starts_with("SUBSCRIBE sip:bob@10.0.0.2:5060 SIP/2.0"));
}

TEST_CASE("A NOTIFY of nobody's subscription, of another event, or without its state is refused (RFC 6665 4.1.3)") {
    script s(with_events());
    subscribe(s);
    auto const sent = s.expect("SUBSCRIBE");
    s.inject(notify(s, sent, 1, "active;expires=600", {}, "bob", "presence"));
    s.expect("481 NOTIFY");
    s.inject(notify(s, sent, 2, "active;expires=600", {}, "bob", "dialog;id=2"));
    s.expect("481 NOTIFY");
    s.enter_dialog(sent);
    s.inject(s.request("NOTIFY", 3, {.headers = "Event: dialog\n"}));
    s.expect("400 NOTIFY");
    s.inject(s.request("NOTIFY", 4, {.headers = "Subscription-State: active\n"}));
    s.expect("481 NOTIFY");
    s.call_id = "another";
    s.inject(s.request("NOTIFY", 5, {.headers = "Event: dialog\nSubscription-State: active\n"}));
    s.expect("481 NOTIFY");
    s.expect_no_event();
    CHECK(s.core.live().dialogs == 0);
}

TEST_CASE("Without a NOTIFY the subscription fails after Timer N, and later ones are refused (RFC 6665 4.1.2.4)") {
    script s(with_events());
    auto options = watching();
    options.renew = false;
    auto const id = subscribe(s, options);
    auto const sent = s.expect("SUBSCRIBE");
    s.reply(sent, 200, {.headers = "Expires: 600\n"});
    s.advance(32s);
    auto const ended = s.expect_event<sip::subscription_ended>();
    CHECK(ended.id == id);
    CHECK(ended.error == sip::errc::transaction_timeout);
    s.inject(notify(s, sent, 1, "active;expires=600"));
    s.expect("481 NOTIFY");
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE(
    "A package that allows one dialog refuses the other forks (RFC 6665 4.1.4, 5.4.9, RFC 3856 6.9, RFC 3680 4.9, RFC "
    "4662 4.7)"
) {
    script s(with_events());
    auto const [id, sent] = watched(s);
    s.inject(notify(s, sent, 1, "active;expires=600", "other", "carol"));
    s.expect("481 NOTIFY");
    s.expect_no_event();
    CHECK(s.core.live().subscriptions == 1);
}

TEST_CASE(
    "A package that allows several makes a subscription of each fork (RFC 6665 4.1.4, 4.4.1, 5.4.9, RFC 3842 3.9, RFC "
    "4235 3.9)"
) {
    script s(with_events());
    auto options = watching();
    options.forks = sip::fork_rule::each;
    auto const [id, sent] = watched(s, options);
    s.inject(notify(s, sent, 1, "active;expires=300", "other", "carol"));
    s.expect("200 NOTIFY");
    auto const fork = s.expect_event<sip::subscription_forked>();
    CHECK(fork.origin == id);
    auto const told = s.expect_event<sip::notification>();
    CHECK(told.id == fork.id);
    CHECK(told.request.view().body() == "other");
    s.expect_event<sip::subscription_changed>();
    CHECK(s.core.live().dialogs == 2);

    // Each is refreshed in its own dialog.
    advance_to_refresh(s, 300s);
    auto const refresh = s.expect("SUBSCRIBE");
    CHECK(tag_of(header(refresh, "To")) == "carol");
    s.reply(refresh, 481);
    CHECK(s.expect_event<sip::subscription_ended>().id == fork.id);
    s.expect_nothing();
    CHECK(s.core.live().subscriptions == 1);

    // Timer N of the first SUBSCRIBE is over: no more forks.
    s.inject(notify(s, sent, 1, "active;expires=300", {}, "dave"));
    s.expect("481 NOTIFY");
}

TEST_CASE("Forks are bounded (RFC 6665 4.4.1)") {
    auto setup = with_events();
    setup.config.limits.forks = 2;
    script s(setup);
    auto options = watching();
    options.forks = sip::fork_rule::each;
    auto const [id, sent] = watched(s, options);
    for (int i = 0; i < 5; ++i) {
        s.inject(notify(s, sent, 1, "active;expires=300", {}, "fork" + std::to_string(i)));
        s.expect(i < 2 ? "200 NOTIFY" : "481 NOTIFY");
    }
    CHECK(s.core.live().subscriptions == 3);
}

TEST_CASE("A refresh that meets 481 makes a new subscription with another Call-ID and tag (RFC 6665 4.1.2.2)") {
    script s(with_events());
    auto const [id, sent] = watched(s);
    advance_to_refresh(s, 600s);
    s.reply(s.expect("SUBSCRIBE"), 481);
    auto const lost = s.expect_event<sip::subscription_changed>();
    CHECK(lost.id == id);
    CHECK(lost.state == state::waiting);
    CHECK(lost.status == 481);
    s.advance(0s);
    auto const fresh = s.expect("SUBSCRIBE");
    CHECK(header(fresh, "Call-ID") != header(sent, "Call-ID"));
    CHECK(tag_of(header(fresh, "From")) != tag_of(header(sent, "From")));
    CHECK(tag_of(header(fresh, "To")).empty());
    // What the old notifier still says is not ours any more.
    s.inject(notify(s, sent, 9, "active;expires=600"));
    s.expect("481 NOTIFY");
    s.inject(notify(s, fresh, 1, "active;expires=600"));
    s.expect("200 NOTIFY");
    CHECK(s.expect_event<sip::notification>().id == id);
    CHECK(s.core.live().dialogs == 1);
}

TEST_CASE("deactivated moves the subscription to another notifier, on a new dialog (RFC 6665 4.4.2)") {
    script s(with_events());
    auto const [id, sent] = watched(s);
    s.advance(30s);
    s.inject(notify(s, sent, 2, "terminated;reason=deactivated"));
    s.expect("200 NOTIFY");
    s.expect_event<sip::notification>();
    CHECK(s.expect_event<sip::subscription_changed>().reason == sip::termination_reason::deactivated);
    CHECK(s.core.live().dialogs == 0);
    s.advance(0s);
    CHECK(header(s.expect("SUBSCRIBE"), "Call-ID") != header(sent, "Call-ID"));
}

TEST_CASE("rejected, noresource and invariant end it for good, probation after its time (RFC 6665 4.1.3)") {
    for (std::string const reason : {"rejected", "noresource", "invariant"}) {
        CAPTURE(reason);
        script s(with_events());
        auto const [id, sent] = watched(s);
        s.inject(notify(s, sent, 2, "terminated;reason=" + reason, "last"));
        s.expect("200 NOTIFY");
        CHECK(s.expect_event<sip::notification>().request.view().body() == "last");
        CHECK(to_string(s.expect_event<sip::subscription_ended>().reason) == reason);
        s.advance(1min);
        s.expect_nothing();
        s.expect_idle();
    }
    script s(with_events());
    auto const [id, sent] = watched(s);
    s.inject(notify(s, sent, 2, "terminated;reason=probation;retry-after=120"));
    s.expect("200 NOTIFY");
    s.advance(119s);
    s.expect_nothing();
    s.advance(1s);
    s.expect("SUBSCRIBE");
}

TEST_CASE("423 is answered in the same subscription with what it asks for (RFC 6665 4.1.2.1)") {
    script s(with_events());
    auto options = watching();
    options.lasting(60);
    subscribe(s, options);
    auto const sent = s.expect("SUBSCRIBE");
    s.reply(sent, 423, {.headers = "Min-Expires: 900\n"});
    auto const again = s.expect("SUBSCRIBE");
    CHECK(header(again, "Expires") == "900");
    CHECK(header(again, "Call-ID") == header(sent, "Call-ID"));
    CHECK(header(again, "From") == header(sent, "From"));
    CHECK(header(again, "CSeq") == "2 SUBSCRIBE");
}

TEST_CASE("A challenge is answered, and the dialog goes on with the higher CSeq (RFC 3261 22.2)") {
    auto setup = with_events();
    setup.account.address_of_record = "sip:1001@10.0.0.2";
    setup.account.password = "secret";
    script s(setup);
    subscribe(s, {"sip:bob@10.0.0.2", "dialog"});
    auto const sent = s.expect("SUBSCRIBE");
    s.reply(sent, 401, {.headers = "WWW-Authenticate: Digest realm=\"10.0.0.2\", nonce=\"n\", qop=\"auth\"\n"});
    auto const again = s.expect("SUBSCRIBE");
    CHECK(header(again, "CSeq") == "2 SUBSCRIBE");
    CHECK(!header(again, "Authorization").empty());
    s.inject(notify(s, again, 1, "active;expires=600"));
    s.expect("200 NOTIFY");
    s.reply(again, 200, {.headers = "Expires: 600\n"});
    advance_to_refresh(s, 600s);
    CHECK(header(s.expect("SUBSCRIBE"), "CSeq") == "3 SUBSCRIBE");
}

TEST_CASE("489 and other final refusals end it with their status (RFC 6665 4.1.2.1)") {
    script s(with_events());
    subscribe(s);
    s.reply(s.expect("SUBSCRIBE"), 489, {.headers = "Allow-Events: presence\n"});
    {
        auto const ended = s.expect_event<sip::subscription_ended>();
        CHECK(ended.status == 489);
        CHECK(ended.cause.view().raw(sip::header_id::allow_events) == "presence");
    }
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("Leaving sends Expires 0 and ends with the last NOTIFY (RFC 6665 4.1.2.3)") {
    script s(with_events());
    auto const [id, sent] = watched(s);
    unsubscribe(s, id);
    auto const leave = s.expect("SUBSCRIBE");
    CHECK(header(leave, "Expires") == "0");
    s.reply(leave, 200, {.headers = "Expires: 0\n"});
    s.expect_no_event();
    s.inject(notify(s, sent, 2, "terminated;reason=timeout", "last"));
    s.expect("200 NOTIFY");
    s.expect_event<sip::notification>();
    s.expect_event<sip::subscription_ended>();
    unsubscribe(s, id, sip::errc::no_such_session);
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("Leaving before any NOTIFY came is over at once; the NOTIFY that follows is refused (RFC 6665 4.1.2.3)") {
    script s(with_events());
    auto const id = subscribe(s);
    auto const sent = s.expect("SUBSCRIBE");
    unsubscribe(s, id);
    s.expect_event<sip::subscription_ended>();
    s.reply(sent, 200, {.headers = "Expires: 600\n"});
    s.inject(notify(s, sent, 1, "active;expires=600"));
    s.expect("481 NOTIFY");
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("Who follows lists says so in SUBSCRIBE alone, and takes the NOTIFYs that require it (RFC 4662 4.1, 4.3)") {
    script s(with_events());
    auto options = watching();
    options.accepting("application/dialog-info+xml").following_lists();
    auto const own = watched(s, options);
    auto const& sent = own.subscribe;
    CHECK(header(sent, "Accept") == "application/dialog-info+xml, multipart/related, application/rlmi+xml");
    CHECK(header(sent, "Supported").find("eventlist") != std::string::npos);
    CHECK(header(sent, "Require").empty());
    auto const of_a_list = [&](unsigned cseq) {
        s.enter_dialog(sent);
        return s.request(
            "NOTIFY", cseq,
            {.headers = "Event: dialog\nSubscription-State: active;expires=600\nRequire: eventlist\n",
             .body = "--b--",
             .content_type = "multipart/related;type=\"application/rlmi+xml\";boundary=b"}
        );
    };
    s.inject(of_a_list(2));
    s.expect("200 NOTIFY");
    CHECK(s.expect_event<sip::notification>().id == own.id);
    advance_to_refresh(s, 600s);
    CHECK(header(s.expect("SUBSCRIBE"), "Supported").find("eventlist") != std::string::npos);
    s.command({}, [&](auto now, auto& out) {
        return s.core.send_request(now, s.account, sip::method::options, "sip:carol@10.0.0.9", {}, {}, {}, out).error();
    });
    CHECK(header(s.expect("OPTIONS"), "Supported").find("eventlist") == std::string::npos);

    script other(with_events());
    auto const single = watched(other).subscribe;
    other.enter_dialog(single);
    other.inject(other.request(
        "NOTIFY", 2, {.headers = "Event: dialog\nSubscription-State: active;expires=600\nRequire: eventlist\n"}
    ));
    CHECK(header(other.expect("420 NOTIFY"), "Unsupported") == "eventlist");
}

TEST_CASE("A fetch asks with Expires 0 and ends with its NOTIFY (RFC 6665 4.4.3)") {
    script s(with_events());
    auto options = watching();
    options.lasting(0);
    subscribe(s, options);
    auto const sent = s.expect("SUBSCRIBE");
    CHECK(header(sent, "Expires") == "0");
    s.reply(sent, 200, {.headers = "Expires: 0\n"});
    s.inject(notify(s, sent, 1, "terminated;reason=timeout", "state"));
    s.expect("200 NOTIFY");
    CHECK(s.expect_event<sip::notification>().request.view().body() == "state");
    s.expect_event<sip::subscription_ended>();
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("The user asks for the whole state again in the same dialog (RFC 6665 4.1.2.2)") {
    script s(with_events());
    auto const own = watched(s);
    auto const refresh = [&](sip::error_code expected) {
        s.command(expected, [&](auto now, auto& out) { return s.core.refresh_subscription(now, own.id, out); });
    };
    refresh({});
    refresh(sip::errc::wrong_state);
    auto const again = s.expect("SUBSCRIBE");
    CHECK(header(again, "Call-ID") == header(own.subscribe, "Call-ID"));
    CHECK(header(again, "Expires") == "3600");
}

TEST_CASE("An id of the Event stands in every SUBSCRIBE of its subscription (RFC 6665 4.5.2)") {
    script s(with_events());
    auto const sent = watched(s, watching("dialog;id=7")).subscribe;
    CHECK(header(sent, "Event") == "dialog;id=7");
    advance_to_refresh(s, 600s);
    CHECK(header(s.expect("SUBSCRIBE"), "Event") == "dialog;id=7");
}

TEST_CASE(
    "A NOTIFY out of order is refused, a repeated one is answered the same and told once (RFC 3261 12.2.2, RFC 3856 "
    "6.8)"
) {
    script s(with_events());
    auto const [id, sent] = watched(s);
    auto const fifth = notify(s, sent, 5, "active;expires=600", "five");
    s.inject(fifth);
    s.expect("200 NOTIFY");
    s.expect_event<sip::notification>();
    s.inject(fifth);
    s.expect("200 NOTIFY");
    s.inject(notify(s, sent, 4, "active;expires=600", "four"));
    s.expect("500 NOTIFY");
    s.expect_no_event();
}

TEST_CASE("A NOTIFY outside of any subscription is handed on where its event is wanted, else refused (RFC 6665 3.2)") {
    auto setup = with_events();
    setup.config.unsolicited_events = {"check-sync"};
    script s(setup);
    s.inject(s.request("NOTIFY", 1, {.headers = "Event: check-sync\nSubscription-State: terminated\n"}));
    auto const asked = s.expect_event<sip::incoming_request>();
    CHECK(asked.request.view().get<sip::header_id::event>()->token == "check-sync");
    s.command({}, [&](auto now, auto& out) { return s.core.respond(now, asked.id, 200, {}, {}, {}, out); });
    s.expect("200 NOTIFY");
    s.call_id = "other";
    s.inject(s.request("NOTIFY", 1, {.headers = "Event: presence\nSubscription-State: terminated\n"}));
    s.expect("481 NOTIFY");
}

TEST_CASE("What the user asks for is bounded and checked before anything is sent") {
    auto setup = with_events();
    setup.config.limits.subscriptions = 1;
    script s(setup);
    auto const refused = [&](sip::error_code why, sip::subscribe_options const& options) {
        s.command(why, [&](auto now, auto& out) {
            auto const made = s.core.subscribe(now, s.account, options, out);
            return made ? sip::error_code() : made.error();
        });
    };
    refused(sip::errc::invalid_argument, {"tel:+1", "dialog"});
    refused(sip::errc::invalid_argument, {"sip:bob@10.0.0.2", ""});
    auto bad = watching();
    bad.with_header("Subject", "a\r\nFrom: b");
    refused(sip::errc::invalid_argument, bad);
    subscribe(s);
    refused(sip::errc::limit_reached, watching());
    script none;
    none.command(sip::errc::wrong_state, [&](auto now, auto& out) {
        auto const made = none.core.subscribe(now, none.account, watching(), out);
        return made ? sip::error_code() : made.error();
    });
}

TEST_CASE("Whatever step the network fails at, a subscription ends or waits, and leaves nothing behind") {
    replay(
        [](script& s) {
            auto options = watching();
            options.renew = false;
            auto const [id, sent] = watched(s, options);
            advance_to_refresh(s, 600s);
            s.reply(s.expect("SUBSCRIBE"), 200, {.headers = "Expires: 600\n"});
            s.inject(notify(s, sent, 2, "active;expires=600"));
            s.expect("200 NOTIFY");
            s.expect_event<sip::notification>();
            unsubscribe(s, id);
            s.reply(s.expect("SUBSCRIBE"), 200, {.headers = "Expires: 0\n"});
            s.inject(notify(s, sent, 3, "terminated"));
            s.expect("200 NOTIFY");
        },
        with_events()
    );
}
