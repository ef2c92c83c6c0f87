// Covered: stateful forwarding (RFC 3261 16.6 to 16.10): parallel and serial forks, which responses go on at once and
// which is chosen, CANCEL, 6xx, several 2xx, Timer C, time-outs, transport failures, Max-Breadth, non-INVITE requests
// (RFC 4320), broken responses, and that nothing is left behind.
#include "proxy_fixture.hpp"

using namespace test;

namespace {

struct forking : proxy_fixture {
    explicit forking(sip::proxy::settings settings = open_settings()) : proxy_fixture(std::move(settings)) {
        // 1002 has three phones, two of the same rank.
        register_phone("1002", "<sip:b@10.0.0.2>;q=0.8", bob);
        register_phone("1002", "<sip:c@10.0.0.3>;q=0.8", carol);
        register_phone("1002", "<sip:d@10.0.0.4>;q=0.3", at("10.0.0.4:5060"));
    }
    ~forking() { expect_an_end(); }
    forking(forking const&) = delete;
    forking& operator=(forking const&) = delete;

    sent to_bob, to_carol;
    /// Alice calls; Bob and Carol ring at the same time.
    void call(request const& r = {}) {
        receive(r);
        to_bob = next_beyond_trying();
        to_carol = next();
        REQUIRE(to_bob.to == bob);
        REQUIRE(to_carol.to == carol);
        REQUIRE(wire_log.empty());
    }
    void ack(std::string const& branch = "z9hG4bKcaller") {
        receive(request{.method = "ACK", .to_tag = "x", .branch = branch});
    }
    void cancel() { receive(request{.method = "CANCEL"}); }
};

}  // namespace

TEST_CASE_FIXTURE(
    forking, "Phones of equal q ring at the same time; the first 2xx goes on at once, and the others are cancelled"
) {
    call();
    reply(to_bob, 180, "bob");
    reply(to_carol, 180, "carol");
    CHECK(drain() == text_lines{"10.0.0.1 180 INVITE", "10.0.0.1 180 INVITE"});
    reply(to_carol, 200, "carol");
    CHECK(drain() == text_lines{"10.0.0.1 200 INVITE", "10.0.0.2 CANCEL"});
    reply(to_bob, 487, "bob");
    CHECK(drain() == text_lines{"10.0.0.2 ACK"});
    advance(40s);
    drain();
}

TEST_CASE_FIXTURE(
    forking, "Each branch has its own branch parameter, the contact as its Request-URI, and one hop less"
) {
    call();
    CHECK(to_bob.text.starts_with("INVITE sip:b@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK"));
    CHECK(to_carol.text.starts_with("INVITE sip:c@10.0.0.3 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK"));
    CHECK(header(to_bob.text, "Via") != header(to_carol.text, "Via"));
    CHECK(header(to_bob.text, "Max-Forwards") == "69");
    CHECK(header(to_bob.text, "Max-Breadth") == "30");  // RFC 5393 5.3.3: 60 for two
    CHECK(unsigned_route(header(to_bob.text, "Record-Route")) == "<sip:10.0.0.9:5060;lr>");
    CHECK(all_headers(to_bob.text, "Via").size() == 2);
}

TEST_CASE_FIXTURE(forking, "100 stays on its hop (16.7 step 5)") {
    call();
    reply(to_bob, 100);
    CHECK(drain() == text_lines{});
}

TEST_CASE_FIXTURE(forking, "Phones of lower q ring when all above them have refused; then the best answer goes back") {
    call();
    reply(to_bob, 486);
    CHECK(drain() == text_lines{"10.0.0.2 ACK"});
    reply(to_carol, 480);
    CHECK(next().to == carol);  // its ACK
    auto to_dora = next();
    CHECK(to_dora.to == at("10.0.0.4:5060"));
    CHECK(header(to_dora.text, "Max-Breadth") == "60");
    reply(to_dora, 404);
    CHECK(drain() == text_lines{"10.0.0.4 ACK", "10.0.0.1 486 INVITE"});
    ack();
    CHECK(drain() == text_lines{});
}

