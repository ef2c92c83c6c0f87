// Covers: how the user agent takes up digest challenges: for which requests, with which CSeq, how often, and to whom it
// never gives credentials. Not here: the choice among challenges (usage/auth_retry).
#include <doctest/doctest.h>

#include "support/script.hpp"

using namespace std::chrono_literals;
using test::header;
using test::script;

namespace {

/// An account of the proxy that the peer plays.
test::script_options with_proxy() {
    test::script_options options;
    options.account.address_of_record = "sip:1001@example.com";
    options.account.password = "secret";
    options.account.route_set = {"sip:10.0.0.2:5060;lr"};
    return options;
}

std::string challenge(std::string const& realm = "example.com", std::string const& nonce = "n1") {
    return "Proxy-Authenticate: Digest realm=\"" + realm + "\", nonce=\"" + nonce + "\", qop=\"auth\", algorithm=MD5\n";
}

}  // namespace

TEST_CASE(
    "A challenged INVITE goes again with credentials: same Call-ID and From tag, next CSeq; its ACK repeats them (RFC "
    "3261 22.1, 22.2)"
) {
    test::replay(
        [](script& s) {
            auto const id = s.invite("offer", "sip:bob@example.com");
            auto const first = s.expect("INVITE");
            CHECK(header(first, "Route") == "<sip:10.0.0.2:5060;lr>");
            CHECK(header(first, "Proxy-Authorization").empty());
            s.reply(first, 407, {.headers = challenge()});
            s.expect("ACK");
            auto const second = s.expect("INVITE");
            CHECK(header(second, "Call-ID") == header(first, "Call-ID"));
            CHECK(header(second, "From") == header(first, "From"));
            CHECK(header(second, "Via") != header(first, "Via"));
            CHECK(header(second, "CSeq") == "2 INVITE");
            CHECK(header(second, "Proxy-Authorization").find("username=\"1001\"") != std::string::npos);
            CHECK(test::body_of(second) == "offer");
            s.expect_no_event();
            s.reply(second, 200, {.body = "answer"});
            auto const ack = s.expect("ACK");
            CHECK(header(ack, "CSeq") == "2 ACK");
            CHECK(header(ack, "Proxy-Authorization") == header(second, "Proxy-Authorization"));
            s.hang_up(id);
            CHECK(header(s.expect("BYE"), "CSeq") == "3 BYE");
        },
        with_proxy()
    );
}

TEST_CASE("Wrong credentials end the call with the second challenge's status") {
    script s(with_proxy());
    s.invite("offer", "sip:bob@example.com");
    s.reply(s.expect("INVITE"), 407, {.headers = challenge()});
    s.expect("ACK");
    s.reply(s.expect("INVITE"), 407, {.headers = challenge("example.com", "n2")});
    s.expect("ACK");
    auto const end = s.expect_event<sip::call_ended>();
    CHECK(end.why == sip::end_reason::rejected);
    CHECK(end.status == 407);
    CHECK(end.error == sip::errc::credentials_rejected);
}

TEST_CASE("A challenged BYE and re-INVITE go again inside the dialog") {
    test::replay(
        [](script& s) {
            auto const id = s.invite("offer", "sip:bob@example.com");
            s.reply(s.expect("INVITE"), 200, {.headers = "Record-Route: <sip:10.0.0.2:5060;lr>\n", .body = "answer"});
            s.expect("ACK");
            s.expect_event<sip::call_answered>();
            s.reoffer(id);
            s.reply(s.expect("INVITE"), 407, {.headers = challenge()});
            s.expect("ACK");
            auto const again = s.expect("INVITE");
            CHECK(header(again, "CSeq") == "3 INVITE");
            s.reply(again, 200, {.body = "answer 2"});
            CHECK(header(s.expect("ACK"), "CSeq") == "3 ACK");
            s.expect_event<sip::remote_answer>();
            s.hang_up(id);
            auto const bye = s.expect("BYE");
            CHECK(header(bye, "CSeq") == "4 BYE");
            CHECK(!header(bye, "Proxy-Authorization").empty());  // remembered
            s.reply(bye, 407, {.headers = challenge("example.com", "n9")});
            s.expect_event<sip::call_ended>();
        },
        with_proxy()
    );
}

TEST_CASE("A caller who challenges our BYE gets no credentials (libre #101)") {
    auto options = with_proxy();
    options.account.route_set = {"sip:10.0.0.77;lr"};
    script s(options);
    s.inject(s.request("INVITE", 1, {.body = "offer"}));  // directly, past our proxy
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.answer(id);
    s.expect("200 INVITE");
    s.inject(s.request("ACK", 1));
    s.hang_up(id);
    auto const bye = s.expect("BYE");
    CHECK(header(bye, "Proxy-Authorization").empty());
    s.reply(bye, 407, {.headers = challenge()});
    s.reply(bye, 401, {.headers = "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"x\"\n"});
    s.expect_nothing();
}

TEST_CASE("A single request is challenged, repeated and completed once") {
    test::replay(
        [](script& s) {
            sip::request_id id;
            s.command({}, [&](auto now, auto& out) {
                auto const made =
                    s.core.send_request(now, s.account, sip::method::options, "sip:bob@example.com", {}, {}, {}, out);
                id = made.value();
                return sip::error_code();
            });
            s.reply(s.expect("OPTIONS"), 407, {.headers = challenge()});
            auto const again = s.expect("OPTIONS");
            CHECK(header(again, "CSeq") == "2 OPTIONS");
            s.reply(again, 200);
            auto const done = s.expect_event<sip::request_completed>();
            CHECK(done.id == id);
            CHECK(done.status == 200);
            s.expect_no_event();
        },
        with_proxy()
    );
}
