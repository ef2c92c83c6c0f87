// Covers: who a message is from by every order of headers, whom we believe, what Privacy hides, and when a caller is
// anonymous. What is sent is tested with the user agent (ua/identity.cpp).
#include "sip/usage/identity.hpp"

#include <string>

#include "message_text.hpp"

using sip::choose_identity;
using sip::identity_rules;
using sip::named_by;
using source = sip::identity_source;

namespace {

constexpr bool trusted = true, stranger = false;

std::string const all_of_them =
    "P-Asserted-Identity: \"Alice Net\" <sip:+4930123@net>\nRemote-Party-ID: <sip:rpid@net>;party=calling\n"
    "P-Preferred-Identity: <sip:ppi@home>\n";

std::string shown(sip::message const& message, identity_rules const& rules, bool is_trusted) {
    return std::string(named_by(message.view(), choose_identity(message.view(), rules, is_trusted)).uri.text);
}

}  // namespace

TEST_CASE("The first header of the configured order that is there names the caller (RFC 3325 8)") {
    test::message_maker m;
    auto const invite = m.request(all_of_them);
    auto const by = [&](std::vector<source> order) {
        identity_rules rules;
        rules.order = std::move(order);
        return shown(invite, rules, trusted);
    };
    CHECK(by({source::asserted, source::remote_party_id, source::address}) == "sip:+4930123@net");
    CHECK(by({source::remote_party_id, source::asserted, source::address}) == "sip:rpid@net");
    CHECK(by({source::preferred, source::address}) == "sip:ppi@home");
    CHECK(by({source::address, source::asserted}) == "sip:alice@example.com");
    CHECK(by({}) == "sip:alice@example.com");
    auto const plain = m.request("");
    CHECK(shown(plain, {}, trusted) == "sip:alice@example.com");
    auto const broken = m.request("P-Asserted-Identity: <sip:unclosed\n");
    CHECK(shown(broken, {}, trusted) == "sip:alice@example.com");
}

TEST_CASE("What a stranger asserts is as if it were not there (RFC 3325 8)") {
    test::message_maker m;
    auto const invite = m.request(all_of_them);
    CHECK(shown(invite, {}, stranger) == "sip:alice@example.com");
    auto const choice = choose_identity(invite.view(), {}, stranger);
    CHECK(choice.source == source::address);
    CHECK(!choice.is_trusted);
}

TEST_CASE("Of two asserted identities the SIP URI is shown, else the number (RFC 3325 9.1)") {
    test::message_maker m;
    CHECK(
        shown(m.request("P-Asserted-Identity: <tel:+4930123>, \"Alice\" <sip:alice@net>\n"), {}, trusted) ==
        "sip:alice@net"
    );
    CHECK(shown(m.request("P-Asserted-Identity: tel:+4930123\n"), {}, trusted) == "tel:+4930123");
}

TEST_CASE("A response is from whoever it asserts, else from its To (RFC 3325 9.1, RFC 4916 4.4)") {
    test::message_maker m;
    CHECK(shown(m.response(200, "P-Asserted-Identity: <sip:carol@net>\n"), {}, trusted) == "sip:carol@net");
    CHECK(shown(m.response(180, "Remote-Party-ID: <sip:c@net>;party=called\n"), {}, trusted) == "sip:c@net");
    CHECK(shown(m.response(180, "Remote-Party-ID: <sip:c@net>;party=calling\n"), {}, trusted) == "sip:bob@example.com");
    CHECK(shown(m.response(200, ""), {}, trusted) == "sip:bob@example.com");
}

TEST_CASE("A person who asks for privacy is not shown, unless the rules say so (RFC 3323 4.2, RFC 3325 7)") {
    test::message_maker m;
    auto const invite = m.request("Privacy: id\nP-Asserted-Identity: <sip:alice@net>\n");
    auto const choice = choose_identity(invite.view(), {}, trusted);
    CHECK(choice.is_hidden);
    CHECK(named_by(invite.view(), choice).text.empty());
    identity_rules all_seeing;
    all_seeing.honours_privacy = false;
    CHECK(shown(invite, all_seeing, trusted) == "sip:alice@net");
    CHECK(shown(m.request("Privacy: none\nP-Asserted-Identity: <sip:alice@net>\n"), {}, trusted) == "sip:alice@net");
    CHECK(shown(m.request("Privacy: header;session\n"), {}, trusted) == "sip:alice@example.com");
}

TEST_CASE("A Remote-Party-ID with privacy=full is not shown") {
    test::message_maker m;
    for (std::string const secret : {"full", "uri"})
        CHECK(shown(m.request("Remote-Party-ID: <sip:a@net>;privacy=" + secret + "\n"), {}, trusted).empty());
    CHECK(shown(m.request("Remote-Party-ID: <sip:a@net>;privacy=off\n"), {}, trusted) == "sip:a@net");
}

TEST_CASE("A caller is anonymous by domain, by name or by Privacy, and not for want of an assertion (RFC 5079 3)") {
    test::message_maker m;
    auto const is_anonymous = [&](std::string const& from, std::string const& headers = {}) {
        return sip::is_anonymous(m.request(headers, from).view());
    };
    CHECK(is_anonymous("\"Anonymous\" <sip:anonymous@anonymous.invalid>"));
    CHECK(is_anonymous("<sip:x@ANONYMOUS.invalid>"));
    CHECK(is_anonymous("<sip:x@sub.anonymous.invalid>"));
    CHECK(is_anonymous("anonymous <sip:alice@example.com>"));
    CHECK(is_anonymous("<sip:alice@example.com>", "Privacy: id\n"));
    CHECK(is_anonymous("<sip:alice@example.com>", "Privacy: user;critical\n"));
    CHECK(is_anonymous("<sip:alice@example.com>", "Privacy: id\nP-Asserted-Identity: <sip:alice@net>\n"));
    CHECK(!is_anonymous("<sip:alice@example.com>"));
    CHECK(!is_anonymous("<sip:anonymous@example.com>"));
    CHECK(!is_anonymous("<sip:x@notanonymous.invalid>"));
    CHECK(!is_anonymous("\"Anonymous Coward\" <sip:alice@example.com>"));
    CHECK(!is_anonymous("<sip:alice@example.com>", "Privacy: header\n"));
    CHECK(!is_anonymous("<sip:alice@example.com>", "Privacy: none\n"));
}
