// Covers: what speaks for somebody who wants to replace a call (RFC 3891 3). What the user agent does with it is tested
// in ua/replaces.cpp.
#include "sip/usage/replacing.hpp"

#include <string>

#include "message_text.hpp"

using evidence = sip::replacement_evidence;

TEST_CASE(
    "A trusted server, Referred-By of the other side, or the other side itself speak for a replacement (RFC 3891 3)"
) {
    test::message_maker m;
    std::string const other = "\"Bob\" <sip:bob@example.com>;tag=x";
    auto const judge = [&](std::string const& headers, std::string const& from, bool is_trusted = false) {
        auto const invite = m.request(headers, from);
        return sip::evidence_for(invite.view(), sip::choose_identity(invite.view(), {}, is_trusted), other);
    };
    CHECK(judge("", "<sip:carol@example.com>") == evidence::none);
    CHECK(judge("", "<sip:carol@example.com>", true) == evidence::own_server);
    CHECK(judge("Referred-By: <sip:bob@example.com>\n", "<sip:carol@example.com>") == evidence::referred);
    CHECK(judge("Referred-By: <sip:eve@example.com>\n", "<sip:carol@example.com>") == evidence::none);
    CHECK(judge("Referred-By: <sips:bob@example.com:5061;x=y>\n", "<sip:carol@example.com>") == evidence::referred);
    CHECK(judge("Referred-By: <tel:+49301>\n", "<sip:carol@example.com>") == evidence::none);
    CHECK(judge("", "<sip:bob@EXAMPLE.com>") == evidence::same_person);
    CHECK(judge("Privacy: id\n", "<sip:bob@example.com>") == evidence::none);
}

TEST_CASE("Two anonymous callers are not the same person (RFC 3891 3, RFC 3323 4.1.1.3)") {
    test::message_maker m;
    auto const invite = m.request("", std::string(sip::anonymous_address));
    CHECK(sip::evidence_for(invite.view(), {}, std::string(sip::anonymous_address) + ";tag=x") == evidence::none);
    CHECK(sip::evidence_for(invite.view(), {}, "") == evidence::none);
    CHECK(sip::evidence_for(invite.view(), {}, "rubbish <") == evidence::none);
}
