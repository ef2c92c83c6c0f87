// Covered: targets one after the other: the time without an answer, redirections that are followed (RFC 3261 16.7 step
// 4), servers that are down or too busy (RFC 3263 4.3), breadth that does not suffice (RFC 5393 5.3.3).
// Not covered: parallel forks (forking_test.cpp), flows of one phone (outbound_test.cpp).
#include "proxy_fixture.hpp"

using namespace test;

namespace {

sip::proxy::settings with(
    sip::duration no_answer, sip::proxy::redirects on_redirect = sip::proxy::redirects::followed
) {
    auto settings = open_settings();
    settings.no_answer = no_answer;
    settings.on_redirect = on_redirect;
    return settings;
}

struct sequential : proxy_fixture {
    explicit sequential(sip::proxy::settings settings = with(20s)) : proxy_fixture(std::move(settings)) {
        register_phone("1002", "<sip:b@10.0.0.2>;q=0.9", bob);
        register_phone("1002", "<sip:c@10.0.0.3>;q=0.5", carol);
    }
    ~sequential() { expect_an_end(); }
    sequential(sequential const&) = delete;
    sequential& operator=(sequential const&) = delete;
    sent call(std::string const& headers = {}) {
        receive(request{.headers = headers});
        return next_beyond_trying();
    }
    static std::string contacts(std::string const& list) { return "Contact: " + list + "\r\n"; }
};

}  // namespace

TEST_CASE_FIXTURE(sequential, "A phone that rings too long is cancelled, and those of lower q ring (16.6, 16.8)") {
    auto const to_bob = call();
    reply(to_bob, 180);
    drain();
    advance(19s);
    CHECK(drain() == text_lines{});
    advance(1s);
    auto const cancel = next();
    CHECK(cancel.to == bob);
    CHECK(cancel.text.starts_with("CANCEL"));
    reply(cancel, 200);
    reply(to_bob, 487);
    CHECK(next().text.starts_with("ACK"));
    auto const to_carol = next();
    CHECK(to_carol.to == carol);
    SUBCASE("who answers") {
        reply(to_carol, 200);
        CHECK(drain() == text_lines{"10.0.0.1 200 INVITE"});
    }
    SUBCASE("who refuses") {
        reply(to_carol, 486);
        CHECK(drain() == text_lines{"10.0.0.3 ACK", "10.0.0.1 486 INVITE"});
    }
    SUBCASE("the last rank rings on until Timer C") {
        reply(to_carol, 180);
        drain();
        advance(184s);
        CHECK(drain() == text_lines{});
        advance(1s);
        CHECK(drain() == text_lines{"10.0.0.3 CANCEL"});
        reply(to_carol, 487);
        // Nobody answered, and the caller did not cancel.
        CHECK(drain() == text_lines{"10.0.0.3 ACK", "10.0.0.1 408 INVITE"});
    }
}

TEST_CASE_FIXTURE(sequential, "A 2xx that crosses the CANCEL wins, and the next rank does not ring (16.7 step 5)") {
    auto const to_bob = call();
    reply(to_bob, 180);
    advance(20s);
    drain();
    reply(to_bob, 200);
    CHECK(drain() == text_lines{"10.0.0.1 200 INVITE"});
}

TEST_CASE_FIXTURE(
    sequential, "Silence is waited for before another rank begins: its CANCEL may not go before a response (9.1)"
) {
    call();
    advance(20s);
    auto all = drain();
    CHECK(std::count(all.begin(), all.end(), "10.0.0.3 INVITE") == 0);
    advance(12s);
    all = drain();
    CHECK(std::count(all.begin(), all.end(), "10.0.0.3 INVITE") == 1);
    CHECK(std::count(all.begin(), all.end(), "10.0.0.2 CANCEL") == 0);
}

TEST_CASE_FIXTURE(sequential, "The time begins anew with each rank, and a refusal does not wait for it") {
    register_phone("1002", "<sip:d@10.0.0.4>;q=0.1", at("10.0.0.4:5060"));
    auto const to_bob = call();
    reply(to_bob, 486);
    CHECK(next().to == bob);
    auto const to_carol = next();
    CHECK(to_carol.to == carol);
    advance(15s);
    reply(to_carol, 180);
    drain();
    advance(4s);
    CHECK(drain() == text_lines{});
    advance(1s);
    CHECK(drain() == text_lines{"10.0.0.3 CANCEL"});
}

TEST_CASE_FIXTURE(sequential, "A caller who gives up while the second rank rings is answered 487 (16.10)") {
    auto const to_bob = call();
    reply(to_bob, 180);
    advance(20s);
    reply(to_bob, 487);
    auto const to_carol = wire_log.back();
    reply(to_carol, 180);
    drain();
    receive(request{.method = "CANCEL"});
    CHECK(drain() == text_lines{"10.0.0.1 200 CANCEL", "10.0.0.3 CANCEL"});
    reply(to_carol, 487);
    CHECK(drain() == text_lines{"10.0.0.3 ACK", "10.0.0.1 487 INVITE"});
}

