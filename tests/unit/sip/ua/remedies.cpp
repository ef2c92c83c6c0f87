// Covers: what the user agent does with each refusal that says how a request may succeed, and each that says when; that
// every such retry has its bound. Not here: challenges (challenges.cpp), 3xx (redirects.cpp), 422 (session_timers.cpp),
// 423 (accounts.cpp, subscriptions.cpp), 491 and 500 inside a call (reinvite.cpp, update.cpp).
#include <array>

#include <doctest/doctest.h>

#include "calls.hpp"
#include "support/ua_pair.hpp"

using namespace std::chrono_literals;
using test::body_of;
using test::header;
using test::script;

namespace {

/// Refuses the INVITE `first`; gives the one that follows it, which must be the same call with the next CSeq.
std::string refused(script& s, std::string const& first, unsigned status, std::string const& headers) {
    s.reply(first, status, {.headers = headers});
    s.expect("ACK");
    s.expect_no_event();
    auto second = s.expect("INVITE");
    for (auto* same : {"Call-ID", "From", "To"})
        CHECK(header(second, same) == header(first, same));
    CHECK(header(second, "CSeq") != header(first, "CSeq"));
    return second;
}

void expect_rejected(script& s, std::string const& invite, unsigned status, std::string const& headers = {}) {
    s.reply(invite, status, {.headers = headers});
    s.expect("ACK");
    CHECK(s.expect_event<sip::call_ended>().status == status);
    s.expect_nothing();
}

bool has(std::string const& list, std::string const& option) {
    return list.find(option) != std::string::npos;
}

}  // namespace

TEST_CASE("420: the INVITE goes again without the extensions that Unsupported lists (RFC 3261 8.1.3.5, 21.4.15)") {
    test::script_options options;
    options.account.reliable_provisional = sip::reliability::required;
    test::replay(
        [](script& s) {
            s.invite();
            auto const first = s.expect("INVITE");
            CHECK(header(first, "Require") == "100rel");
            auto const second = refused(s, first, 420, "Unsupported: 100rel\n");
            CHECK(header(second, "Require").empty());
            CHECK(!has(header(second, "Supported"), "100rel"));
            CHECK(has(header(second, "Supported"), "replaces"));
            CHECK(body_of(second) == "offer");
            s.reply(second, 200, {.body = "answer"});
            CHECK(header(s.expect("ACK"), "CSeq") == "2 ACK");
            s.expect_event<sip::call_answered>();
        },
        options
    );
}

TEST_CASE("420 without the timer takes the timer's headers along (RFC 3261 21.4.15, RFC 4028 7.1)") {
    test::script_options options;
    options.account.session_timer.when = sip::session_timer_settings::use::requested;
    script s(options);
    s.invite();
    auto const first = s.expect("INVITE");
    REQUIRE(!header(first, "Session-Expires").empty());
    auto const second = refused(s, first, 420, "Unsupported: timer\n");
    CHECK(header(second, "Session-Expires").empty());
    CHECK(!has(header(second, "Supported"), "timer"));
}

TEST_CASE("420 that changes nothing, or asks to forget what the call is for, ends it (RFC 3261 8.1.3.5, RFC 3891 4)") {
    script s;
    s.invite();
    expect_rejected(s, s.expect("INVITE"), 420, "Unsupported: something-else\n");
    s.invite();
    expect_rejected(s, s.expect("INVITE"), 420);
    sip::invite_options replacing("sip:bob@10.0.0.2:5060");
    replacing.with_offer("offer").with_replaces("call", "a", "b");
    s.command({}, [&](auto now, auto& out) { return s.core.invite(now, s.account, replacing, out).error(); });
    expect_rejected(s, s.expect("INVITE"), 420, "Unsupported: replaces\n");
}

TEST_CASE("A chain of proxies that refuse one extension after the other is followed so far and no further") {
    test::script_options options;
    options.config.supported = {"a", "b", "c", "d", "e"};
    script s(options);
    s.invite();
    auto invite = s.expect("INVITE");
    for (auto const* option : {"a", "b", "c", "d"})
        invite = refused(s, invite, 420, std::string("Unsupported: ") + option + "\n");
    expect_rejected(s, invite, 420, "Unsupported: e\n");
}

TEST_CASE("421: a request goes again with the extensions that it lacked, where we have them (RFC 3261 8.1.3.5, 21.4.16)"
) {
    // One proxy refuses what the next one demands: that ends, too.
    test::script_options options;
    options.account.session_timer.when = sip::session_timer_settings::use::supported;
    script s(options);
    s.invite();
    auto invite = s.expect("INVITE");
    CHECK(has(header(invite, "Supported"), "timer"));
    for (int round = 0; round < 2; ++round) {
        invite = refused(s, invite, 420, "Unsupported: timer\n");
        CHECK(!has(header(invite, "Supported"), "timer"));
        invite = refused(s, invite, 421, "Require: timer\n");
        CHECK(has(header(invite, "Supported"), "timer"));
    }
    expect_rejected(s, invite, 420, "Unsupported: timer\n");
}

TEST_CASE("421 for what we have not ends the call (RFC 3261 21.4.16)") {
    script s;
    s.invite();
    expect_rejected(s, s.expect("INVITE"), 421, "Require: quantum\n");
}

