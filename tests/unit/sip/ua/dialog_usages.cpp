// Covers: a dialog that a call shares with subscriptions of both sides and with a transfer (RFC 5057): which failure of
// a call's request ends what. The table itself is tested in dialog/destruction.cpp, failures of NOTIFY and REFER in
// notifiers.cpp and refers.cpp.
#include <functional>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "events.hpp"

using namespace std::chrono_literals;
using test::script;

namespace {

test::script_options sharing() {
    auto options = test::with_events();
    options.config.methods.push_back(sip::method::refer);
    options.config.methods.push_back(sip::method::info);
    return options;
}

/// Our call, answered; the peer watches us in its dialog, and a transfer that we have asked for is under way in it.
sip::session_id shared_dialog(script& s) {
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 200, {.headers = "Allow: INVITE, ACK, BYE, UPDATE, INFO\n", .body = "answer"});
    s.expect("ACK");
    s.expect_event<sip::call_answered>();
    s.enter_dialog(invite);
    s.inject(test::peers_subscribe(s, 2));
    test::accept(s, s.expect_event<sip::incoming_subscription>().id);
    s.expect("200 SUBSCRIBE");
    s.reply(s.expect("NOTIFY"), 200);
    s.command({}, [&](auto now, auto& out) {
        return s.core.refer(now, id, sip::refer_options("sip:carol@10.0.0.3"), out).error();
    });
    s.reply(s.expect("REFER"), 202);
    s.expect_event<sip::subscription_changed>();
    return id;
}

/// What a failure left, by the events that came.
struct ends {
    int calls = 0, notifiers = 0, subscriptions = 0;
    friend bool operator==(ends const&, ends const&) = default;
};

struct failing {
    std::string what;
    std::function<void(script&, sip::session_id)> send;
};

}  // namespace

TEST_CASE("What destroys the dialog ends the call and every other usage of it, once each (RFC 5057 5.1)") {
    std::vector<failing> const requests{
        {"INVITE", [](script& s, sip::session_id id) { s.reoffer(id); }},
        {"UPDATE", [](script& s,
                      sip::session_id id) { s.reoffer(id, "new", {}, sip::offer_options(sip::offer_method::update)); }},
        {"INFO",
         [](script& s, sip::session_id id) {
             s.command({}, [&](auto now, auto& out) {
                 return s.core.request_in_call(now, id, sip::method::info, "text/plain", "x", out).error();
             });
         }},
    };
    for (auto const& request : requests) {
        for (unsigned const status : {404U, 410U, 416U, 482U, 483U, 484U, 485U, 502U, 604U, 481U}) {
            CAPTURE(request.what);
            CAPTURE(status);
            script s(sharing());
            auto const id = shared_dialog(s);
            request.send(s, id);
            s.reply(s.expect(request.what), status);
            ends seen;
            s.for_each_event([&](sip::event const& e) {
                seen.calls += std::holds_alternative<sip::call_ended>(e);
                seen.notifiers += std::holds_alternative<sip::notifier_ended>(e);
                seen.subscriptions += std::holds_alternative<sip::subscription_ended>(e);
            });
            // 481 is about the usage alone (RFC 5057 5.1): the others learn of it when they are refreshed.
            CHECK(seen == (status == 481 ? ends{1, 0, 0} : ends{1, 1, 1}));
            CHECK(s.core.live().sessions == 0);
            CHECK(s.core.live().notifiers == (status == 481 ? 1 : 0));
        }
    }
}

TEST_CASE("A BYE that meets the end of the dialog ends what is left in it (RFC 5057 5.1)") {
    for (unsigned const status : {200U, 481U, 404U}) {
        CAPTURE(status);
        script s(sharing());
        auto const id = shared_dialog(s);
        s.hang_up(id);
        s.expect_event<sip::call_ended>();
        s.reply(s.expect("BYE"), status);
        if (status == 404) {
            CHECK(s.core.live().notifiers == 0);
            CHECK(s.core.live().subscriptions == 0);
            CHECK(s.core.live().dialogs == 0);
        } else {
            CHECK(s.core.live().notifiers == 1);
            CHECK(s.core.live().dialogs == 1);
        }
    }
}

