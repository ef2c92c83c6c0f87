// Covers: events as notifier, with their messages: SUBSCRIBE accepted, refused, too brief, refreshed, ended from both
// sides; NOTIFY in order, repeated, failed; a dialog shared with a call.
// Not covered: which NOTIFY is due when (usage/notifier.cpp).
#include <doctest/doctest.h>

#include "calls.hpp"
#include "events.hpp"

using namespace std::chrono_literals;
using namespace test;

TEST_CASE(
    "An accepted SUBSCRIBE is answered 200, and its NOTIFY follows at once (RFC 6665 3.2.1, 4.2.1.2, 8.3.1, RFC 3842 "
    "3.8)"
) {
    script s(with_events());
    s.inject(peers_subscribe(s, 1, "600", "Record-Route: <sip:10.0.0.9;lr>\n"));
    auto const asked = s.expect_event<sip::incoming_subscription>();
    CHECK(asked.account == s.account);
    CHECK(asked.expires == 600);
    s.expect_nothing();
    accept(s, asked.id, "state");
    auto const ok = s.expect("200 SUBSCRIBE");
    CHECK(header(ok, "Expires") == "600");
    CHECK(header(ok, "Contact") == "<sip:1001@10.0.0.1:5060>");
    CHECK(header(ok, "Record-Route") == "<sip:10.0.0.9;lr>");
    auto const told = s.expect("NOTIFY");
    CHECK(header(told, "Event") == "dialog");
    CHECK(header(told, "Subscription-State") == "active;expires=600");
    CHECK(header(told, "Content-Type") == "application/dialog-info+xml");
    CHECK(header(told, "Contact") == "<sip:1001@10.0.0.1:5060>");
    CHECK(header(told, "From") == header(ok, "To"));
    CHECK(header(told, "To") == s.peer_address);
    CHECK(header(told, "Route") == "<sip:10.0.0.9;lr>");
    CHECK(body_of(told) == "state");
}

TEST_CASE("A subscription that the user has to ask for is pending first, then active (RFC 6665 4.2.2, RFC 3856 6.7)") {
    script s(with_events());
    s.inject(peers_subscribe(s, 1));
    auto const id = s.expect_event<sip::incoming_subscription>().id;
    accept(s, id, {}, sip::subscription_phase::pending);
    s.expect("200 SUBSCRIBE");
    auto const pending = s.expect("NOTIFY");
    CHECK(header(pending, "Subscription-State") == "pending;expires=600");
    CHECK(body_of(pending).empty());
    s.reply(pending, 200);
    s.advance(100s);
    tell(s, id, "state");
    auto const active = s.expect("NOTIFY");
    CHECK(header(active, "Subscription-State") == "active;expires=500");
    CHECK(body_of(active) == "state");
}

TEST_CASE("An event that we do not serve is answered 489 with Allow-Events (RFC 6665 4.1.1, 4.2.1.1, 4.4.4, 7.2)") {
    script s(with_events());
    s.inject(s.request("SUBSCRIBE", 1, {.headers = "Event: presence\n"}));
    CHECK(header(s.expect("489 SUBSCRIBE"), "Allow-Events") == "dialog");
    s.inject(s.request("SUBSCRIBE", 2));
    s.expect("489 SUBSCRIBE");
    s.inject(s.request("OPTIONS", 3));
    CHECK(header(s.expect("200 OPTIONS"), "Allow-Events") == "dialog");
    s.expect_no_event();
    CHECK(s.core.live().dialogs == 0);
}

TEST_CASE("A SUBSCRIBE that is too brief is answered 423 with the least that we take (RFC 6665 4.2.1.1)") {
    script s(with_events());
    s.inject(peers_subscribe(s, 1, "10"));
    CHECK(header(s.expect("423 SUBSCRIBE"), "Min-Expires") == "60");
    s.expect_no_event();
    s.inject(peers_subscribe(s, 2, "100000"));
    CHECK(s.expect_event<sip::incoming_subscription>().expires == 7200);
}

TEST_CASE(
    "A SUBSCRIBE that does not take our bodies is answered 406, one without Contact 400 (RFC 6665 4.2.1.1, RFC 4235 "
    "3.5, RFC 3856 6.5)"
) {
    script s(with_events());
    s.inject(peers_subscribe(s, 1, "600", "Accept: text/plain\n"));
    s.expect("406 SUBSCRIBE");
    s.inject(peers_subscribe(s, 2, "600", "Accept: application/*\n"));
    s.expect_event<sip::incoming_subscription>();
    s.call_id = "second";
    s.inject(
        wire("SUBSCRIBE sip:1001@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKnc\nMax-Forwards: 70\nFrom: "
             "<sip:b@c>;tag=1\nTo: <sip:1001@10.0.0.1>\nCall-ID: nc\nCSeq: 1 SUBSCRIBE\nEvent: dialog\n")
    );
    s.expect("400 SUBSCRIBE");
}

