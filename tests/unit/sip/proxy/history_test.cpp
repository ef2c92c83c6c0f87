// Covered: History-Info at a stateful proxy (RFC 7044): what requests carry for each branch, what responses tell,
// indexes, reasons, gaps, what cannot be read; Diversion of a 3xx that is followed (RFC 5806). Not covered: privacy of
// entries, which is not built.
#include "proxy_fixture.hpp"
#include "sip/proxy/request_history.hpp"

using namespace test;

namespace {

sip::proxy::settings keeping_history() {
    auto settings = open_settings();
    settings.keeps_history = true;
    settings.on_redirect = sip::proxy::redirects::followed;
    return settings;
}

struct history : proxy_fixture {
    history() : proxy_fixture(keeping_history()) {
        register_phone("1002", "<sip:b@10.0.0.2>;q=0.9", bob);
        register_phone("1002", "<sip:c@10.0.0.3>;q=0.5", carol);
    }
    ~history() { expect_an_end(); }
    history(history const&) = delete;
    history& operator=(history const&) = delete;

    sent call(std::string const& headers = "Supported: histinfo\n") {
        receive(request{.headers = headers});
        return next_beyond_trying();
    }
};

/// All values of History-Info, each in one line.
text_lines told(std::string const& text) {
    text_lines found;
    auto const head = text.substr(0, text.find("\r\n\r\n") + 2);
    for (std::size_t at = 0; (at = head.find("\r\nHistory-Info: ", at)) != std::string::npos;) {
        at += 16;
        found.push_back(head.substr(at, head.find("\r\n", at) - at));
    }
    return found;
}

}  // namespace

TEST_CASE_FIXTURE(
    history, "Each branch tells whom the call was for, and whom it is sent to (RFC 7044 7, 9.1, 9.2, 10.4)"
) {
    auto const to_bob = call();
    CHECK(told(to_bob.text) == text_lines{"<sip:1002@example.com>;index=1", "<sip:b@10.0.0.2>;index=1.1;rc=1"});
    reply(to_bob, 486);
    CHECK(next().text.starts_with("ACK"));
    auto const to_carol = next();
    CHECK(
        told(to_carol.text) ==
        text_lines{
            "<sip:1002@example.com>;index=1", "<sip:b@10.0.0.2?Reason=SIP%3Bcause%3D486>;index=1.1;rc=1",
            "<sip:c@10.0.0.3>;index=1.2;rc=1"}
    );
    reply(to_carol, 200);
    CHECK(told(next().text).size() == 3);
}

TEST_CASE_FIXTURE(
    history, "What others have entered goes on in its order, and ours stands below it (RFC 7044 9.1, 10.3)"
) {
    auto const came =
        call("History-Info: <sip:a@example.org>;index=1, \"B, C\" <sip:1002@example.com>;index=1.1;mp=1;x=\"y z\"\n");
    CHECK(
        told(came.text) ==
        text_lines{
            "<sip:a@example.org>;index=1", "\"B, C\" <sip:1002@example.com>;index=1.1;mp=1;x=\"y z\"",
            "<sip:b@10.0.0.2>;index=1.1.1;rc=1.1"}
    );
    reply(came, 603);
}

TEST_CASE_FIXTURE(history, "Where whoever sent the request entered nothing, the gap shows as 0 (RFC 7044 10.3)") {
    auto const came = call("History-Info: <sip:a@example.org>;index=1.2\n");
    CHECK(
        told(came.text) ==
        text_lines{
            "<sip:a@example.org>;index=1.2", "<sip:1002@example.com>;index=1.2.0",
            "<sip:b@10.0.0.2>;index=1.2.0.1;rc=1.2.0"}
    );
    reply(came, 603);
}

TEST_CASE_FIXTURE(history, "A request that is sent on as it is says so (RFC 7044 10.4)") {
    receive(request{.method = "OPTIONS", .uri = "sip:b@10.0.0.2", .headers = "Route: <sip:10.0.0.9;lr>\n"});
    auto const came = next();
    CHECK(told(came.text) == text_lines{"<sip:b@10.0.0.2>;index=1", "<sip:b@10.0.0.2>;index=1.1;np=1"});
    reply(came, 200);
    drain();
}

TEST_CASE_FIXTURE(history, "The target of a 3xx is a new branch, as the 3xx says of it (RFC 7044 9.3, 10.3, 10.4)") {
    auto const to_bob = call();
    reply(to_bob, 302, {}, "Contact: <sip:e@10.0.0.5>;q=0.8;mp=1.1\r\nReason: Q.850;cause=17\r\n");
    CHECK(next().text.starts_with("ACK"));
    auto const to_e = next();
    CHECK(to_e.to == at("10.0.0.5:5060"));
    CHECK(
        told(to_e.text) ==
        text_lines{
            "<sip:1002@example.com>;index=1",
            "<sip:b@10.0.0.2?Reason=SIP%3Bcause%3D302&Reason=Q.850%3Bcause%3D17>;index=1.1;rc=1",
            "<sip:e@10.0.0.5>;index=1.2;mp=1.1"}
    );
    reply(to_e, 603);
}

