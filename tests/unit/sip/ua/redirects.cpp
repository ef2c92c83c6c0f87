// Covers: our INVITE redirected (RFC 3261 8.1.3.4): the new request, what the user hears, failures of targets, refusals
// that end the search, hanging up meanwhile, the limit, and the option to follow nothing.
#include <doctest/doctest.h>

#include "calls.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;

TEST_CASE("A redirected INVITE goes to the new target with the same Call-ID, From and To (RFC 3261 8.1.3.4, 13.2.2.2)"
) {
    test::replay([](script& s) {
        s.invite();
        auto const first = s.expect("INVITE");
        s.reply(first, 302, {.headers = "Contact: <sip:carol@10.0.0.2:5070>\n"});
        s.expect("ACK");
        auto const event = s.expect_event<sip::call_redirected>();
        CHECK(event.target == "sip:carol@10.0.0.2:5070");
        CHECK(event.response.view().status() == 302);
        auto const second = s.expect("INVITE");
        CHECK(second.starts_with("INVITE sip:carol@10.0.0.2:5070 "));
        CHECK(header(second, "CSeq") == "2 INVITE");
        for (auto const* same : {"Call-ID", "From", "To"})
            CHECK(header(second, same) == header(first, same));
        CHECK(header(second, "Via") != header(first, "Via"));
        CHECK(test::body_of(second) == test::body_of(first));
        s.reply(second, 200, {.body = "answer", .to_tag = "carol"});
        CHECK(header(s.expect("ACK"), "CSeq") == "2 ACK");
        s.expect_event<sip::call_answered>();
    });
}

TEST_CASE(
    "Targets that fail or stay silent are followed by the next, and the last failure is the call's (RFC 3261 8.1.3.4)"
) {
    script s;
    s.invite();
    s.reply(
        s.expect("INVITE"), 300,
        {.headers = "Contact: <sip:low@10.0.0.2:5073>;q=0.1, <sip:one@10.0.0.2:5071>, <sip:two@10.0.0.2:5072>;q=0.8\n"}
    );
    s.expect("ACK");
    auto const one = s.expect("INVITE");
    CHECK(one.starts_with("INVITE sip:one@"));
    s.reply(one, 180);
    s.reply(one, 480);
    s.expect("ACK");
    CHECK(s.expect_event<sip::call_redirected>().response.view().status() == 300);
    s.expect_event<sip::call_progress>();
    CHECK(s.expect_event<sip::call_redirected>().response.view().status() == 480);
    CHECK(s.expect("INVITE").starts_with("INVITE sip:two@"));
    s.advance(32s);
    CHECK(s.expect_event<sip::call_redirected>().target == "sip:low@10.0.0.2:5073");
    std::string third;
    for (auto const& [when, text] : s.all_sent)
        if (text.starts_with("INVITE sip:low@")) third = text;
    s.reply(third, 404);
    CHECK(s.expect_event<sip::call_ended>().status == 404);
}

TEST_CASE("A 6xx of a target ends the search (RFC 3261 21.6)") {
    script s;
    s.invite();
    s.reply(s.expect("INVITE"), 302, {.headers = "Contact: <sip:one@10.0.0.2:5071>, <sip:two@10.0.0.2:5072>\n"});
    s.expect("ACK");
    s.reply(s.expect("INVITE"), 603);
    s.expect("ACK");
    s.expect_event<sip::call_redirected>();
    CHECK(s.expect_event<sip::call_ended>().status == 603);
    s.expect_nothing();
}

TEST_CASE("A circle of redirections ends with the last of them (RFC 3261 8.1.3.4)") {
    script s;
    s.invite();
    s.reply(s.expect("INVITE"), 302, {.headers = "Contact: <sip:carol@10.0.0.2:5070>\n"});
    s.expect("ACK");
    s.reply(s.expect("INVITE"), 302, {.headers = "Contact: <sip:bob@10.0.0.2:5060>\n"});
    s.expect("ACK");
    s.expect_event<sip::call_redirected>();
    auto const end = s.expect_event<sip::call_ended>();
    CHECK(end.why == sip::end_reason::rejected);
    CHECK(end.status == 302);
}

TEST_CASE("An endless chain of redirections ends at the account's limit") {
    script s;
    s.invite();
    for (int i = 0; i <= 5; ++i) {
        s.reply(s.expect("INVITE"), 302, {.headers = "Contact: <sip:next" + std::to_string(i) + "@10.0.0.2:5060>\n"});
        s.expect("ACK");
        if (i < 5) s.expect_event<sip::call_redirected>();
    }
    CHECK(s.expect_event<sip::call_ended>().status == 302);
    s.expect_nothing();
}

TEST_CASE("Hanging up ends the search, whatever comes") {
    test::replay([](script& s) {
        auto const id = s.invite();
        s.reply(s.expect("INVITE"), 302, {.headers = "Contact: <sip:one@10.0.0.2:5071>, <sip:two@10.0.0.2:5072>\n"});
        s.expect("ACK");
        s.expect_event<sip::call_redirected>();
        auto const second = s.expect("INVITE");
        s.reply(second, 180);
        s.expect_event<sip::call_progress>();
        s.hang_up(id);
        s.expect_event<sip::call_ended>();
        s.reply(s.expect("CANCEL"), 200);
        s.reply(second, 487);
        s.expect("ACK");
        s.expect_nothing();
        s.expect_no_event();
    });
}

TEST_CASE("A new target is challenged anew (RFC 3261 22.2)") {
    test::script_options options;
    options.account.password = "secret";
    options.account.realm = "here";
    options.account.route_set = {"sip:10.0.0.2;lr"};
    script s(options);
    s.invite();
    auto const challenge =
        test::extras{.headers = "Proxy-Authenticate: Digest realm=\"here\", nonce=\"n\", qop=\"auth\"\n"};
    s.reply(s.expect("INVITE"), 407, challenge);
    s.expect("ACK");
    s.reply(s.expect("INVITE"), 302, {.headers = "Contact: <sip:carol@elsewhere>\n"});
    s.expect("ACK");
    auto const third = s.expect("INVITE");
    CHECK(third.starts_with("INVITE sip:carol@elsewhere "));
    CHECK(header(third, "CSeq") == "3 INVITE");
    CHECK(header(third, "Route") == "<sip:10.0.0.2;lr>");
    CHECK(header(third, "Proxy-Authorization").find("uri=\"sip:carol@elsewhere\"") != std::string::npos);
}
