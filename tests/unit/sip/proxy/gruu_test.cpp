// Covered: GRUUs of RFC 5627: minting of both kinds (5.1, 5.2, 5.4), when they are void (5.3), where requests to them
// go (6.1), contacts that would lead in a circle. Not covered: record-routing is unconditional here, so 6.2 has nothing
// to decide; RFC 5628.
#include "sip/proxy/gruu.hpp"

#include "proxy_fixture.hpp"

using namespace test;

namespace {

std::string const desk = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                  soft = "urn:uuid:00000000-0000-1000-8000-aabbccddeeff";

struct gruu_fixture : proxy_fixture {
    unsigned cseq = 0;

    std::string reg(
        std::string const& contact, std::string const& instance, std::string const& call_id = "reg-1",
        std::string const& supported = "Supported: gruu\n"
    ) {
        request r{.method = "REGISTER", .uri = "sip:example.com", .from = "1002", .call_id = call_id, .cseq = ++cseq};
        r.branch = fmt::format("z9hG4bKg{}", cseq);
        r.headers = fmt::format("Contact: <{}>;+sip.instance=\"<{}>\"\n{}", contact, instance, supported);
        r.via = bob;
        receive(r);
        return next().text;
    }
    /// The parameter's value in the first Contact that has this instance.
    static std::string param(std::string const& response, std::string const& name, std::string const& instance = desk) {
        for (auto const& contact : all_headers(response, "Contact")) {
            if (contact.find(instance) == std::string::npos) continue;
            auto const at = contact.find(name + "=\"");
            if (at == std::string::npos) return {};
            auto const from = at + name.size() + 2;
            return contact.substr(from, contact.find('"', from) - from);
        }
        return {};
    }
    /// To whom an INVITE for this URI goes: "10.0.0.2 INVITE", or the refusal.
    std::string call(std::string const& uri) {
        static int calls = 0;
        receive(request{.uri = uri, .call_id = fmt::format("c{}", ++calls), .branch = fmt::format("z9hG4bKc{}", calls)}
        );
        auto const first = next_beyond_trying();
        wire_log.clear();
        return first.to == alice ? first.text.substr(8, 3) : sip::to_string(first.to.address);
    }
};

}  // namespace

TEST_CASE_FIXTURE(
    gruu_fixture, "Who supports GRUUs gets both kinds with its Contact, who does not gets none (RFC 5627 5.2)"
) {
    auto const response = reg("sip:b@10.0.0.2", desk);
    CHECK(param(response, "pub-gruu") == "sip:1002@example.com;gr=" + desk);
    CHECK(param(response, "temp-gruu").starts_with("sip:tgruu."));
    CHECK(param(response, "temp-gruu").ends_with("@example.com;gr"));
    CHECK(response.find("+sip.instance=\"<" + desk + ">\"") != std::string::npos);
    CHECK(header(response, "Require").empty());
    CHECK(header(response, "Supported").find("gruu") == std::string::npos);
    auto const plain = reg("sip:b@10.0.0.2", desk, "reg-1", "");
    CHECK(param(plain, "pub-gruu").empty());
    CHECK(param(plain, "temp-gruu").empty());
    CHECK(plain.find("+sip.instance=\"<" + desk + ">\"") != std::string::npos);
}

TEST_CASE_FIXTURE(
    gruu_fixture, "Temporary GRUUs are different each time and have nothing of the user in them (RFC 5627 5.1)"
) {
    auto const first = param(reg("sip:b@10.0.0.2", desk), "temp-gruu");
    auto const second = param(reg("sip:b@10.0.0.2", desk), "temp-gruu");
    CHECK(first != second);
    CHECK(first.find("1002") == std::string::npos);
    CHECK(first.substr(0, first.find('@')).size() < 64);
}

TEST_CASE_FIXTURE(gruu_fixture, "A GRUU that a client brings along is not heard of (RFC 5627 5.1)") {
    request r{.method = "REGISTER", .uri = "sip:example.com", .from = "1002"};
    r.headers = "Supported: gruu\nContact: <sip:b@10.0.0.2>;+sip.instance=\"<" + desk +
                ">\";pub-gruu=\"sip:mine@example.com;gr=x\";temp-gruu=\"sip:y@example.com;gr\"\n";
    receive(r);
    auto const contact = header(next().text, "Contact");
    CHECK(contact.find("mine") == std::string::npos);
    CHECK(contact.find("sip:y") == std::string::npos);
}

TEST_CASE_FIXTURE(
    gruu_fixture,
    "A GRUU leads to the contacts of its instance alone, the address of record to all (RFC 5627 6.1, RFC 5627 5.4)"
) {
    auto const first = reg("sip:b@10.0.0.2", desk);
    auto const second = reg("sip:c@10.0.0.3", soft, "reg-2");
    CHECK(call(param(first, "pub-gruu")) == "10.0.0.2");
    CHECK(call(param(first, "temp-gruu")) == "10.0.0.2");
    CHECK(call(param(second, "pub-gruu", soft)) == "10.0.0.3");
    CHECK(call(param(second, "temp-gruu", soft)) == "10.0.0.3");
    receive(request{.call_id = "all", .branch = "z9hG4bKall"});
    auto const all = drain();
    CHECK(std::count(all.begin(), all.end(), "10.0.0.2 INVITE") == 1);
    CHECK(std::count(all.begin(), all.end(), "10.0.0.3 INVITE") == 1);
}

