// Covers: what the user agent answers by itself (OPTIONS, refusals of all kinds, malformed requests), and the requests
// that it hands to its user, outside and inside calls.
#include <doctest/doctest.h>

#include "calls.hpp"

using namespace std::chrono_literals;
using test::body_of;
using test::called;
using test::header;
using test::script;
using test::tag_of;
using test::wire;

namespace {

constexpr auto via = "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKbad\n";

}  // namespace

TEST_CASE("OPTIONS is answered with Allow, Accept, Supported and Contact (RFC 3261 11.2)") {
    test::script_options options;
    options.config.supported = {"replaces", "timer"};
    options.config.methods = {sip::method::message};
    script s(options);
    s.inject(s.request("OPTIONS", 1));
    auto const ok = s.expect("200 OPTIONS");
    CHECK(header(ok, "Allow") == "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, MESSAGE");
    CHECK(header(ok, "Accept") == "application/sdp");
    CHECK(header(ok, "Supported") == "100rel, replaces, timer");
    CHECK(header(ok, "Contact") == "<sip:1001@10.0.0.1:5060>");
    CHECK(header(ok, "Server") == "Offhook/0.1");
    CHECK(!tag_of(header(ok, "To")).empty());
    s.expect_no_event();
}

TEST_CASE("Our own OPTIONS says what we accept, what we can do and where we are (RFC 3261 11.1)") {
    script s;
    s.command({}, [&](auto now, auto& out) {
        return s.core.send_request(now, s.account, sip::method::options, "sip:bob@10.0.0.2:5060", {}, {}, {}, out)
            .error();
    });
    auto const sent = s.expect("OPTIONS");
    CHECK(header(sent, "Accept") == "application/sdp");
    CHECK(header(sent, "Allow").find("INVITE") != std::string::npos);
    CHECK(header(sent, "Contact") == "<sip:1001@10.0.0.1:5060>");
    s.reply(sent, 200);
    CHECK(s.expect_event<sip::request_completed>().status == 200);
}

TEST_CASE("Headers that we do not know, or that do not belong there, are passed over (RFC 3261 7.3.2, 8.2.2)") {
    script s;
    std::string const strange =
        "X-Unknown: what\nP-Nobody: \"knows\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\nServer: x\nRSeq: 1\n";
    s.inject(s.request("OPTIONS", 1, {.headers = strange}));
    s.expect("200 OPTIONS");
    s.inject(s.request("INVITE", 2, {.headers = strange, .body = "offer"}));
    auto const id = s.expect_event<sip::incoming_call>().id;
    s.answer(id);
    CHECK(header(s.expect("200 INVITE"), "RSeq").empty());
}

TEST_CASE("OPTIONS inside a call is answered the same and does not touch it") {
    script s;
    called(s);
    s.inject(s.request("OPTIONS", 2));
    s.expect("200 OPTIONS");
    s.expect_no_event();
    CHECK(s.core.live().sessions == 1);
}

TEST_CASE("A repeated request repeats its answer") {
    script s;
    auto const request = s.request("OPTIONS", 1);
    s.inject(request);
    auto const ok = s.expect("200 OPTIONS");
    s.inject(request);
    CHECK(s.expect("200 OPTIONS") == ok);
}

