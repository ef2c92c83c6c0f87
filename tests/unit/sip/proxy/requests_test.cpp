// Covered: what a request meets before it is forwarded (RFC 3261 16.3, 16.5): malformed ones, schemes, Max-Forwards,
// loops, Proxy-Require, passwords, relaying; extensions, unknown and unregistered users; OPTIONS to the proxy itself.
#include "proxy_fixture.hpp"
#include "sip/syntax/digest.hpp"

using namespace test;

namespace {

std::string status(std::string const& response) {
    return response.substr(8, 3);
}

struct open_proxy : proxy_fixture {
    open_proxy() { register_everybody(); }
    std::string final_answer(request const& r) {
        receive(r);
        auto answer = next_beyond_trying();
        CHECK(answer.to == alice);
        return answer.text;
    }
};

}  // namespace

TEST_CASE_FIXTURE(open_proxy, "An INVITE is answered with 100 at once, other requests are not (16.2, RFC 4320)") {
    receive(request{});
    CHECK(drain() == text_lines{"10.0.0.1 100 INVITE", "10.0.0.2 INVITE"});
    receive(request{.method = "MESSAGE", .call_id = "m", .branch = "z9hG4bKm"});
    CHECK(drain() == text_lines{"10.0.0.2 MESSAGE"});
}

