// Covers: who is shown as caller and as callee, by the account's settings: the guide's orders of headers. Pure. Not
// here: which header a rule chooses (libsip's choose_identity), anonymous calls between phones (features.cpp).
#include <doctest/doctest.h>

#include <string>

#include "phoned/phone/identity.hpp"
#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

namespace {

struct parsed_message {
    parsed_message(std::string_view start, std::string_view more) {
        const auto text = test::wire(
            std::string(start) +
            "\nVia: SIP/2.0/UDP b;branch=z9hG4bK1\nFrom: \"F\" <sip:f@x>;tag=1\nTo: <sip:t@x>;tag=2\n"
            "Call-ID: 1\nCSeq: 1 INVITE\nMax-Forwards: 70\n" +
            std::string(more)
        );
        auto made = sip::parse_message(pool.copy(text), pool);
        REQUIRE(made.has_value());
        message = *made;
    }
    sip::buffer_pool pool;
    sip::message message;
};

constexpr auto every_header =
    "P-Asserted-Identity: <sip:pai@x>\nRemote-Party-ID: <sip:rpid@x>\n"
    "P-Preferred-Identity: <sip:ppi@x>\n";

std::string caller(unsigned source, bool preferred, std::string_view headers, bool is_trusted = true) {
    auto account = phoned::default_settings().accounts[0];
    account.user_name = "1001";
    account.servers[0].host = "x";
    account.caller = static_cast<phoned::caller_source>(source);
    account.shows_preferred = preferred;
    const parsed_message invite("INVITE sip:t@x SIP/2.0", headers);
    const auto rules = phoned::sip_account(account, "").reads;
    return phoned::caller_of(invite.message.view(), sip::choose_identity(invite.message.view(), rules, is_trusted)).uri;
}

}  // namespace

TEST_CASE("cid_source names the headers that tell who calls, in their order; P-Preferred-Identity comes before them") {
    CHECK(caller(0, false, every_header) == "sip:f@x");
    CHECK(caller(1, false, every_header) == "sip:pai@x");
    CHECK(caller(1, false, "") == "sip:f@x");
    CHECK(caller(2, false, every_header) == "sip:pai@x");
    CHECK(caller(2, false, "") == "sip:f@x");
    CHECK(caller(3, false, every_header) == "sip:rpid@x");
    CHECK(caller(4, false, every_header) == "sip:pai@x");
    CHECK(caller(4, false, "Remote-Party-ID: <sip:rpid@x>\n") == "sip:rpid@x");
    CHECK(caller(5, false, every_header) == "sip:rpid@x");
    CHECK(caller(0, true, every_header) == "sip:ppi@x");
    CHECK(caller(4, false, every_header, false) == "sip:f@x");  // RFC 3325 8: not from strangers
    CHECK(caller(0, false, "Privacy: id\n") == "sip:anonymous@anonymous.invalid");
}

TEST_CASE("a callee is whom a trusted network names, and nobody else than we have called otherwise") {
    const auto callee = [](std::string_view headers, bool is_trusted) {
        const parsed_message answer("SIP/2.0 200 OK", headers);
        const auto who = phoned::callee_of(answer.message.view(), is_trusted);
        return who ? who->uri : std::string("dialled");
    };
    CHECK(callee(every_header, true) == "sip:pai@x");
    CHECK(callee("Remote-Party-ID: <sip:rpid@x>\n", true) == "sip:rpid@x");
    CHECK(callee(every_header, false) == "dialled");
    CHECK(callee("", true) == "dialled");
    CHECK(callee("Privacy: id\n", true) == "sip:anonymous@anonymous.invalid");
}