TEST_CASE("The answer of a phone comes back as it was, with its To tag, and without our Via") {
    proxy_fixture f;
    f.register_phone("1002", "<sip:b@10.0.0.2>", bob);
    f.receive(request{});
    auto to_bob = f.next_beyond_trying();
    f.reply(to_bob, 486, "bob", "X-Reason: in a meeting\r\n");
    CHECK(f.next().to == bob);
    CHECK(
        f.next().text == wire("SIP/2.0 486 Busy Here\n"
                              "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKcaller\n"
                              "From: <sip:1001@example.com>;tag=from1001\n"
                              "To: <sip:1002@example.com>;tag=bob\n"
                              "Call-ID: call-1\n"
                              "CSeq: 1 INVITE\n"
                              "X-Reason: in a meeting\n")
    );
}

TEST_CASE_FIXTURE(
    forking, "A 6xx ends the search: pending phones are cancelled, further ones are not tried (16.7 step 5)"
) {
    call();
    reply(to_carol, 180);
    drain();
    reply(to_bob, 603);
    CHECK(drain() == text_lines{"10.0.0.2 ACK", "10.0.0.3 CANCEL"});
    reply(to_carol, 487);
    CHECK(drain() == text_lines{"10.0.0.3 ACK", "10.0.0.1 603 INVITE"});
    ack();
}

TEST_CASE_FIXTURE(forking, "After a 6xx a 2xx that was on its way still wins (16.7 step 5)") {
    call();
    reply(to_carol, 180);
    reply(to_bob, 603);
    drain();
    reply(to_carol, 200);
    CHECK(drain() == text_lines{"10.0.0.1 200 INVITE"});
}

TEST_CASE_FIXTURE(forking, "Every 2xx goes back, also the second one and repeated ones (16.7 step 5, RFC 6026)") {
    call();
    reply(to_bob, 200, "bob");
    reply(to_carol, 200, "carol");
    advance(500ms);
    reply(to_bob, 200, "bob");
    CHECK(drain() == text_lines{"10.0.0.1 200 INVITE", "10.0.0.1 200 INVITE", "10.0.0.1 200 INVITE"});
    reply(to_bob, 486, "other-fork");
    CHECK(drain() == text_lines{});
    advance(33s);
    reply(to_bob, 200, "late");  // its transaction is gone: not forwarded (RFC 6026 7.3)
    CHECK(drain() == text_lines{});
}

// ---- CANCEL

TEST_CASE_FIXTURE(forking, "CANCEL is answered at once, and passed on where a phone rings (16.10)") {
    call();
    reply(to_bob, 180);
    drain();
    cancel();
    CHECK(drain() == text_lines{"10.0.0.1 200 CANCEL", "10.0.0.2 CANCEL"});
    // Carol has said nothing yet: her CANCEL waits for her first word (9.1).
    reply(to_carol, 180);
    CHECK(drain() == text_lines{"10.0.0.3 CANCEL", "10.0.0.1 180 INVITE"});
    reply(to_bob, 487);
    reply(to_carol, 487);
    CHECK(drain() == text_lines{"10.0.0.2 ACK", "10.0.0.3 ACK", "10.0.0.1 487 INVITE"});
    ack();
}

TEST_CASE_FIXTURE(
    forking, "A phone that stops ringing is told why: answered elsewhere, or what the caller says (RFC 3326)"
) {
    call();
    reply(to_bob, 180);
    drain();
    SUBCASE("answered elsewhere") {
        reply(to_carol, 200);
        CHECK(header(wire_log.back().text, "Reason").starts_with("SIP;cause=200;"));
    }
    SUBCASE("given up") {
        receive(request{.method = "CANCEL", .headers = "Reason: Q.850;cause=16\n"});
        CHECK(header(wire_log.back().text, "Reason") == "Q.850;cause=16");
        reply(to_carol, 180);  // whose CANCEL had to wait
        CHECK(header(wire_log[wire_log.size() - 2].text, "Reason") == "Q.850;cause=16");
    }
    SUBCASE("without a reason") {
        cancel();
        CHECK(header(wire_log.back().text, "Reason").empty());
    }
}