TEST_CASE_FIXTURE(open_proxy, "What is wrong with a request is said (16.3)") {
    CHECK(status(final_answer({.uri = "tel:+15551234", .branch = "z9hG4bK1"})) == "416");
    CHECK(status(final_answer({.branch = "z9hG4bK2", .headers = "Route: broken<\n"})) == "400");
    auto unsupported = final_answer({.branch = "z9hG4bK3", .headers = "Proxy-Require: privacy, teleport\n"});
    CHECK(status(unsupported) == "420");
    CHECK(header(unsupported, "Unsupported") == "privacy, teleport");
    auto hops = request{.branch = "z9hG4bK4"}.text();
    hops.replace(hops.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
    receive(alice, hops);
    CHECK(status(next_beyond_trying().text) == "483");
    CHECK(core->live().contexts == 0);
}

TEST_CASE_FIXTURE(open_proxy, "A malformed header that the proxy does not need is none of its business (16.3 step 1)") {
    receive(request{.headers = "Date: yesterday\nContact: <<<>>>\nExpires: x\n"});
    CHECK(drain() == text_lines{"10.0.0.1 100 INVITE", "10.0.0.2 INVITE"});
}

TEST_CASE_FIXTURE(open_proxy, "A message that is none is answered where it can be, and never makes state") {
    auto bad = request{}.text();
    bad.replace(bad.find("CSeq: 1 INVITE"), 14, "CSeq: 1 OPTION");
    receive(alice, bad);
    CHECK(status(next().text) == "400");
    receive(alice, "hello\r\n\r\n");
    bad.replace(bad.find("INVITE"), 6, "ACKACK");
    receive(alice, std::string(70'000, 'x'));
    CHECK(drain() == text_lines{});
    CHECK(core->live().transactions == 3);  // the registrations
}

TEST_CASE_FIXTURE(open_proxy, "Unknown users are not found, known ones without a phone are unavailable") {
    CHECK(status(final_answer({.uri = "sip:9@example.com", .branch = "z9hG4bK1"})) == "404");
    advance(301s);
    drain();
    CHECK(status(final_answer({.uri = "sip:1002@example.com", .branch = "z9hG4bK2"})) == "480");
}

TEST_CASE_FIXTURE(open_proxy, "The proxy itself answers OPTIONS and nothing else") {
    auto answer = final_answer({.method = "OPTIONS", .uri = "sip:example.com", .branch = "z9hG4bK1"});
    CHECK(status(answer) == "200");
    CHECK(header(answer, "Allow").find("INVITE") != std::string::npos);
    CHECK(status(final_answer({.method = "INVITE", .uri = "sip:example.com", .branch = "z9hG4bK2"})) == "404");
}

TEST_CASE("An extension leads where its URI says, also by way of others, but not in circles") {
    auto settings = open_settings();
    settings.extensions = {
        {"music", "sip:player@10.0.0.77:5070"},
        {"help", "sip:1002@example.com"},
        {"a", "sip:b@example.com"},
        {"b", "sip:a@example.com"}};
    proxy_fixture f(settings);
    f.register_everybody();
    f.receive(request{.uri = "sip:music@example.com"});
    auto invite = f.next_beyond_trying();
    CHECK(invite.to == at("10.0.0.77:5070"));
    CHECK(invite.text.starts_with("INVITE sip:player@10.0.0.77:5070 SIP/2.0"));
    f.receive(request{.uri = "sip:help@example.com", .call_id = "2", .branch = "z9hG4bK2"});
    CHECK(f.next_beyond_trying().to == bob);
    f.receive(request{.uri = "sip:a@example.com", .call_id = "3", .branch = "z9hG4bK3"});
    CHECK(status(f.next_beyond_trying().text) == "404");
}

TEST_CASE_FIXTURE(open_proxy, "Strangers reach our users, and nobody else through us") {
    auto stranger = request{.uri = "sip:1002@example.com"}.text();
    auto from_elsewhere = [](std::string text) {
        text.replace(text.find("From: <sip:1001@example.com>"), 28, "From: <sip:eve@elsewhere.org>");
        return text;
    };
    receive(alice, from_elsewhere(stranger));
    CHECK(drain() == text_lines{"10.0.0.1 100 INVITE", "10.0.0.2 INVITE"});
    receive(alice, from_elsewhere(request{.uri = "sip:x@victim.org", .branch = "z9hG4bK2"}.text()));
    CHECK(status(next_beyond_trying().text) == "403");
    receive(
        alice,
        from_elsewhere(
            request{.uri = "sip:x@victim.org", .branch = "z9hG4bK3", .headers = "Route: <sip:10.0.0.9;lr>\n"}.text()
        )
    );
    CHECK(status(next_beyond_trying().text) == "403");
}

TEST_CASE("A request that comes back unchanged is a loop (16.3 step 4, RFC 5393)") {
    auto settings = open_settings();
    settings.datagram_limit = 0;  // each pass makes it longer
    proxy_fixture f(settings);
    // 1002 has registered a name that leads back here, and that the proxy does not know as its own.
    f.register_phone("1002", "<sip:1002@loop.example>", bob);
    f.receive(request{});
    text_lines to_alice;
    int passes = 0;
    for (std::size_t asked = 0; passes < 20 && (asked < f.questions.size() || !f.wire_log.empty()); ++passes) {
        if (asked < f.questions.size()) f.resolve(asked++, {proxy_udp.address});
        while (!f.wire_log.empty()) {
            auto message = f.next();
            if (message.to == proxy_udp)
                f.receive(proxy_udp, message.text);
            else
                to_alice.push_back(summary(message.text));
        }
    }
    // To the name, from the name to the name, and there it is the same request again.
    CHECK(f.questions.size() == 2);
    CHECK(to_alice == text_lines{"100 INVITE", "482 INVITE"});
}

TEST_CASE_FIXTURE(open_proxy, "The same request over another path is forwarded as well (16.3)") {
    receive(request{.branch = "z9hG4bKone"});
    CHECK(drain() == text_lines{"10.0.0.1 100 INVITE", "10.0.0.2 INVITE"});
    receive(request{.branch = "z9hG4bKtwo"});
    CHECK(drain() == text_lines{"10.0.0.1 100 INVITE", "10.0.0.2 INVITE"});
}

TEST_CASE_FIXTURE(
    open_proxy, "A user is looked up by the plain name, whatever escapes and parameters are there (16.5)"
) {
    receive(request{.uri = "sip:%31002@EXAMPLE.com:5060;user=phone;x=y"});
    CHECK(drain() == text_lines{"10.0.0.1 100 INVITE", "10.0.0.2 INVITE"});
}

TEST_CASE_FIXTURE(open_proxy, "A request without Max-Forwards goes on with 70 (16.6 step 3)") {
    auto text = request{}.text();
    text.replace(text.find("Max-Forwards: 70\r\n"), 18, "");
    receive(alice, text);
    CHECK(header(next_beyond_trying().text, "Max-Forwards") == "70");
}

TEST_CASE_FIXTURE(
    open_proxy,
    "A SIPS request goes to SIPS contacts alone, and is recorded as SIPS on its secure sides (16.6, RFC 5630 5.3)"
) {
    using sip::transport_kind;
    auto const ours = at("10.0.0.9:5061", transport_kind::tls), bob_tls = at("10.0.0.2:40002", transport_kind::tls);
    core->add_listener(ours);
    sip::flow_id flow{};
    input([&](auto& out) { flow = core->add_flow(clock.now(), {ours, bob_tls}, out); });
    request secure{.uri = "sips:1002@example.com"};
    receive(secure);
    CHECK(status(next_beyond_trying().text) == "480");  // there is a sip contact
    register_phone("1002", "<sips:1002@10.0.0.2:40002>", bob_tls, flow);
    secure.branch = "z9hG4bK2";
    receive(secure);
    auto const invite = next_beyond_trying();
    CHECK(invite.flow == flow);
    CHECK(wire_log.empty());
    auto const recorded = all_headers(invite.text, "Record-Route");
    REQUIRE(recorded.size() == 2);
    CHECK(recorded[0].starts_with("<sips:"));
    CHECK(unsigned_route(recorded[0]).ends_with("@10.0.0.9:5061;lr>"));
    CHECK(unsigned_route(recorded[1]) == "<sip:10.0.0.9:5060;lr>");
}

// ---- passwords

namespace {

struct guarded_proxy : proxy_fixture {
    guarded_proxy() : proxy_fixture(guarded_settings()) {
        sip::proxy::binding bob_phone{"sip:1002@10.0.0.2", 1000, clock.now().wall + 1h, "r", 1, {}};
        (void)store.replace("1002", {&bob_phone, 1});
    }
    std::string challenge(request const& r) {
        receive(r);
        auto answer = next_beyond_trying();
        REQUIRE(status(answer.text) == "407");
        return all_headers(answer.text, "Proxy-Authenticate").at(1);
    }
    std::string credentials(std::string const& challenge, request const& r, std::string const& user = "1001") {
        auto asked = sip::parse_challenge(challenge).value();
        auto password = "secret" + user;
        sip::digest_input input;
        input.qop = sip::quality_of_protection::auth;
        input.username = user, input.realm = asked.realm, input.password = password;
        input.nonce = asked.nonce, input.cnonce = "c", input.method = r.method, input.uri = r.uri;
        return "Proxy-Authorization: " + sip::authorization_value(env.hash, input, {}) + "\n";
    }
};

}  // namespace

TEST_CASE_FIXTURE(guarded_proxy, "Our own users prove who they are, and their credentials go no further (22.3)") {
    request r;
    auto challenged = challenge(r);
    r.branch = "z9hG4bKsecond";
    r.cseq = 2;
    r.headers = credentials(challenged, r);
    receive(r);
    auto invite = next_beyond_trying();
    CHECK(invite.to == bob);
    CHECK(invite.text.find("Authorization") == std::string::npos);
}

TEST_CASE_FIXTURE(guarded_proxy, "Nobody calls under another's name") {
    request r;
    auto challenged = challenge(r);
    r.branch = "z9hG4bKsecond";
    r.headers = credentials(challenged, r, "1003");
    receive(r);
    CHECK(status(next_beyond_trying().text) == "403");
}

TEST_CASE_FIXTURE(guarded_proxy, "Credentials of an old call are stale, and their user tries again") {
    request r;
    auto challenged = challenge(r);
    advance(301s);
    drain();
    r.branch = "z9hG4bKsecond";
    r.headers = credentials(challenged, r);
    receive(r);
    auto answer = next_beyond_trying();
    CHECK(status(answer.text) == "407");
    CHECK(sip::parse_challenge(all_headers(answer.text, "Proxy-Authenticate").at(1)).value().stale);
}

TEST_CASE_FIXTURE(guarded_proxy, "Strangers are not asked for a password, nor are ACK and CANCEL (22.1)") {
    auto text = request{}.text();
    text.replace(text.find("From: <sip:1001@example.com>"), 28, "From: <sip:eve@elsewhere.org>");
    receive(alice, text);
    CHECK(drain() == text_lines{"10.0.0.1 100 INVITE", "10.0.0.2 INVITE"});
    text.replace(text.find("INVITE"), 6, "CANCEL");
    text.replace(text.find("1 INVITE"), 8, "1 CANCEL");
    receive(alice, text);
    CHECK(drain() == text_lines{"10.0.0.1 200 CANCEL"});
}