TEST_CASE("A failure of one transaction leaves the call and all that shares its dialog (RFC 5057 5.1)") {
    for (unsigned const status : {400U, 403U, 415U, 433U, 488U, 500U, 603U, 606U}) {
        CAPTURE(status);
        script s(sharing());
        auto const id = shared_dialog(s);
        s.reoffer(id);
        s.reply(s.expect("INVITE"), status);
        s.expect("ACK");
        CHECK(s.expect_event<sip::offer_failed>().status == status);
        s.expect_no_event();
        CHECK(s.core.live().sessions == 1);
        CHECK(s.core.live().notifiers == 1);
    }
}

TEST_CASE("A PRACK that meets the end of the dialog ends its fork, whatever it carried (RFC 5057 5.1)") {
    for (unsigned const status : {404U, 481U}) {
        CAPTURE(status);
        script s;
        auto const id = s.invite();
        auto const invite = s.expect("INVITE");
        s.reply(invite, 183, {.headers = "Require: 100rel\nRSeq: 1\n", .body = "answer"});
        s.expect_event<sip::call_progress>();
        s.reply(s.expect("PRACK"), status);
        if (status == 404) {
            CHECK(s.expect_event<sip::call_ended>().id == id);
            s.expect("CANCEL");
        } else {
            s.expect_no_event();  // it may have crossed the final response
        }
    }
}

TEST_CASE("A target refresh of one usage moves the target of all (RFC 5057 5.4)") {
    script s(sharing());
    auto const id = shared_dialog(s);
    s.inject(test::peers_subscribe(s, 3, "600", "Contact: <sip:bob@10.0.0.2:5099>\n"));
    s.expect("200 SUBSCRIBE");
    s.reoffer(id);
    CHECK(s.expect("INVITE").starts_with("INVITE sip:bob@10.0.0.2:5099 "));
}

TEST_CASE("A new usage that is refused leaves those that are there (RFC 5057 5.6)") {
    script s(sharing());
    shared_dialog(s);
    s.inject(s.request("SUBSCRIBE", 3, {.headers = "Event: presence\nExpires: 600\n"}));
    s.expect("489 SUBSCRIBE");
    s.inject(s.request("REFER", 4, {.headers = "Refer-To: <sip:carol@10.0.0.3>\n"}));
    auto const asked = s.expect_event<sip::transfer_requested>();
    s.command({}, [&](auto now, auto& out) { return s.core.refuse_subscription(now, asked.id, 603, {}, out); });
    s.expect("603 REFER");
    CHECK(s.core.live().sessions == 1);
    CHECK(s.core.live().notifiers == 1);
    CHECK(s.core.live().subscriptions == 1);
    CHECK(s.core.live().dialogs == 1);
}

TEST_CASE("Replaces takes the call out of its dialog and leaves the other usages there (RFC 5057 5.7)") {
    script s(sharing());
    auto const id = shared_dialog(s);
    auto const replaced = "Replaces: " + s.call_id + ";to-tag=" + test::tag_of(s.own_address) + ";from-tag=bob\n";
    auto const referred = "Referred-By: " + s.peer_address.substr(0, s.peer_address.find(";tag=")) + "\n";
    s.call_id = "another";
    s.own_address = "<sip:1001@10.0.0.1>";
    s.peer_address = "<sip:carol@10.0.0.2>;tag=carol";
    s.inject(s.request("INVITE", 1, {.headers = replaced + referred, .body = "offer"}));
    s.answer(s.expect_event<sip::incoming_call>().id);
    s.expect("200 INVITE");
    s.expect("BYE");
    CHECK(s.expect_event<sip::call_ended>().id == id);
    CHECK(s.core.live().notifiers == 1);
    CHECK(s.core.live().subscriptions == 1);
}