TEST_CASE_FIXTURE(forking, "A phone is cancelled once, however often it rings and the caller asks") {
    call();
    reply(to_bob, 180);
    drain();
    cancel();
    receive(request{.method = "CANCEL"});
    reply(to_bob, 183);
    reply(to_bob, 180);
    auto all = drain();
    CHECK(std::count(all.begin(), all.end(), "10.0.0.2 CANCEL") == 1);
}

TEST_CASE_FIXTURE(forking, "A CANCEL that crosses the answer changes nothing") {
    call();
    reply(to_bob, 200);
    drain();
    cancel();
    auto all = drain();
    CHECK(all == text_lines{"10.0.0.1 200 CANCEL"});
    reply(to_carol, 180);
    CHECK(drain() == text_lines{"10.0.0.3 CANCEL"});  // because Bob has answered
}

TEST_CASE_FIXTURE(
    forking, "A CANCEL that names no INVITE that we know goes on without state, each copy anew (RFC 3261 16.10)"
) {
    auto const before = core->live().transactions;
    cancel();
    auto const onward = next();
    CHECK(onward.to == bob);  // of two targets the one of the higher q, as for every request without state
    CHECK(onward.text.starts_with("CANCEL sip:b@10.0.0.2 SIP/2.0"));
    CHECK(all_headers(onward.text, "Via").size() == 2);
    CHECK(core->live().transactions == before);
    cancel();
    CHECK(next().text == onward.text);
    // Its answer belongs to no transaction of ours, so it ends here (RFC 6026 7.3).
    reply(onward, 481);
    CHECK(drain() == text_lines{});
}

TEST_CASE("A CANCEL that matches nothing reaches our users, and nobody else unasked (RFC 3261 16.10, 22.1)") {
    proxy_fixture f(guarded_settings());
    f.receive(request{.method = "CANCEL", .uri = "sip:x@10.0.0.66"});
    f.receive(request{.method = "CANCEL", .uri = "sip:1009@example.com"});
    CHECK(f.drain() == text_lines{"10.0.0.1 481 CANCEL", "10.0.0.1 481 CANCEL"});
}

TEST_CASE_FIXTURE(forking, "Cancelled phones that never answer are given up after 64*T1, and the caller is told 487") {
    call();
    reply(to_bob, 180);
    reply(to_carol, 180);
    cancel();
    drain();
    advance(32s);
    auto all = drain();
    CHECK(all.back() == "10.0.0.1 487 INVITE");
}

// ---- silence

TEST_CASE_FIXTURE(forking, "Nobody there: 64*T1 for each rank, then 408 (16.7 step 6)") {
    call();
    advance(32s);
    auto all = drain();
    CHECK(std::count(all.begin(), all.end(), "10.0.0.2 INVITE") == 6);
    CHECK(std::count(all.begin(), all.end(), "10.0.0.4 INVITE") == 1);
    advance(32s);
    all = drain();
    CHECK(std::count(all.begin(), all.end(), "10.0.0.1 408 INVITE") == 1);
    ack();
}

TEST_CASE_FIXTURE(
    forking, "Timer C cancels a phone that rings for ever; each 18x starts it again (16.7 step 2, 16.8)"
) {
    call();
    reply(to_carol, 486);
    reply(to_bob, 180);
    advance(120s);
    reply(to_bob, 180);
    advance(184s);
    drain();
    advance(1s);
    CHECK(drain() == text_lines{"10.0.0.2 CANCEL"});
    reply(to_bob, 487);
    CHECK(next().to == bob);
    CHECK(next().to == at("10.0.0.4:5060"));  // the next rank gets its chance
}

