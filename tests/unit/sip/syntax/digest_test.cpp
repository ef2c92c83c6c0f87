// Covers: digest responses by the vectors of RFC 2617 3.5 and RFC 7616 3.9.1, and by a table of all algorithms and
// qualities of protection computed with another implementation (Python's hashlib); the written header; verification.
// Not covered: RFC 7616 3.9.2, whose printed response needs userhash, which SIP does not use (RFC 8760 2.4).
#include "sip/syntax/digest.hpp"

#include <string>

#include <doctest/doctest.h>

using sip::digest_input;
using sip::hash_algorithm;
using sip::quality_of_protection;

namespace {

std::string const body =
    "v=0\r\no=bob 2890844526 2890844526 IN IP4 media.biloxi.com\r\ns=\r\nc=IN IP4 media.biloxi.com\r\nt=0 0\r\n"
    "m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\nm=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
    "m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n";

digest_input bobs() {
    digest_input in;
    in.username = "bob";
    in.realm = "biloxi.com";
    in.password = "zanzibar";
    in.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
    in.cnonce = "0a4f113b";
    in.method = "INVITE";
    in.uri = "sip:bob@biloxi.com";
    in.body = body;
    return in;
}

}  // namespace

TEST_CASE("RFC 2617 3.5: MD5 with qop auth") {
    digest_input in;
    in.qop = quality_of_protection::auth;
    in.username = "Mufasa";
    in.realm = "testrealm@host.com";
    in.password = "Circle Of Life";
    in.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
    in.cnonce = "0a4f113b";
    in.method = "GET";
    in.uri = "/dir/index.html";
    CHECK(digest_response(sip::hasher{}, in).view() == "6629fae49393a05397450978507c4ef1");
}