TEST_CASE_FIXTURE(gruu_fixture, "The gr parameter does not go on to the phone (RFC 5627 6.1)") {
    receive(request{.uri = param(reg("sip:b@10.0.0.2", desk), "pub-gruu")});
    CHECK(next_beyond_trying().text.starts_with("INVITE sip:b@10.0.0.2 SIP/2.0"));
}

TEST_CASE_FIXTURE(
    gruu_fixture, "Without its phone a public GRUU is unavailable, a temporary one is void (RFC 5627 5.3)"
) {
    auto const response = reg("sip:b@10.0.0.2;x=1", desk);
    auto const temporary = param(response, "temp-gruu");
    advance(301s);
    wire_log.clear();
    CHECK(call(param(response, "pub-gruu")) == "480");
    CHECK(call(temporary) == "404");
    reg("sip:b@10.0.0.2", desk, "reg-later");
    CHECK(call(param(response, "pub-gruu")) == "10.0.0.2");
    CHECK(call(temporary) == "404");
}

TEST_CASE_FIXTURE(
    gruu_fixture,
    "A refreshed registration keeps its temporary GRUUs, one of another Call-ID makes them void (RFC 5627 5.1)"
) {
    auto const first = param(reg("sip:b@10.0.0.2", desk), "temp-gruu");
    auto const second = param(reg("sip:b@10.0.0.2", desk), "temp-gruu");
    CHECK(call(first) == "10.0.0.2");
    CHECK(call(second) == "10.0.0.2");
    auto const after = param(reg("sip:b@10.0.0.2", desk, "reg-2"), "temp-gruu");
    CHECK(call(first) == "404");
    CHECK(call(second) == "404");
    CHECK(call(after) == "10.0.0.2");
}

TEST_CASE_FIXTURE(gruu_fixture, "A temporary GRUU that was made up leads nowhere (RFC 5627 6.1)") {
    auto temporary = param(reg("sip:b@10.0.0.2", desk), "temp-gruu");
    auto& letter = temporary[temporary.find("tgruu.") + 6];
    letter = letter == 'A' ? 'B' : 'A';
    CHECK(call(temporary) == "404");
    CHECK(call("sip:1002@example.com;gr") == "404");
}

TEST_CASE_FIXTURE(gruu_fixture, "A contact that leads back to its own user is refused with 403 (RFC 5627 5.1)") {
    auto const response = reg("sip:b@10.0.0.2", desk);
    for (auto const& circle :
         {std::string("sip:1002@example.com"), param(response, "pub-gruu"), param(response, "temp-gruu")})
        CHECK(reg(circle, soft, "reg-circle").starts_with("SIP/2.0 403"));
}

TEST_CASE_FIXTURE(
    gruu_fixture,
    "Of a phone that was started anew the newest contact is tried first, the older one when that fails (RFC 5627 6.1)"
) {
    reg("sip:old@10.0.0.3", desk, "reg-1");
    advance(1s);
    auto const response = reg("sip:new@10.0.0.2", desk, "reg-2");
    wire_log.clear();
    receive(request{.uri = param(response, "pub-gruu")});
    auto const first = next_beyond_trying();
    CHECK(first.to == bob);
    CHECK(wire_log.empty());
    SUBCASE("a refusal is the phone's word") {
        reply(first, 486);
        CHECK(drain() == text_lines{"10.0.0.2 ACK", "10.0.0.1 486 INVITE"});
    }
    SUBCASE("silence is not") {
        advance(32s);
        auto const all = drain();
        CHECK(std::count(all.begin(), all.end(), "10.0.0.3 INVITE") == 1);
    }
    SUBCASE("nor is 408") {
        reply(first, 408);
        CHECK(drain() == text_lines{"10.0.0.2 ACK", "10.0.0.3 INVITE"});
    }
}

TEST_CASE_FIXTURE(
    gruu_fixture, "In a dialog a GRUU is looked up though more Routes follow, and Path is left out (RFC 5627 6.1)"
) {
    auto const response = reg("sip:b@10.0.0.2", desk, "reg-1", "Supported: gruu, path\nPath: <sip:10.0.0.70;lr>\n");
    receive(request{
        .method = "BYE",
        .uri = param(response, "pub-gruu"),
        .to_tag = "x",
        .headers = "Route: <sip:10.0.0.9;lr>\nRoute: <sip:10.0.0.80;lr>\n"});
    auto const bye = next();
    CHECK(bye.to == at("10.0.0.80:5060"));
    CHECK(bye.text.starts_with("BYE sip:b@10.0.0.2 SIP/2.0"));
    CHECK(all_headers(bye.text, "Route") == text_lines{"<sip:10.0.0.80;lr>"});
}