TEST_CASE("A phone whose connection is refused is passed over, and its 503 becomes a 500") {
    proxy_fixture f;
    f.register_phone("1002", "<sip:b@10.0.0.2;transport=tcp>", bob);
    f.receive(request{});
    REQUIRE(f.opened.size() == 1);
    CHECK(f.opened[0].to == at("10.0.0.2:5060", sip::transport_kind::tcp));
    f.drain();
    f.on_flow(f.opened[0].flow, sip::flow_change::failed);
    CHECK(f.drain() == text_lines{"10.0.0.1 500 INVITE"});
    CHECK(f.core->live().contexts == 0);
}

TEST_CASE("A name with two addresses: the second is tried when the first does not answer (16.6 step 7)") {
    proxy_fixture f;
    f.register_phone("1002", "<sip:b@phone.example>", bob);
    f.receive(request{});
    CHECK(f.drain() == text_lines{"10.0.0.1 100 INVITE"});
    REQUIRE(f.questions.size() == 1);
    CHECK(f.questions[0].name == "phone.example");
    f.resolve(0, {bob.address, carol.address});
    auto first = f.next();
    CHECK(first.to == bob);
    f.advance(32s);
    f.reply(f.wire_log.back(), 200);
    CHECK(f.wire_log.back().to == alice);
    auto all = f.drain();
    CHECK(std::count(all.begin(), all.end(), "10.0.0.3 INVITE") == 1);
    // Another try is another branch.
    CHECK(all.back() == "10.0.0.1 200 INVITE");
}

TEST_CASE("A name that nobody knows is a failure of that phone alone; a caller who leaves is not kept waiting for it") {
    proxy_fixture f;
    f.register_phone("1002", "<sip:b@phone.example>", bob);
    f.receive(request{});
    SUBCASE("unknown") {
        f.resolve(0, {});
        CHECK(f.drain() == text_lines{"10.0.0.1 100 INVITE", "10.0.0.1 500 INVITE"});
    }
    SUBCASE("cancelled meanwhile") {
        f.receive(request{.method = "CANCEL"});
        CHECK(f.drain() == text_lines{"10.0.0.1 100 INVITE", "10.0.0.1 200 CANCEL", "10.0.0.1 487 INVITE"});
        f.resolve(0, {bob.address});
        CHECK(f.drain() == text_lines{});
    }
    CHECK(f.core->live().contexts == 0);
}

// ---- other rules

TEST_CASE_FIXTURE(forking, "All challenges of all branches go back together (16.7 step 7)") {
    call();
    reply(to_bob, 401, {}, "WWW-Authenticate: Digest realm=\"b\", nonce=\"1\"\r\n");
    reply(to_carol, 407, {}, "Proxy-Authenticate: Digest realm=\"c\", nonce=\"2\"\r\n");
    auto to_dora = wire_log.back();
    drain();
    reply(to_dora, 404);
    CHECK(next().to == at("10.0.0.4:5060"));
    auto challenged = next();
    CHECK(challenged.to == alice);
    CHECK(challenged.text.starts_with("SIP/2.0 401"));
    CHECK(all_headers(challenged.text, "WWW-Authenticate") == text_lines{"Digest realm=\"b\", nonce=\"1\""});
    CHECK(all_headers(challenged.text, "Proxy-Authenticate") == text_lines{"Digest realm=\"c\", nonce=\"2\""});
    CHECK(all_headers(challenged.text, "Via").size() == 1);
    CHECK(all_headers(challenged.text, "Content-Length").size() == 1);
}

TEST_CASE_FIXTURE(forking, "A request of breadth 1 tries one phone after the other (RFC 5393 5.3.3)") {
    receive(request{.headers = "Max-Breadth: 1\n"});
    auto first = next_beyond_trying();
    CHECK(first.to == bob);
    CHECK(header(first.text, "Max-Breadth") == "1");
    CHECK(wire_log.empty());
    reply(first, 486);
    CHECK(next().to == bob);
    auto second = next();
    CHECK(second.to == carol);
    reply(second, 200);
    CHECK(drain() == text_lines{"10.0.0.1 200 INVITE"});
}