TEST_CASE(
    "The user refuses, or asks for credentials, and nothing of it is left (RFC 6665 4.2.1.3, RFC 3842 3.7, RFC 3856 "
    "6.6.1, RFC 3680 4.6)"
) {
    script s(with_events());
    s.inject(peers_subscribe(s, 1));
    auto const id = s.expect_event<sip::incoming_subscription>().id;
    std::vector<sip::extra_header> const challenge{{"WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\""}};
    s.command({}, [&](auto now, auto& out) { return s.core.refuse_subscription(now, id, 401, challenge, out); });
    CHECK(header(s.expect("401 SUBSCRIBE"), "WWW-Authenticate") == "Digest realm=\"r\", nonce=\"n\"");
    CHECK(s.expect_event<sip::notifier_ended>().why == sip::notifier_end::closed);
    CHECK(s.core.live().dialogs == 0);
    s.inject(peers_subscribe(
        s, 2, "600", "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n\", uri=\"x\", response=\"y\"\n"
    ));
    s.expect_event<sip::incoming_subscription>();
}

TEST_CASE("A user that does not decide loses the subscription when the peer has given up (RFC 4320 4.1)") {
    script s(with_events());
    s.inject(peers_subscribe(s, 1));
    auto const id = s.expect_event<sip::incoming_subscription>().id;
    s.advance(32s);
    CHECK(s.expect_event<sip::notifier_ended>().why == sip::notifier_end::unanswered);
    s.command(sip::errc::no_such_session, [&](auto now, auto& out) {
        return s.core.accept_subscription(now, id, sip::subscription_phase::active, {}, {}, out);
    });
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("A refresh is answered at once; its NOTIFY is the user's, or goes without a body (RFC 6665 4.2.1.4)") {
    script s(with_events());
    auto const id = watcher(s);
    s.advance(500s);
    s.inject(peers_subscribe(s, 2, "300"));
    CHECK(header(s.expect("200 SUBSCRIBE"), "Expires") == "300");
    auto const refreshed = s.expect_event<sip::subscription_refreshed>();
    CHECK(refreshed.id == id);
    CHECK(refreshed.expires == 300);
    SUBCASE("the user tells") {
        tell(s, id, "whole state");
        auto const told = s.expect("NOTIFY");
        CHECK(header(told, "Subscription-State") == "active;expires=300");
        CHECK(body_of(told) == "whole state");
        s.reply(told, 200);
        s.advance(1s);
        s.expect_nothing();
    }
    SUBCASE("the user does not") {
        s.advance(500ms);
        auto const told = s.expect("NOTIFY");
        CHECK(header(told, "Subscription-State") == "active;expires=300");
        CHECK(body_of(told).empty());
    }
}

TEST_CASE("The peer leaves: 200, then the last NOTIFY (RFC 6665 4.2.1.4)") {
    script s(with_events());
    auto const id = watcher(s);
    s.inject(peers_subscribe(s, 2, "0"));
    CHECK(header(s.expect("200 SUBSCRIBE"), "Expires") == "0");
    auto const last = s.expect("NOTIFY");
    CHECK(header(last, "Subscription-State") == "terminated;reason=timeout");
    auto const ended = s.expect_event<sip::notifier_ended>();
    CHECK(ended.id == id);
    CHECK(ended.why == sip::notifier_end::unsubscribed);
    tell(s, id, "late", sip::errc::no_such_session);
    s.reply(last, 200);
    s.inject(peers_subscribe(s, 3));
    s.expect("481 SUBSCRIBE");
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("A fetch gets the state in one NOTIFY that ends it (RFC 6665 4.4.3)") {
    script s(with_events());
    s.inject(peers_subscribe(s, 1, "0"));
    sip::notifier_id id;
    {
        auto const asked = s.expect_event<sip::incoming_subscription>();
        CHECK(asked.expires == 0);
        id = asked.id;
    }
    accept(s, id, "state");
    CHECK(header(s.expect("200 SUBSCRIBE"), "Expires") == "0");
    auto const told = s.expect("NOTIFY");
    CHECK(header(told, "Subscription-State") == "terminated;reason=timeout");
    CHECK(body_of(told) == "state");
    s.expect_event<sip::notifier_ended>();
    s.reply(told, 200);
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("An id of the Event stands in every NOTIFY of its subscription (RFC 6665 4.5.2)") {
    script s(with_events());
    s.inject(s.request("SUBSCRIBE", 1, {.headers = "Event: dialog;id=9\nExpires: 600\n"}));
    auto const id = s.expect_event<sip::incoming_subscription>().id;
    accept(s, id);
    auto const ok = s.expect("200 SUBSCRIBE");
    CHECK(header(ok, "Event").empty());  // it belongs into requests only (8.2.1)
    CHECK(header(ok, "Subscription-State").empty());
    auto const first = s.expect("NOTIFY");
    CHECK(header(first, "Event") == "dialog;id=9");
    s.reply(first, 200);
    tell(s, id, "again");
    CHECK(header(s.expect("NOTIFY"), "Event") == "dialog;id=9");
}

TEST_CASE("A CANCEL of a SUBSCRIBE or NOTIFY is answered, and changes nothing (RFC 6665 4.6, RFC 3261 9.2)") {
    script s(with_events());
    s.inject(s.request("SUBSCRIBE", 1, {.headers = "Event: dialog\nExpires: 600\n", .branch = "z9hG4bKsub"}));
    auto const id = s.expect_event<sip::incoming_subscription>().id;
    s.inject(s.request("CANCEL", 1, {.branch = "z9hG4bKsub"}));
    s.expect("200 CANCEL");
    s.expect_nothing();
    s.expect_no_event();
    accept(s, id);
    s.expect("200 SUBSCRIBE");
    s.expect("NOTIFY");

    script t(with_events());
    auto const sent = watched(t).subscribe;
    t.inject(t.request("NOTIFY", 2, {.headers = "Event: dialog\nSubscription-State: active\n", .branch = "z9hG4bKn"}));
    t.expect("200 NOTIFY");
    t.expect_event<sip::notification>();
    t.inject(t.request("CANCEL", 2, {.branch = "z9hG4bKn"}));
    t.expect("200 CANCEL");
    t.expect_no_event();
    CHECK(t.core.live().subscriptions == 1);
    (void)sent;
}

TEST_CASE("What is not refreshed expires with a last NOTIFY (RFC 6665 4.2.2)") {
    script s(with_events());
    watcher(s);
    s.advance(600s);
    CHECK(header(s.expect("NOTIFY"), "Subscription-State") == "terminated;reason=timeout");
    CHECK(s.expect_event<sip::notifier_ended>().why == sip::notifier_end::expired);
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("The user ends it with a reason and a time (RFC 6665 4.2.2)") {
    script s(with_events());
    auto const id = watcher(s);
    end(s, id, sip::termination_reason::probation, 60, "last");
    auto const last = s.expect("NOTIFY");
    CHECK(header(last, "Subscription-State") == "terminated;reason=probation;retry-after=60");
    CHECK(body_of(last) == "last");
    CHECK(s.expect_event<sip::notifier_ended>().why == sip::notifier_end::closed);
    s.reply(last, 481);  // it changes nothing any more
    s.expect_no_event();
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("One NOTIFY at a time; the newest state follows when it is answered (RFC 6665 4.2.2)") {
    script s(with_events());
    auto const id = watcher(s);
    tell(s, id, "one");
    auto const first = s.expect("NOTIFY");
    tell(s, id, "two");
    tell(s, id, "three");
    s.expect_nothing();
    s.reply(first, 200);
    auto const next = s.expect("NOTIFY");
    CHECK(body_of(next) == "three");
    CHECK(header(first, "CSeq") == "2 NOTIFY");
    CHECK(header(next, "CSeq") == "3 NOTIFY");
}

TEST_CASE("A NOTIFY that says that nobody listens ends the subscription (RFC 6665 4.2.2, RFC 5057 5.1)") {
    for (unsigned const status : {404U, 405U, 410U, 416U, 480U, 481U, 482U, 483U, 484U, 485U, 489U, 501U, 604U}) {
        CAPTURE(status);
        script s(with_events());
        auto const id = watcher(s);
        tell(s, id, "state");
        s.reply(s.expect("NOTIFY"), status);
        auto const ended = s.expect_event<sip::notifier_ended>();
        CHECK(ended.id == id);
        CHECK(ended.why == sip::notifier_end::failed);
        CHECK(ended.status == status);
        s.advance(1min);
        s.expect_idle();
    }
}

TEST_CASE("A NOTIFY that nobody answers ends it as well (RFC 6665 4.2.2)") {
    script s(with_events());
    auto const id = watcher(s);
    tell(s, id, "state");
    s.advance(32s);
    CHECK(s.expect_event<sip::notifier_ended>().why == sip::notifier_end::failed);
    s.advance(1min);
    s.expect_idle();
}

TEST_CASE("A NOTIFY that fails for now is told again after Retry-After; the subscription stays (RFC 6665 4.2.2)") {
    script s(with_events());
    auto const id = watcher(s);
    tell(s, id, "state");
    s.reply(s.expect("NOTIFY"), 500, {.headers = "Retry-After: 20\n"});
    s.expect_no_event();
    s.advance(19s);
    s.expect_nothing();
    s.advance(1s);
    auto const again = s.expect("NOTIFY");
    CHECK(body_of(again) == "state");
    s.reply(again, 200);
    CHECK(s.core.live().notifiers == 1);
    (void)id;
}

TEST_CASE("Subscriptions of peers are bounded: one more is answered 503 with Retry-After (RFC 6665 6.4)") {
    auto setup = with_events();
    setup.config.limits.notifiers = 2;
    script s(setup);
    for (int i = 0; i < 3; ++i) {
        s.call_id = "watcher" + std::to_string(i);
        s.inject(peers_subscribe(s, 1));
        if (i < 2) s.expect_event<sip::incoming_subscription>();
    }
    CHECK(header(s.expect("503 SUBSCRIBE"), "Retry-After") == "60");
    s.expect_no_event();
}

TEST_CASE("A subscription in the dialog of a call lives on when the call ends (RFC 6665 4.5.2, RFC 5057 4.1, 5.5)") {
    script s(with_events());
    auto const call = called(s);
    s.inject(peers_subscribe(s, 2));
    auto const asked = s.expect_event<sip::incoming_subscription>();
    CHECK(asked.session == call);
    accept(s, asked.id);
    CHECK(header(s.expect("200 SUBSCRIBE"), "To") == s.own_address);
    auto const told = s.expect("NOTIFY");
    CHECK(header(told, "Call-ID") == s.call_id);
    s.reply(told, 200);
    s.inject(s.request("BYE", 3));
    s.expect("200 BYE");
    s.expect_event<sip::call_ended>();
    CHECK(s.core.live().dialogs == 1);
    tell(s, asked.id, "later");
    CHECK(body_of(s.expect("NOTIFY")) == "later");
    s.inject(s.request("BYE", 4));
    s.expect("481 BYE");
}

TEST_CASE(
    "A NOTIFY in a call's dialog that ends the dialog ends the call too; one that ends the usage does not (RFC 5057 "
    "5.1)"
) {
    for (unsigned const status : {481U, 404U}) {
        CAPTURE(status);
        script s(with_events());
        called(s);
        s.inject(peers_subscribe(s, 2));
        accept(s, s.expect_event<sip::incoming_subscription>().id);
        s.expect("200 SUBSCRIBE");
        s.reply(s.expect("NOTIFY"), status);
        CHECK(s.expect_event<sip::notifier_ended>().status == status);
        if (status == 404) {
            CHECK(s.expect_event<sip::call_ended>().why == sip::end_reason::dialog_lost);
            s.reply(s.expect("BYE"), 200);
        } else {
            s.expect_no_event();
            CHECK(s.core.live().sessions == 1);
        }
    }
}

TEST_CASE("Whatever step the network fails at, a peer's subscription ends and leaves nothing behind") {
    replay(
        [](script& s) {
            auto const id = watcher(s);
            tell(s, id, "one");
            s.reply(s.expect("NOTIFY"), 200);
            s.advance(100s);
            s.inject(peers_subscribe(s, 2));
            s.expect("200 SUBSCRIBE");
            tell(s, id, "two");
            s.reply(s.expect("NOTIFY"), 200);
            s.inject(peers_subscribe(s, 3, "0"));
            s.expect("200 SUBSCRIBE");
            s.reply(s.expect("NOTIFY"), 200);
        },
        with_events()
    );
}

// ---- GRUU

namespace {

constexpr auto instance = "urn:uuid:00000000-0000-1000-8000-000a95a0e128";

/// Registered, with what the registrar says of our contact beside its time.
void register_at(script& s, std::string const& said_of_us) {
    s.command({}, [&](auto now, auto& out) { return s.core.register_account(now, s.account, out); });
    auto const sent = s.expect("REGISTER");
    CHECK(header(sent, "Supported").find("gruu") != std::string::npos);
    s.reply(
        sent, 200,
        {.headers = "Contact: <sip:1009@10.0.0.8>;expires=600;pub-gruu=\"sip:1009@example.com;gr=another\"\n"
                    "Contact: <sip:1001@10.0.0.1:5060>;expires=600" +
                    said_of_us + "\n"}
    );
    s.expect_event<sip::registration_changed>();
    s.expect_event<sip::registration_changed>();
}
script_options with_instance() {
    auto options = with_events();
    options.account.address_of_record = "sip:1001@example.com";
    options.account.registrar = "sip:10.0.0.2:5060";
    options.account.instance = instance;
    return options;
}

}  // namespace

TEST_CASE(
    "Where the registrar gave a GRUU, it is the Contact of subscriptions, not of calls (RFC 6665 4.5.1, RFC 5627 4.2, "
    "4.4, RFC 5627 4.1)"
) {
    script s(with_instance());
    register_at(s, ";pub-gruu=\"sip:1001@example.com;gr=urn:uuid:f81d\";temp-gruu=\"sip:tgruu.x@example.com;gr\"");
    s.inject(peers_subscribe(s, 1));
    auto const id = s.expect_event<sip::incoming_subscription>().id;
    accept(s, id);
    auto const ok = s.expect("200 SUBSCRIBE");
    s.own_address = header(ok, "To");
    CHECK(header(ok, "Contact") == "<sip:1001@example.com;gr=urn:uuid:f81d>");
    auto const told = s.expect("NOTIFY");
    CHECK(header(told, "Contact") == "<sip:1001@example.com;gr=urn:uuid:f81d>");
    s.reply(told, 200);
    s.inject(peers_subscribe(s, 2));  // a refresh
    CHECK(header(s.expect("200 SUBSCRIBE"), "Contact") == "<sip:1001@example.com;gr=urn:uuid:f81d>");
    subscribe(s);
    CHECK(header(s.expect("SUBSCRIBE"), "Contact") == "<sip:1001@example.com;gr=urn:uuid:f81d>");
    s.invite();
    CHECK(header(s.expect("INVITE"), "Contact") == "<sip:1001@10.0.0.1:5060>");
}

TEST_CASE(
    "The report of a transfer in a call's dialog leaves the call's target where it is (RFC 6665 4.5.1, RFC 3261 "
    "12.2.1.1)"
) {
    auto options = with_instance();
    options.config.methods.push_back(sip::method::refer);
    script s(options);
    register_at(s, ";pub-gruu=\"sip:1001@example.com;gr=x\"");
    static_cast<void>(called(s));
    s.inject(s.request("REFER", 2, {.headers = "Refer-To: <sip:carol@10.0.0.3>\n"}));
    auto const asked = s.expect_event<sip::transfer_requested>().id;
    s.command({}, [&](auto now, auto& out) { return s.core.accept_transfer(now, asked, out); });
    CHECK(header(s.expect("202 REFER"), "Contact").find(";gr") == std::string::npos);
    CHECK(header(s.expect("NOTIFY"), "Contact").find(";gr") == std::string::npos);
}

TEST_CASE("A GRUU that is none, or is no more, is not used (RFC 5627 4.2)") {
    auto const contact = [](std::string const& said_of_us, bool is_registered = true) {
        script s(with_instance());
        register_at(s, said_of_us);
        if (!is_registered) {
            s.command({}, [&](auto now, auto& out) { return s.core.unregister_account(now, s.account, out); });
            s.reply(s.expect("REGISTER"), 200);
        }
        subscribe(s);
        return header(s.expect("SUBSCRIBE"), "Contact");
    };
    auto const good = ";pub-gruu=\"sip:1001@example.com;gr=x\"";
    CHECK(contact(good) == "<sip:1001@example.com;gr=x>");
    for (auto const* bad :
         {"", ";pub-gruu=\"\"", ";pub-gruu=\"sip:1001@example.com\"", ";pub-gruu=\"tel:+1;gr\"",
          ";pub-gruu=\"sip:1001@example.com;gr=x>;y=\"", ";temp-gruu=\"sip:t@example.com;gr\"",
          ";pub-gruu=\"sips:1001@example.com;gr=x\""})
        CHECK(contact(bad) == "<sip:1001@10.0.0.1:5060>");
    CHECK(contact(good, false) == "<sip:1001@10.0.0.1:5060>");
}