TEST_CASE("Unknown methods get 501, known ones that we do not serve 405 with Allow (RFC 3261 8.2.1)") {
    script s;
    s.inject(s.request("NEWMETHOD", 1));
    s.expect("501 NEWMETHOD");
    for (std::string const name : {"REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "REFER", "PUBLISH"}) {
        s.inject(s.request(name, 1));
        CHECK(header(s.expect("405 " + name), "Allow") == "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE");
    }
    s.expect_no_event();
}

TEST_CASE("A request that came over two paths is answered 482 the second time (RFC 3261 8.2.2.2)") {
    script s;
    s.inject(s.request("INVITE", 1, {.body = "offer"}));
    s.expect_event<sip::incoming_call>();
    s.inject(s.request("INVITE", 1, {.body = "offer"}));  // the same, but for its branch
    s.expect("482 INVITE");
    s.expect_no_event();
}

TEST_CASE("Strange Request-URI schemes get 416, required extensions 420, in OPTIONS too (RFC 3261 8.2.2.1, 8.2.2.3)") {
    script s;
    s.inject(s.request("OPTIONS", 1, {.uri = "soap.beep://192.0.2.103:3002"}));
    s.expect("416 OPTIONS");
    s.inject(s.request("OPTIONS", 2, {.headers = "Require: nothingSupportsThis, nothingSupportsThisEither\n"}));
    CHECK(header(s.expect("420 OPTIONS"), "Unsupported") == "nothingSupportsThis, nothingSupportsThisEither");
    s.inject(s.request("OPTIONS", 3, {.headers = "Proxy-Require: nothingSupportsThis\n"}));
    s.expect("200 OPTIONS");  // not for us
}

TEST_CASE("A malformed request that can be answered is answered, with what is wrong (RFC 3261 8.2, 8.2.7)") {
    std::string const rest =
        "From: <sip:bob@10.0.0.2>;tag=peer\nTo: <sip:1001@10.0.0.1>\nCall-ID: c\nMax-Forwards: 70\n";
    struct refused {
        std::string text, answer;
    };
    std::vector<refused> const rows{
        {"OPTIONS sip:1001@10.0.0.1 SIP/7.0\n" + std::string(via) + rest + "CSeq: 1 OPTIONS\n", "505 OPTIONS"},
        {"OPTIONS sip:1001@10.0.0.1 SIP/2.0\n" + std::string(via) + rest + "CSeq: 1 INVITE\n", "400 INVITE"},
        {"OPTIONS sip:1001@10.0.0.1 SIP/2.0\n" + std::string(via) + rest + "CSeq: 1 OPTIONS\nTo: <sip:x@y>\n",
         "400 OPTIONS"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.text);
        script s;
        s.inject(wire(row.text));
        auto const refusal = s.expect(row.answer);
        CHECK(header(refusal, "Call-ID") == "c");
        CHECK(!tag_of(header(refusal, "To")).empty());
        s.inject(wire(row.text));
        CHECK(s.expect(row.answer) == refusal);  // the same tag, without a transaction (8.2.7)
        s.expect_no_event();
        s.expect_idle();
    }
}

TEST_CASE("Malformed responses, ACKs and rubbish are not answered") {
    script s;
    s.inject(wire("SIP/2.0 200 OK\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\nCall-ID: c\n"));
    s.inject(wire(
        "ACK sip:1001@10.0.0.1 SIP/7.0\n" + std::string(via) +
        "From: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: c\nCSeq: 1 ACK\n"
    ));
    s.inject("hello\r\n\r\n");
    s.inject(std::string(3000, '\0'));
    s.expect_nothing();
    s.expect_no_event();
    s.expect_idle();
}

TEST_CASE("A broken header that we act on is answered 400 with its name") {
    script s;
    s.inject(s.request("INVITE", 1, {.headers = "Record-Route: <sip:unclosed\n", .body = "offer"}));
    auto const refusal = s.expect("400 INVITE");
    CHECK(refusal.substr(0, refusal.find("\r\n")).find("Record-Route") != std::string::npos);
    s.expect_no_event();
}

TEST_CASE("The user answers the requests that it asked for") {
    test::script_options options;
    options.config.methods = {sip::method::message};
    test::replay(
        [](script& s) {
            s.inject(s.request("MESSAGE", 1, {.body = "hello", .content_type = "text/plain"}));
            auto const request = s.expect_event<sip::incoming_request>();
            CHECK(request.account == s.account);
            CHECK(request.request.view().body() == "hello");
            std::vector<sip::extra_header> const headers{{"X-Note", "seen"}};
            s.command({}, [&](auto now, auto& out) {
                return s.core.respond(now, request.id, 202, headers, "text/plain", "thanks", out);
            });
            auto const ok = s.expect("202 MESSAGE");
            CHECK(header(ok, "X-Note") == "seen");
            CHECK(body_of(ok) == "thanks");
            s.command(sip::errc::no_such_session, [&](auto now, auto& out) {
                return s.core.respond(now, request.id, 200, {}, {}, {}, out);
            });
        },
        options
    );
}

TEST_CASE("Requests that the user forgets are bounded in number and in time") {
    test::script_options options;
    options.config.methods = {sip::method::message};
    options.config.limits.pending_requests = 3;
    script s(options);
    for (unsigned i = 1; i <= 5; ++i) {
        s.call_id = "m" + std::to_string(i);
        s.inject(s.request("MESSAGE", 1, {.body = "hello", .content_type = "text/plain", .to = "<sip:1001@10.0.0.1>"}));
    }
    CHECK(!header(s.expect("503 MESSAGE"), "Retry-After").empty());
    s.expect("503 MESSAGE");
    CHECK(s.core.live().requests == 3);
    s.advance(120s);
    s.expect_idle();
}

TEST_CASE("A request inside a call is answered 200 and handed to the user; others get 405") {
    test::script_options options;
    options.config.methods = {sip::method::info};
    script s(options);
    auto const id = called(s);
    s.inject(s.request("INFO", 2, {.body = "Signal=5", .content_type = "application/dtmf-relay"}));
    s.expect("200 INFO");
    auto const info = s.expect_event<sip::in_call_request>();
    CHECK(info.id == id);
    CHECK(info.request.view().body() == "Signal=5");
    s.inject(s.request("MESSAGE", 3));
    s.expect("405 MESSAGE");
    s.expect_no_event();
}

TEST_CASE("A response goes back to where the request came from, with rport (RFC 3581)") {
    script s;
    auto request = s.request("OPTIONS", 1);
    request.replace(request.find("10.0.0.2:5060;branch"), 20, "192.168.1.5:9;rport;branch");
    s.inject(request);
    auto const ok = s.expect("200 OPTIONS");
    CHECK(header(ok, "Via").find("received=10.0.0.2") != std::string::npos);
    CHECK(header(ok, "Via").find("rport=5060") != std::string::npos);
}

TEST_CASE("Max-Breadth means nothing to the user agent that a request is for (RFC 5393 5.3.5)") {
    script s;
    s.inject(s.request("INVITE", 1, {.headers = "Max-Breadth: 0\n", .body = "offer"}));
    s.ring(s.expect_event<sip::incoming_call>().id);
    s.expect("180 INVITE");
}