TEST_CASE("RFC 7616 3.9.1: MD5 and SHA-256") {
    digest_input in;
    in.qop = quality_of_protection::auth;
    in.username = "Mufasa";
    in.realm = "http-auth@example.org";
    in.password = "Circle of Life";
    in.nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    in.cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    in.method = "GET";
    in.uri = "/dir/index.html";
    sip::hasher hasher;
    CHECK(digest_response(hasher, in).view() == "8ca523f5e9506fed4657c9700eebdbec");
    in.algorithm = {hash_algorithm::sha256, false};
    CHECK(digest_response(hasher, in).view() == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST_CASE("Every algorithm with every quality of protection") {
    using enum hash_algorithm;
    using enum quality_of_protection;
    struct row {
        sip::digest_algorithm algorithm;
        quality_of_protection qop;
        char const* response;
    };
    sip::hasher hasher;
    for (auto const& [algorithm, qop, response] : {
             row{{md5, false}, none, "bf57e4e0d0bffc0fbaedce64d59add5e"},
             {{md5, true}, none, "fff17611bcbbf00c9116a2c922dea8e1"},
             {{md5, false}, auth, "89eb0059246c02b2f6ee02c7961d5ea3"},
             {{md5, true}, auth, "e4e4ea61d186d07a92c9e1f6919902e9"},
             {{md5, false}, auth_int, "41f1bde42dcddbee8ae7d65fd3474dc0"},
             {{md5, true}, auth_int, "10e4c79b16d21d51995ab98083d134d8"},
             {{sha256, false}, none, "38aad98c50c33abe72c5f88dd17246ffcfa6b1f68852c855719ff0659386c0ca"},
             {{sha256, true}, none, "2ceb74b5bf787a27f00a80b94f397228de1a9bab1c3c56b7c6f984cf9f3ffdf7"},
             {{sha256, false}, auth, "b3b5a6c69453abafaab9ae4dccdac90a076b6c80615d5f3498e7433b6e93bf4f"},
             {{sha256, true}, auth, "5da59c9ca40954be9d5063a15a174066c8251be2c10cf47c144c366dc7daf792"},
             {{sha256, false}, auth_int, "459a314e438c146de19ff98ad8ce0fa8147428e3fff80cbef4d79ea009ae63bc"},
             {{sha256, true}, auth_int, "6ae15003cc90309ecf811a329447c03d756911c415ab26f7b7dba9b24c8f9160"},
             {{sha512_256, false}, none, "9e960b3a01beb63f1ea5d45d43bd8a2178879d3c9ddbbdb0624187ca823c6eca"},
             {{sha512_256, true}, none, "10f52db7e2818a98871fd94294a2593a22eeaf07e23dad0b2bb52694442db5dd"},
             {{sha512_256, false}, auth, "7f1a09de0f19af0a1eac2b28d33e3f2fb89cca1ad8fb01bba5e1883b288bac14"},
             {{sha512_256, true}, auth, "077d9677be83f41f162d1a4453dc163389919f81e5927391d972f477da767633"},
             {{sha512_256, false}, auth_int, "d4cdb49c5aae0bf3df292ac838df2e9fc7e36f0ad38492e4cf37fa8ff5bb46be"},
             {{sha512_256, true}, auth_int, "069ccd512d35370a893e5ac51842093e8ca8c210fc68e53700d413f4f0a46f97"},
         }) {
        auto in = bobs();
        in.algorithm = algorithm;
        in.qop = qop;
        std::string const shown_response(response);
        CAPTURE(shown_response);
        CHECK(digest_response(hasher, in).view() == response);
        auto ha1 = digest_ha1(hasher, algorithm.hash, in.username, in.realm, in.password);
        CHECK(digest_response(hasher, in, ha1.view()).view() == response);

        // What we write, a server that keeps H(A1) accepts; anything changed, it refuses.
        auto value = authorization_value(hasher, in, "opaque-text");
        auto credentials = sip::parse_credentials(value);
        REQUIRE(credentials.has_value());
        CHECK(credentials->response == response);
        CHECK(credentials->opaque == "opaque-text");
        CHECK(verify(hasher, *credentials, ha1.view(), "INVITE", body));
        CHECK_FALSE(verify(hasher, *credentials, ha1.view(), "BYE", body));
        CHECK(verify(hasher, *credentials, ha1.view(), "INVITE", "other") == (qop != auth_int));
        CHECK_FALSE(verify(hasher, *credentials, "0123", "INVITE", body));
    }
}

TEST_CASE("Algorithms are known by name, in any case; no name means MD5 (RFC 7616 3.3)") {
    CHECK(sip::digest_algorithm_from("") == sip::digest_algorithm{});
    for (auto const* name : {"MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"})
        CHECK(to_string(*sip::digest_algorithm_from(name)) == name);
    CHECK(sip::digest_algorithm_from("sha-256")->hash == hash_algorithm::sha256);
    CHECK_FALSE(sip::digest_algorithm_from("SHA-1").has_value());
    CHECK_FALSE(sip::digest_algorithm_from("MD5-").has_value());
}

TEST_CASE("The header is written as RFC 7616 3.4 asks: which parameters are quoted, nc in eight digits") {
    auto in = bobs();
    sip::hasher hasher;
    CHECK(
        authorization_value(hasher, in, "") ==
        "Digest username=\"bob\", realm=\"biloxi.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
        "uri=\"sip:bob@biloxi.com\", response=\"bf57e4e0d0bffc0fbaedce64d59add5e\", algorithm=MD5"
    );
    in.qop = quality_of_protection::auth;
    in.nonce_count = 0xab12;
    auto value = authorization_value(hasher, in, "o");
    CHECK(value.ends_with(", algorithm=MD5, opaque=\"o\", qop=auth, nc=0000ab12, cnonce=\"0a4f113b\""));
}

TEST_CASE("Verification refuses what it cannot check, and takes nc and upper case as they were sent") {
    sip::hasher hasher;
    auto in = bobs();
    in.qop = quality_of_protection::auth;
    auto ha1 = digest_ha1(hasher, hash_algorithm::md5, in.username, in.realm, in.password);
    auto value = authorization_value(hasher, in, "");
    auto accepts = [&](std::string const& from, std::string const& to) {
        auto changed = value;
        auto at = changed.find(from);
        REQUIRE(at != std::string::npos);
        changed.replace(at, from.size(), to);
        auto credentials = sip::parse_credentials(changed);
        REQUIRE(credentials.has_value());
        return verify(hasher, *credentials, ha1.view(), "INVITE", body);
    };
    CHECK(accepts("nc=00000001", "nc=00000001"));
    CHECK(accepts("89eb0059246c02b2f6ee02c7961d5ea3", "89EB0059246C02B2F6EE02C7961D5EA3"));
    CHECK_FALSE(accepts("nc=00000001", "nc=00000002"));
    CHECK_FALSE(accepts("nc=00000001", "nc=1"));
    CHECK_FALSE(accepts("nc=00000001", "nc=0000000x"));
    CHECK_FALSE(accepts(", nc=00000001", ""));
    CHECK_FALSE(accepts("algorithm=MD5", "algorithm=SHA-256"));
    CHECK_FALSE(accepts("algorithm=MD5", "algorithm=SHA-1"));
    CHECK_FALSE(accepts("qop=auth", "qop=other"));
    CHECK_FALSE(accepts("89eb0059246c02b2f6ee02c7961d5ea3", ""));
    CHECK_FALSE(accepts("89eb0059246c02b2f6ee02c7961d5ea3", "89eb0059246c02b2f6ee02c7961d5ea"));
}