TEST_CASE_FIXTURE(history, "Responses tell what is known, and what further proxies have added (RFC 7044 9.3, 9.4)") {
    auto const to_bob = call();
    auto const further =
        "History-Info: <sip:1002@example.com>;index=1, <sip:b@10.0.0.2>;index=1.1;rc=1\r\n"
        "History-Info: <sip:desk@10.0.0.7>;index=1.1.1;rc=1.1\r\n";
    reply(to_bob, 180, {}, further);
    auto const ringing = next();
    CHECK(ringing.text.starts_with("SIP/2.0 180"));
    text_lines const all{
        "<sip:1002@example.com>;index=1", "<sip:b@10.0.0.2>;index=1.1;rc=1", "<sip:desk@10.0.0.7>;index=1.1.1;rc=1.1"};
    CHECK(told(ringing.text) == all);
    reply(to_bob, 200, {}, further);
    CHECK(told(next().text) == all);
}

TEST_CASE_FIXTURE(history, "Nobody is told who neither takes part nor asks (RFC 7044 9.4)") {
    auto const to_bob = call("");
    CHECK(told(to_bob.text).size() == 2);
    reply(to_bob, 180, {}, "History-Info: <sip:1002@example.com>;index=1\r\n");
    CHECK(told(next().text).empty());
    reply(to_bob, 603);
    drain();
}

TEST_CASE_FIXTURE(history, "A phone that never answers counts as one that said 408 (RFC 7044 10.2)") {
    call();
    advance(40s);
    std::string to_carol;
    for (auto const& each : wire_log)
        if (each.to == carol && each.text.starts_with("INVITE")) to_carol = each.text;
    REQUIRE(!to_carol.empty());
    CHECK(told(to_carol).at(1) == "<sip:b@10.0.0.2?Reason=SIP%3Bcause%3D408>;index=1.1;rc=1");
}

TEST_CASE_FIXTURE(history, "What cannot be read, or is too long, passes as it came (RFC 7044 5)") {
    auto const broken = call("History-Info: <sip:a@b>;index=x\n");
    CHECK(told(broken.text) == text_lines{"<sip:a@b>;index=x"});
    reply(broken, 603);
    drain();
    std::string many = "History-Info: <sip:a@b>;index=1";
    for (int i = 0; i < 70; ++i)
        many += ",<sip:a@b>;index=1." + std::to_string(i);
    receive(request{.call_id = "2", .branch = "z9hG4bK2", .headers = many + "\n"});
    auto const crowded = next_beyond_trying();
    CHECK(told(crowded.text).size() == 1);
    reply(crowded, 603);
    drain();
}

TEST_CASE("Entries stand in the order of their indexes, number by number (RFC 7044 9.2)") {
    sip::buffer_pool pool;
    auto const message = sip::parse_message(
        pool.copy(request{.headers = "History-Info: <sip:1002@example.com>;index=1\n"}.text()), pool
    );
    REQUIRE(message.has_value());
    sip::proxy::request_history kept(message->view());
    std::vector<sip::proxy::request_history::entry> branches;
    for (int i = 0; i < 11; ++i)
        branches.push_back(
            kept.branch("sip:" + std::to_string(i) + "@x", sip::proxy::request_history::origin::registered)
        );
    kept.settle(branches[10], 404, {});
    kept.settle(branches[1], 404, {});
    kept.settle(branches[1], 404, {});  // once
    auto const lines = told("\r\n" + kept.lines(&branches[8]) + "\r\n");
    REQUIRE(lines.size() == 4);
    CHECK(lines[1].find(";index=1.2;") != std::string::npos);
    CHECK(lines[2].find(";index=1.9;") != std::string::npos);
    CHECK(lines[3].find(";index=1.11;") != std::string::npos);
}

TEST_CASE("A proxy that is not told to keeps no history, and passes on that of others") {
    proxy_fixture f;
    f.register_phone("1002", "<sip:b@10.0.0.2>", bob);
    f.receive(request{.headers = "History-Info: <sip:1002@example.com>;index=1\n"});
    auto const sent = f.next_beyond_trying();
    CHECK(told(sent.text) == text_lines{"<sip:1002@example.com>;index=1"});
    f.reply(sent, 486);
}

TEST_CASE_FIXTURE(
    history, "A 3xx that is followed has its Diversion copied, before those that were there (RFC 5806 5.4.1)"
) {
    auto const to_bob = call("Diversion: <sip:old@example.com>;reason=unconditional\n");
    CHECK(header(to_bob.text, "Diversion") == "<sip:old@example.com>;reason=unconditional");
    reply(to_bob, 302, {}, "Contact: <sip:e@10.0.0.5>;q=0.8\r\nDiversion: <sip:1002@example.com>;reason=user-busy\r\n");
    CHECK(next().text.starts_with("ACK"));
    auto const to_e = next();
    CHECK(header(to_e.text, "Diversion") == "<sip:1002@example.com>;reason=user-busy");
    CHECK(to_e.text.find("\r\nDiversion: <sip:old@example.com>;reason=unconditional\r\n") != std::string::npos);
    reply(to_e, 302, {}, "Contact: <sip:1@10.0.0.6>;q=0.8\r\n");
    CHECK(next().text.starts_with("ACK"));
    CHECK(header(next().text, "Diversion") == "<sip:old@example.com>;reason=unconditional");
}