// ---- redirections

TEST_CASE_FIXTURE(sequential, "The contacts of a 3xx are tried by their q, each once (16.7 step 4)") {
    auto const to_bob = call();
    reply(to_bob, 302, {}, contacts("<sip:e@10.0.0.5>;q=0.7, <sip:b@10.0.0.2>, <sip:f@10.0.0.6>;q=0.4, <mailto:x@y>"));
    CHECK(next().text.starts_with("ACK"));
    auto const to_e = next();
    CHECK(to_e.to == at("10.0.0.5:5060"));
    CHECK(wire_log.empty());
    reply(to_e, 302, {}, contacts("<sip:e@10.0.0.5>, <sip:f@10.0.0.6>"));  // nothing new: a refusal like others
    CHECK(next().text.starts_with("ACK"));
    auto const to_carol = next();
    CHECK(to_carol.to == carol);
    reply(to_carol, 486);
    CHECK(next().text.starts_with("ACK"));
    auto const to_f = next();
    CHECK(to_f.to == at("10.0.0.6:5060"));
    reply(to_f, 404);
    CHECK(drain() == text_lines{"10.0.0.6 ACK", "10.0.0.1 302 INVITE"});
}

TEST_CASE("Where redirections are passed on, the caller gets the 3xx (16.7 step 6)") {
    sequential f(with(0s, sip::proxy::redirects::passed_on));
    f.reply(f.call(), 302, {}, f.contacts("<sip:e@10.0.0.5>"));
    f.reply(f.wire_log.back(), 486);
    auto const answer = f.wire_log.back();
    CHECK(answer.text.starts_with("SIP/2.0 302"));
    CHECK(header(answer.text, "Contact") == "<sip:e@10.0.0.5>");
}

TEST_CASE_FIXTURE(sequential, "A phone that redirects without end is left after 64 targets") {
    auto to = call();
    int targets = 1;
    for (; targets < 200 && to.to != carol; ++targets) {
        reply(to, 302, {}, contacts(fmt::format("<sip:x{}@10.0.0.5>", targets)));
        CHECK(next().text.starts_with("ACK"));
        to = next();
    }
    CHECK(targets == 64);
    CHECK(to.to == carol);
}

// ---- servers of a domain

TEST_CASE("A server that is too busy is passed over, and tried last by the next call (RFC 3263 4.3)") {
    proxy_fixture f;
    f.register_phone("1002", "<sip:b@phone.example>", bob);
    f.receive(request{});
    f.resolve(0, {bob.address, carol.address});
    auto const first = f.next_beyond_trying();
    CHECK(first.to == bob);
    f.reply(first, 503, {}, "Retry-After: 60\r\n");
    CHECK(f.next().text.starts_with("ACK"));
    auto const second = f.next();
    CHECK(second.to == carol);
    CHECK(header(second.text, "Via") != header(first.text, "Via"));
    SUBCASE("the other one serves") {
        f.reply(second, 200);
        CHECK(f.drain() == text_lines{"10.0.0.1 200 INVITE"});
    }
    SUBCASE("both are too busy: that is not said in our own name (16.7 step 6)") {
        f.reply(second, 503);
        CHECK(f.drain() == text_lines{"10.0.0.3 ACK", "10.0.0.1 500 INVITE"});
    }
    SUBCASE("the next call") {
        f.reply(second, 486);
        f.drain();
        f.receive(request{.call_id = "2", .branch = "z9hG4bK2"});
        f.resolve(1, {bob.address, carol.address});
        CHECK(f.next_beyond_trying().to == carol);
    }
}

// ---- breadth

TEST_CASE_FIXTURE(sequential, "A request without breadth goes nowhere (RFC 5393 5.3.3)") {
    CHECK(call("Max-Breadth: 0\n").text.starts_with("SIP/2.0 440"));
}

TEST_CASE_FIXTURE(sequential, "What is no INVITE has no time to fork one by one: 440 (RFC 5393 5.3.3, RFC 4320)") {
    register_phone("1003", "<sip:x@10.0.0.2>", bob);
    register_phone("1003", "<sip:y@10.0.0.3>", carol);
    receive(request{.method = "MESSAGE", .uri = "sip:1003@example.com", .headers = "Max-Breadth: 1\n"});
    CHECK(drain() == text_lines{"10.0.0.1 440 MESSAGE"});
    receive(request{
        .method = "MESSAGE",
        .uri = "sip:1003@example.com",
        .call_id = "2",
        .branch = "z9hG4bK2",
        .headers = "Max-Breadth: 2\n"});
    CHECK(drain() == text_lines{"10.0.0.2 MESSAGE", "10.0.0.3 MESSAGE"});
}
