// Covers: Refer-To with method and header part, what may not be taken from it, writing it; sipfrag bodies;
// Target-Dialog.
#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/message.hpp"
#include "sip/syntax/refer_target.hpp"
#include "sip/syntax/sipfrag.hpp"

using sip::parse_refer_target;

namespace {

auto read(std::string const& value) {
    auto const address = sip::parse_name_addr(value);
    REQUIRE(address.has_value());
    return parse_refer_target(*address);
}

}  // namespace

TEST_CASE("Refer-To names a URI, a method and headers for the new request (RFC 3515 2.1)") {
    auto const plain = read("sip:carol@example.com");
    CHECK(plain->uri == "sip:carol@example.com");
    CHECK(plain->method == sip::method::invite);
    CHECK(plain->headers.empty());

    auto const full = read(
        "Carol <sips:carol@example.com:5061;transport=tcp;method=BYE;user=phone?Replaces=1%402%3Bto-tag%3D3%3Bfrom-"
        "tag%3D4&Subject=a%26b>;x=y"
    );
    CHECK(full->uri == "sips:carol@example.com:5061;transport=tcp;user=phone");
    CHECK(full->method == sip::method::bye);
    REQUIRE(full->headers.size() == 2);
    CHECK(full->headers[0] == std::pair<std::string, std::string>("Replaces", "1@2;to-tag=3;from-tag=4"));
    CHECK(full->headers[1] == std::pair<std::string, std::string>("Subject", "a&b"));
    CHECK(read("<tel:+4930123>")->uri == "tel:+4930123");
    CHECK(read("<sip:c@d?Subject=x>")->uri == "sip:c@d");
}

TEST_CASE("Headers that route, identify or authenticate are not taken from a stranger's URI (RFC 3261 19.1.5)") {
    auto const target = read(
        "<sip:c@d?From=sip:boss%40d&Call-ID=1&CSeq=9&Via=x&Record-Route=y&Route=z&Contact=q&Authorization=w&body=evil&"
        "replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>"
    );
    REQUIRE(target->headers.size() == 1);
    CHECK(target->headers[0].first == "replaces");
}

TEST_CASE("A header part that hides a line break, or is none, is refused (RFC 3261 7.3.1, 25.1)") {
    CHECK(!read("<sip:c@d?Subject=a%0D%0AFrom%3A%20x>"));
    CHECK(!read("<sip:c@d?Subject=a%00>"));
    CHECK(!read("<sip:c@d;method=NOSUCH>"));
    std::string many = "<sip:c@d?";
    for (int i = 0; i < 20; ++i)
        many += "Subject=x&";
    many.back() = '>';
    CHECK(read(many).error().code == sip::errc::too_large);
}

TEST_CASE("What is written is read back the same (RFC 3515 2.1)") {
    sip::refer_target target;
    target.uri = "sip:carol@example.com;transport=tcp";
    target.method = sip::method::subscribe;
    target.headers = {{"Replaces", "a b;to-tag=\"q\";from-tag=%"}, {"Require", "replaces"}};
    auto const text = to_string(target);
    CHECK(text.find(' ') == std::string::npos);
    auto const again = read(text);
    CHECK(again->uri == target.uri);
    CHECK(again->method == target.method);
    CHECK(again->headers == target.headers);
}

TEST_CASE("A sipfrag's status line is read, with or without headers behind it (RFC 3420 2, RFC 3515 2.4.5)") {
    CHECK(sip::parse_sipfrag("SIP/2.0 100 Trying\r\n") == sip::sipfrag_status{100, "Trying"});
    CHECK(
        sip::parse_sipfrag("SIP/2.0 503 Service Unavailable\nRetry-After: 5\n") ==
        sip::sipfrag_status{503, "Service Unavailable"}
    );
    CHECK(sip::parse_sipfrag("sip/2.0 200") == sip::sipfrag_status{200, ""});
    CHECK(!sip::parse_sipfrag(""));
    CHECK(!sip::parse_sipfrag("SIP/2.0 20"));
    CHECK(!sip::parse_sipfrag("SIP/2.0 2000 OK"));
    CHECK(!sip::parse_sipfrag("SIP/2.0 099 Low"));
    CHECK(!sip::parse_sipfrag("SIP/2.0 700 High"));
    CHECK(!sip::parse_sipfrag("From: x"));
    CHECK(sip::make_sipfrag(180) == "SIP/2.0 180 Ringing\r\n");
    CHECK(sip::make_sipfrag(486, "Not\r\nnow") == "SIP/2.0 486 Not  now\r\n");
}

TEST_CASE("Target-Dialog has a Call-ID and each tag once (RFC 4538 7)") {
    auto const read_target = [](std::string_view text) { return sip::parse_target_dialog(text); };
    auto const named = read_target("a84b4c76e66710 ;local-tag=kkaz-;remote-tag=6544");
    REQUIRE(named.has_value());
    CHECK(named->call_id == "a84b4c76e66710");
    CHECK(named->local_tag == "kkaz-");
    CHECK(named->remote_tag == "6544");
    CHECK(!read_target("id;local-tag=1"));
    CHECK(!read_target("id;local-tag=1;remote-tag=2;local-tag=3"));
    CHECK(!read_target(";local-tag=1;remote-tag=2"));
}
