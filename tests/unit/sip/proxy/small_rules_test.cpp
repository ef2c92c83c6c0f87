// Covered: rules of single headers and requests that no flow of the other tests touches: the address-of-record of a
// REGISTER in all its spellings, Record-Route of a REGISTER, the order of challenges, CANCEL of what is no INVITE.
// Not covered: what a rule means for a whole call (forking_test.cpp, dialog_test.cpp).
#include <map>

#include "proxy_fixture.hpp"

using namespace test;

namespace {

struct one_phone : proxy_fixture {
    one_phone() { register_phone("1002", "<sip:b@10.0.0.2>", bob); }
};

std::string changed(std::string text, std::string const& from, std::string const& to) {
    auto const at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("An address-of-record is the same with parameters and escapes (10.3 step 5)") {
    proxy_fixture f;
    request r{.method = "REGISTER", .uri = "sip:example.com", .from = "1002", .headers = "Contact: <sip:b@10.0.0.2>\n"};
    f.receive(bob, changed(r.text(), "To: <sip:1002@example.com>", "To: <sip:%31002@example.com;user=phone;x=y>"));
    CHECK(f.next().text.starts_with("SIP/2.0 200"));
    f.receive(request{.uri = "sip:1002@example.com", .branch = "z9hG4bKcall"});
    CHECK(f.next_beyond_trying().text.starts_with("INVITE sip:b@10.0.0.2 SIP/2.0"));
}

TEST_CASE("Record-Route of a REGISTER means nothing, and is not in its response (10.3)") {
    proxy_fixture f;
    f.receive(request{
        .method = "REGISTER",
        .uri = "sip:example.com",
        .from = "1002",
        .headers = "Record-Route: <sip:10.0.0.7;lr>\nContact: <sip:b@10.0.0.2>\n"});
    auto const registered = f.next().text;
    CHECK(registered.starts_with("SIP/2.0 200"));
    CHECK(header(registered, "Record-Route").empty());
    f.receive(request{.branch = "z9hG4bKcall"});
    auto const invite = f.next_beyond_trying();
    CHECK(invite.to == bob);
    CHECK(header(invite.text, "Route").empty());
}

TEST_CASE_FIXTURE(one_phone, "The challenges of one server keep their order beside those of another (RFC 8760 2.5)") {
    register_phone("1002", "<sip:c@10.0.0.3>", carol);
    auto const asks = [](std::string const& realm) {
        text_lines lines;
        for (auto const* algorithm : {"SHA-512-256", "SHA-256", "MD5"})
            lines.push_back("Digest realm=\"" + realm + "\", nonce=\"n\", algorithm=" + algorithm);
        return lines;
    };
    auto const headers = [](text_lines const& challenges) {
        std::string text;
        for (auto const& each : challenges)
            text += "WWW-Authenticate: " + each + "\r\n";
        return text;
    };
    receive(request{});
    auto const to_bob = next_beyond_trying(), to_carol = next();
    reply(to_bob, 401, "b", headers(asks("b")));
    reply(to_carol, 401, "c", headers(asks("c")));
    std::string answer;
    while (!wire_log.empty())
        if (auto const one = next(); one.to == alice) answer = one.text;
    REQUIRE(answer.starts_with("SIP/2.0 401"));
    std::map<std::string, text_lines> by_realm;
    for (auto const& each : all_headers(answer, "WWW-Authenticate"))
        by_realm[each.find("realm=\"b\"") != std::string::npos ? "b" : "c"].push_back(each);
    CHECK(by_realm["b"] == asks("b"));
    CHECK(by_realm["c"] == asks("c"));
}

TEST_CASE_FIXTURE(one_phone, "A CANCEL of what is no INVITE is answered 200 and changes nothing (9.2, 16.10)") {
    receive(request{.method = "MESSAGE"});
    auto const message = next();
    CHECK(message.to == bob);
    receive(request{.method = "CANCEL"});
    CHECK(drain() == text_lines{"10.0.0.1 200 CANCEL"});
    reply(message, 200, "b");
    CHECK(drain() == text_lines{"10.0.0.1 200 MESSAGE"});
}