TEST_CASE("415: of a multipart body the part that is accepted goes again (RFC 3261 8.1.3.5, 21.4.13)") {
    script s;
    sip::invite_options options("sip:bob@10.0.0.2:5060");
    options.with_offer(
        "--b\r\nContent-Type: application/isup\r\n\r\nisup\r\n--b\r\nContent-Type: "
        "application/sdp\r\n\r\nv=0\r\n--b--\r\n"
    );
    options.content_type = "multipart/mixed;boundary=b";
    s.command({}, [&](auto now, auto& out) { return s.core.invite(now, s.account, options, out).error(); });
    auto const second = refused(s, s.expect("INVITE"), 415, "Accept: application/sdp\n");
    CHECK(header(second, "Content-Type") == "application/sdp");
    CHECK(body_of(second) == "v=0");
    s.reply(second, 200, {.body = "answer"});
    s.expect("ACK");
    CHECK(s.expect_event<sip::call_answered>().has_description);
}

TEST_CASE("415 for a body that is all we have ends the request (RFC 3261 21.4.13)") {
    script s;
    s.invite();
    expect_rejected(s, s.expect("INVITE"), 415, "Accept: text/plain\n");
}

TEST_CASE(
    "416: a telephone number goes again as a SIP URI of our own domain; SIPS never becomes SIP (RFC 3261 8.1.3.5, RFC "
    "5630 5.1.1)"
) {
    test::script_options options;
    options.account.route_set = {"sip:10.0.0.2:5060;lr"};
    script s(options);
    auto const ask = [&](std::string_view target) {
        s.command({}, [&](auto now, auto& out) {
            return s.core.send_request(now, s.account, sip::method::options, target, {}, {}, {}, out).error();
        });
        return s.expect("OPTIONS");
    };
    auto const number = ask("tel:+4930123");
    CHECK(number.starts_with("OPTIONS tel:+4930123 "));
    s.reply(number, 416);
    auto const again = s.expect("OPTIONS");
    CHECK(again.starts_with("OPTIONS sip:+4930123@10.0.0.1;user=phone "));
    CHECK(header(again, "CSeq") == "2 OPTIONS");
    CHECK(header(again, "Call-ID") == header(number, "Call-ID"));
    s.reply(again, 416);
    CHECK(s.expect_event<sip::request_completed>().status == 416);
    s.expect_nothing();
}

TEST_CASE("A refusal tells the user when another attempt may be worth while (RFC 3261 20.33)") {
    script s;
    for (unsigned const status : {404U, 413U, 480U, 486U, 500U, 503U, 600U, 603U}) {
        CAPTURE(status);
        s.invite();
        s.reply(s.expect("INVITE"), status, {.headers = "Retry-After: 90\n"});
        s.expect("ACK");
        auto const end = s.expect_event<sip::call_ended>();
        CHECK(end.status == status);
        CHECK(end.retry_after == 90);
        s.expect_nothing();
    }
    s.invite();
    s.reply(s.expect("INVITE"), 488, {.headers = "Retry-After: 90\n"});
    s.expect("ACK");
    CHECK(!s.expect_event<sip::call_ended>().retry_after);
}

TEST_CASE(
    "Without a remedy a refusal is told as it is: 488, 494, 606 and the like (RFC 3261 21.4.26, 21.6.4, RFC 3329 2.3)"
) {
    script s;
    for (unsigned const status : {400U, 403U, 406U, 413U, 482U, 484U, 485U, 488U, 493U, 494U, 606U}) {
        CAPTURE(status);
        s.invite();
        expect_rejected(s, s.expect("INVITE"), status);
    }
}

TEST_CASE("A cancelled call takes up no remedy") {
    test::script_options options;
    options.account.reliable_provisional = sip::reliability::required;
    script s(options);
    auto const id = s.invite();
    auto const invite = s.expect("INVITE");
    s.reply(invite, 180);
    s.hang_up(id);
    s.expect("CANCEL");
    s.reply(invite, 420, {.headers = "Unsupported: 100rel\n"});
    s.expect("ACK");
    s.expect_nothing();
}

TEST_CASE(
    "Who answers 503 is passed over for as long as Retry-After says, and not longer (RFC 3261 21.5.4, RFC 3263 4.3)"
) {
    test::sim_network net;
    test::phone alice{1}, one{2}, two{3};
    alice.join(net, "10.0.0.1:5060", test::ua_pair::account_at("sip:1001@example.com"));
    one.join(net, "10.0.0.2:5060", test::ua_pair::account_at("sip:1002@example.com"));
    two.join(net, "10.0.0.3:5060", test::ua_pair::account_at("sip:1002@example.com"));
    net.name("bob.example.com", {"10.0.0.2", "10.0.0.3"});
    one.on_event = [&](sip::event const& e) {
        auto const* call = std::get_if<sip::incoming_call>(&e);
        if (call == nullptr) return;
        std::array<sip::extra_header, 1> const wait{{{"Retry-After", "600"}}};
        (void)one.command([&](auto now, auto& out) { return one.core.reject(now, call->id, 503, {}, wait, out); });
    };
    two.on_event = [&](sip::event const& e) {
        if (auto const* call = std::get_if<sip::incoming_call>(&e)) (void)two.answer(call->id);
    };
    auto const call = [&] {
        auto const id = alice.invite("sip:1002@bob.example.com");
        net.run_for(1s);
        (void)alice.hang_up(id);
        net.run_for(1s);
        return std::pair(one.count<sip::incoming_call>(), two.count<sip::incoming_call>());
    };
    CHECK(call() == std::pair<std::size_t, std::size_t>(1, 1));
    net.run_for(590s);
    CHECK(call() == std::pair<std::size_t, std::size_t>(1, 2));  // still passed over
    net.run_for(20s);
    CHECK(call() == std::pair<std::size_t, std::size_t>(2, 3));
}
