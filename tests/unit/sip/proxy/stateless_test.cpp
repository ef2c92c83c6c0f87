// Covered: a stateless proxy (RFC 3261 16.11): the same copy each time, one target, CANCEL and ACK on the INVITE's way,
// responses by Via and by connection, no 100, refusals without state, registrations all the same.
// Not covered: what it shares with a stateful one (requests_test.cpp, forwarding_test.cpp).
#include "proxy_fixture.hpp"

using namespace test;

namespace {

sip::proxy::settings stateless_settings() {
    auto settings = open_settings();
    settings.how = sip::proxy::forwarding::stateless;
    return settings;
}

struct stateless_fixture : proxy_fixture {
    stateless_fixture() : proxy_fixture(stateless_settings()) {
        register_phone("1002", "<sip:low@10.0.0.3>;q=0.3", carol);
        register_phone("1002", "<sip:b@10.0.0.2>;q=0.8", bob);
        advance(40s);
        CHECK(core->live().transactions == 0);
    }
    ~stateless_fixture() {
        auto const live = core->live();
        CHECK(live.contexts + live.branches + live.transactions + live.buffers == 0);
        CHECK_FALSE(core->next_deadline());
    }
    stateless_fixture(stateless_fixture const&) = delete;
    stateless_fixture& operator=(stateless_fixture const&) = delete;
    static std::string branch(std::string const& message) {
        auto const via = header(message, "Via");
        auto const at = via.find(";branch=") + 8;
        return via.substr(at, via.find(';', at) - at);
    }
};

}  // namespace

TEST_CASE_FIXTURE(stateless_fixture, "A retransmission is forwarded as the request was, byte for byte (16.11)") {
    receive(request{});
    auto const first = next();
    CHECK(first.to == bob);  // of two targets the one of the higher q
    CHECK(first.text.starts_with("INVITE sip:b@10.0.0.2 SIP/2.0"));
    CHECK(wire_log.empty());  // no 100 of its own
    advance(500ms);
    receive(request{});
    CHECK(next().text == first.text);
    CHECK(header(first.text, "Max-Forwards") == "69");
    CHECK(header(first.text, "Max-Breadth") == "60");
    CHECK(unsigned_route(header(first.text, "Record-Route")) == "<sip:10.0.0.9:5060;lr>");
}

TEST_CASE_FIXTURE(
    stateless_fixture, "Another transaction has another branch, with and without the cookie of RFC 3261 (16.11)"
) {
    std::vector<std::string> branches;
    for (auto const* theirs : {"z9hG4bKone", "z9hG4bKtwo", "old"})
        for (unsigned cseq : {1U, 2U}) {
            receive(request{.cseq = cseq, .branch = theirs});
            branches.push_back(branch(next().text));
        }
    for (auto const& each : branches)
        CHECK(each.starts_with("z9hG4bK"));
    // The loop mark differs with CSeq; the first part only where the cookie does not promise uniqueness.
    auto first_part = [&](std::size_t i) { return branches[i].substr(0, 23); };
    CHECK(first_part(0) == first_part(1));
    CHECK(first_part(0) != first_part(2));
    CHECK(first_part(4) != first_part(5));
}

TEST_CASE_FIXTURE(stateless_fixture, "CANCEL and the ACK of a refusal follow the INVITE, with its branch (16.11)") {
    receive(request{});
    auto const invite = next();
    receive(request{.method = "CANCEL"});
    auto const cancel = next();
    CHECK(cancel.to == bob);
    CHECK(cancel.text.starts_with("CANCEL sip:b@10.0.0.2 SIP/2.0"));
    CHECK(branch(cancel.text) == branch(invite.text));
    receive(request{.method = "ACK"});
    auto const ack = next();
    CHECK(ack.to == bob);
    CHECK(branch(ack.text) == branch(invite.text));
}