TEST_CASE_FIXTURE(forking, "A breadth beyond ours is cut down (RFC 5393 5.3.3)") {
    call({.headers = "Max-Breadth: 4000\n"});
    CHECK(header(to_bob.text, "Max-Breadth") == "30");
}

TEST_CASE_FIXTURE(
    forking, "A non-INVITE gets one final response, never a 408, and a late one goes nowhere (RFC 4320)"
) {
    request r{.method = "MESSAGE"};
    SUBCASE("the first 2xx") {
        call(r);
        reply(to_bob, 200);
        reply(to_carol, 200);
        CHECK(drain() == text_lines{"10.0.0.1 200 MESSAGE"});
    }
    SUBCASE("silence") {
        call(r);
        advance(64s);
        for (auto const& line : drain())
            CHECK(line.find("408") == std::string::npos);
        reply(to_bob, 200);
        CHECK(drain() == text_lines{});
    }
    SUBCASE("a late 100 of our own keeps the caller's client waiting (RFC 4320 4.1)") {
        call(r);
        advance(3500ms);
        auto all = drain();
        CHECK(std::count(all.begin(), all.end(), "10.0.0.1 100 MESSAGE") == 1);
    }
}

TEST_CASE_FIXTURE(forking, "A phone that strips our caller's Via cannot make us answer to nobody (16.7 step 3)") {
    call();
    auto broken = response(to_bob.text, 200, "bob");
    auto below = "Via: " + all_headers(broken, "Via").at(1) + "\r\n";
    broken.replace(broken.find(below), below.size(), "");
    receive(bob, broken);
    CHECK(drain() == text_lines{});
    reply(to_carol, 486);
    reply(wire_log.back(), 486);
    CHECK(drain().back() == "10.0.0.1 486 INVITE");
}

TEST_CASE_FIXTURE(forking, "A retransmitted INVITE is answered by its transaction, not forked again") {
    call();
    receive(request{});
    CHECK(drain() == text_lines{"10.0.0.1 100 INVITE"});
    reply(to_bob, 180);
    receive(request{});
    CHECK(drain() == text_lines{"10.0.0.1 180 INVITE", "10.0.0.1 180 INVITE"});
}

TEST_CASE("What would be more than 1300 bytes goes by TCP, and by UDP where TCP is refused (18.1.1)") {
    proxy_fixture f;
    f.register_phone("1002", "<sip:b@10.0.0.2>", bob);
    auto const request_of = [](std::size_t filler, std::string const& branch) {
        return request{.branch = branch, .headers = "Subject: " + std::string(filler, 'x') + "\n"};
    };
    f.receive(request_of(700, "z9hG4bKshort"));
    auto small = f.next_beyond_trying();
    CHECK(small.to == bob);
    CHECK(small.text.size() < 1300);
    CHECK(f.opened.empty());

    f.receive(request_of(1000, "z9hG4bKlong"));
    REQUIRE(f.opened.size() == 1);
    CHECK(f.opened[0].to == at("10.0.0.2:5060", sip::transport_kind::tcp));
    auto large = f.next_beyond_trying();
    CHECK(header(large.text, "Via").starts_with("SIP/2.0/TCP"));
    f.on_flow(f.opened[0].flow, sip::flow_change::failed);
    auto again = f.next();
    CHECK(again.to == bob);
    CHECK(header(again.text, "Via").starts_with("SIP/2.0/UDP"));
    CHECK(header(again.text, "Via") != header(large.text, "Via"));
    f.reply(again, 486);
    CHECK(f.drain() == text_lines{"10.0.0.2 ACK", "10.0.0.1 486 INVITE"});
}
