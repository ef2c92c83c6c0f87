// Covers: reading challenges and credentials: quoting, order, unknown parameters and schemes, missing parts.
#include "sip/syntax/headers/auth.hpp"

#include <string>

#include <doctest/doctest.h>

using sip::parse_challenge;
using sip::parse_credentials;

TEST_CASE("A digest challenge is taken apart (RFC 3261 20.44)") {
    auto challenge = parse_challenge(
        "Digest realm=\"atlanta.com\",\r\n domain=\"sip:boxesbybob.com\", qop=\"auth, auth-int\",\r\n"
        " nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", opaque=\"\", stale=TRUE, algorithm=MD5, newparam=\"x\""
    );
    REQUIRE(challenge.has_value());
    CHECK(challenge->is_digest());
    CHECK(challenge->realm == "atlanta.com");
    CHECK(challenge->domain == "sip:boxesbybob.com");
    CHECK(challenge->nonce == "f84f1cec41e6cbe5aea9c8e88d359");
    CHECK(challenge->opaque.empty());
    CHECK(challenge->stale);
    CHECK(challenge->algorithm == "MD5");
    CHECK(challenge->offers_qop("auth"));
    CHECK(challenge->offers_qop("AUTH-INT"));
    CHECK_FALSE(challenge->offers_qop("auth-"));
    CHECK_FALSE(parse_challenge("Digest realm=\"a\", nonce=\"b\"")->offers_qop("auth"));
    CHECK_FALSE(parse_challenge("Digest realm=\"a\", nonce=\"b\", stale=\"false\"")->stale);
}

TEST_CASE("Credentials are taken apart (RFC 3261 20.7)") {
    auto credentials = parse_credentials(
        "dIGEST username=\"Al\\\"ice\", realm=\"a,b\", nonce=\"84a4cc6f3082121f32b42a2187831a9e\" ,"
        " uri=\"sip:x;y=z\", response=\"7587245234b3434cc3412213e5f113a5\", algorithm=SHA-256, qop=auth, nc=00000001,"
        " cnonce=\"0a4f113b\", opaque=\"o\""
    );
    REQUIRE(credentials.has_value());
    CHECK(credentials->is_digest());
    CHECK(credentials->username == "Al\\\"ice");
    CHECK(credentials->realm == "a,b");
    CHECK(credentials->uri == "sip:x;y=z");
    CHECK(credentials->response == "7587245234b3434cc3412213e5f113a5");
    CHECK(credentials->algorithm == "SHA-256");
    CHECK(credentials->qop == "auth");
    CHECK(credentials->nc == "00000001");
    CHECK(credentials->cnonce == "0a4f113b");
    CHECK(credentials->opaque == "o");
}

TEST_CASE("Other schemes are kept and left alone (RFC 4475 3.3.7)") {
    CHECK(parse_credentials("NoOneKnowsThisScheme opaque-data=here")->scheme == "NoOneKnowsThisScheme");
    CHECK_FALSE(parse_credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")->is_digest());
    CHECK(parse_challenge("Bearer")->scheme == "Bearer");
}

TEST_CASE("Of a parameter that stands twice the first counts") {
    CHECK(parse_challenge("Digest realm=\"a\", nonce=\"b\", realm=\"c\"")->realm == "a");
}

TEST_CASE("A digest without what it needs, or with two users, is refused (RFC 7616 3.3, 3.4)") {
    for (auto const* bad :
         {"", "Digest", "Digest realm=\"a\"", "Digest nonce=\"a\"", "Digest realm=\"a\" nonce=\"b\"",
          "Digest realm=\"a\", nonce=\"b", "Digest realm=, nonce=\"b\"", "Digest realm=\"a\",, nonce=\"b\"",
          "Digest realm=\"a\", nonce=\"b\",", "Digest realm", "Digest =a", "Digest,realm=\"a\", nonce=\"b\""})
        CHECK_MESSAGE(!parse_challenge(bad), bad);
    CHECK_FALSE(parse_credentials("Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\"").has_value());
    // Two users at once (RFC 7616 3.4).
    auto const two = "Digest username=\"a\", username*=UTF-8''b, realm=\"\", nonce=\"\", uri=\"\", response=\"\"";
    CHECK_FALSE(parse_credentials(two).has_value());
    CHECK(parse_credentials("Digest username=\"\", realm=\"\", nonce=\"\", uri=\"\", response=\"\"").has_value());
}