TEST_CASE_FIXTURE(stateless_fixture, "Every response goes to the Via below ours, each time (16.7, 18.2.2)") {
    receive(request{});
    auto const invite = next();
    for (unsigned status : {100U, 180U, 200U, 200U}) {
        reply(invite, status, "b");
        auto const answer = next();
        CHECK(answer.to == alice);
        CHECK(answer.text.starts_with(fmt::format("SIP/2.0 {}", status)));
        CHECK(all_headers(answer.text, "Via").size() == 1);
    }
}

TEST_CASE_FIXTURE(stateless_fixture, "A response goes where received and rport say (18.2.2, RFC 3581 4)") {
    auto text = request{}.text();
    text.replace(text.find(";branch"), 7, ";rport;branch");
    receive(at("10.0.0.50:61000"), text);
    reply(next(), 200, "b");
    CHECK(next().to == at("10.0.0.50:61000"));
}

TEST_CASE_FIXTURE(stateless_fixture, "A response takes the connection that its request came by (18.2.2)") {
    auto const from = at("10.0.0.1:40001", sip::transport_kind::tcp);
    auto const connection = accept(from);
    request r;
    r.via = at("10.0.0.1:5060", sip::transport_kind::tcp);
    receive(from, r.text(), connection);
    auto const invite = next();
    reply(invite, 200, "b");
    CHECK(next().flow == connection);
    on_flow(connection, sip::flow_change::closed);
    reply(invite, 200, "b");
    REQUIRE(opened.size() == 1);  // gone: to the port that Via names
    CHECK(opened[0].to == at("10.0.0.1:5060", sip::transport_kind::tcp));
    CHECK(next().flow == opened[0].flow);
}

TEST_CASE_FIXTURE(
    stateless_fixture, "A response that is not for us, or has nowhere to go, is dropped (18.1.2, 16.7 step 3)"
) {
    receive(request{});
    auto const invite = next();
    auto foreign = response(invite.text, 200, "b");
    foreign.replace(foreign.find("10.0.0.9"), 8, "10.0.0.7");
    receive(bob, foreign);
    auto bare = response(invite.text, 200, "b");
    auto const below = "Via: " + all_headers(bare, "Via").at(1) + "\r\n";
    bare.replace(bare.find(below), below.size(), "");
    receive(bob, bare);
    CHECK(drain() == text_lines{});
}

TEST_CASE_FIXTURE(stateless_fixture, "A refusal is the same for every copy, and its ACK ends here (8.2.7)") {
    request const r{.uri = "sip:9@example.com"};
    receive(r);
    auto const first = next();
    CHECK(first.to == alice);
    CHECK(first.text.starts_with("SIP/2.0 404"));
    receive(r);
    CHECK(next().text == first.text);
    receive(request{.method = "ACK", .uri = "sip:9@example.com"});
    CHECK(drain() == text_lines{});
}

TEST_CASE_FIXTURE(stateless_fixture, "Requests in a dialog follow the recorded route (16.12)") {
    receive(request{});
    auto const route = "Route: " + header(next().text, "Record-Route") + "\n";
    receive(request{.method = "BYE", .uri = "sip:b@10.0.0.2:5070", .to_tag = "b", .headers = route});
    CHECK(next().to == at("10.0.0.2:5070"));
    receive(request{.method = "ACK", .uri = "sip:b@10.0.0.2:5070", .to_tag = "b", .headers = route});
    CHECK(next().to == at("10.0.0.2:5070"));
}

TEST_CASE_FIXTURE(stateless_fixture, "A repeated REGISTER is one registration (10.3)") {
    request const r{
        .method = "REGISTER",
        .uri = "sip:example.com",
        .to = "1001",
        .call_id = "r",
        .headers = "Contact: <sip:a@10.0.0.1>\n"};
    receive(r);
    auto const first = next().text;
    CHECK(first.starts_with("SIP/2.0 200"));
    receive(r);
    CHECK(next().text == first);
    advance(40s);
}
