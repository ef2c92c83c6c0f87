// Covers: what is hidden of a message in captures, what stays readable, and that nothing else changes: neither length
// nor line ends. Not covered: bodies that are encoded, in which nothing is looked for.
#include "sip/syntax/secrets.hpp"

#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "sip/syntax/parse.hpp"

namespace {

std::string masked(std::string text) {
    sip::mask_secrets(text);
    return text;
}

bool holds(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A capture shows who asked for what, and not the proof of the password (RFC 7616 3.4)") {
    std::string const before =
        "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\n"
        "To: <sip:a@example.com>\r\nCall-ID: c\r\nCSeq: 2 REGISTER\r\n"
        "Authorization: Digest username=\"alice\", realm=\"example.com\",\r\n nonce=\"n1\", "
        "uri=\"sip:example.com\",\r\n"
        "\tresponse = \"0123456789abcdef0123456789abcdef\", algorithm=MD5, cnonce=\"c1\", nc=00000001, qop=auth\r\n"
        "Content-Length: 0\r\n\r\n";
    auto const after = masked(before);
    CHECK(after.size() == before.size());
    CHECK_FALSE(holds(after, "0123456789abcdef"));
    CHECK_FALSE(holds(after, "cdef"));
    for (auto const* shown :
         {"username=\"alice\"", "realm=\"example.com\"", "nonce=\"n1\"", "uri=\"sip:example.com\"", "algorithm=MD5",
          "nc=00000001", "Content-Length: 0\r\n\r\n"})
        CHECK(holds(after, shown));
    sip::buffer_pool pool;
    CHECK(sip::parse_message(pool.copy(after), pool).has_value());
}

TEST_CASE("Credentials are hidden however they are written") {
    for (std::string const header :
         {"AUTHORIZATION : digest response=secret1", "Proxy-Authorization:Digest\r\n response=\"se,cret1\"",
          "Authorization: Basic secret1", "authorization: Digestive secret1", "Authorization: Digest secret1",
          "Authorization: Digest nonce=\"n\", unheard-of=secret1, realm=\"r\"", "Authorization: Digest a=\"secret1",
          "Authentication-Info: nextnonce=\"n\", rspauth=\"secret1\"", "Authorization: secret1",
          "Proxy-Authentication-Info: rspauth=secret1",
          "Authorization: Digest username=\"a\\\"b\", response=\"secret1\"",
          "Authorization: Digest username=a, secret1"}) {
        auto const after = masked("X: y\r\n" + header + "\r\nZ: response=secret2\r\n\r\n");
        CHECK_MESSAGE(!holds(after, "cret1"), header << " became " << after);
        CHECK(holds(after, "X: y\r\n"));
        CHECK(holds(after, "\r\nZ: response=secret2\r\n"));
    }
}

TEST_CASE("Keys of media are hidden, the rest of the description is not (RFC 4568 6.1)") {
    auto const after = masked(
        "INVITE sip:b SIP/2.0\r\n\r\nv=0\r\nk=clear:word\r\nm=audio 4000 RTP/SAVP 0\r\n"
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
        "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4;inline:QUJD|2^20|2:4\r\n"
        "a=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=key-mgmt:mikey AQAFgM\r\na=fingerprint:sha-256 4A:AD\r\n"
    );
    for (auto const* secret : {"word", "WVNf", "nVubGVz", "QUJD", "asd88", "AQAF"})
        CHECK_FALSE(holds(after, secret));
    for (auto const* shown : {"m=audio 4000 RTP/SAVP 0", "AES_CM_128_HMAC_SHA1_80 inline:x", "|2^20|1:4", "4A:AD"})
        CHECK(holds(after, shown));
}

TEST_CASE("Passwords in URIs are hidden (RFC 3261 19.1.1)") {
    auto const after =
        masked("INVITE sip:bob:geheim@example.com:5060 SIP/2.0\r\nTo: \"x\" <SIPS:bob:geheim@h>\r\n\r\n");
    CHECK_FALSE(holds(after, "geheim"));
    CHECK(holds(after, "sip:bob:xxxxxx@example.com:5060 SIP/2.0"));
    CHECK(masked("To: <sip:example.com:5060>, <sip:a@b:5060>") == "To: <sip:example.com:5060>, <sip:a@b:5060>");
}

TEST_CASE("A message without secrets is not touched") {
    std::string const message =
        "SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n\r\nk=3 "
        "apples\r\n";
    CHECK(masked(message) == message);
    CHECK(masked("").empty());
    CHECK(masked("\n\n \n") == "\n\n \n");
}

TEST_CASE("Any bytes can be masked, and keep their length and line ends") {
    std::mt19937 random(7616);
    constexpr std::string_view pieces[] = {
        "Authorization",
        ":",
        "Digest",
        " ",
        "=",
        "\"",
        "\\",
        ",",
        "\r\n",
        "\n",
        "a=crypto:",
        "inline:",
        "sip:",
        "@",
        "response",
        "k=clear:",
        std::string_view("\0", 1)};
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (auto count = random() % 12; count != 0; --count)
            text += pieces[random() % std::size(pieces)];
        auto const after = masked(text);
        REQUIRE(after.size() == text.size());
        for (std::size_t i = 0; i < text.size(); ++i) {
            bool const is_line_end = text[i] == '\r' || text[i] == '\n';
            REQUIRE((after[i] == text[i] || (after[i] == 'x' && !is_line_end)));
        }
        REQUIRE(masked(after).size() == after.size());
    }
}
