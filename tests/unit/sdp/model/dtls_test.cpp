// Covered: fingerprints, setup and tls-id with good and unusable values; what a line inherits from the session.
#include "sdp/model/dtls.hpp"

#include "sdp/model/parse.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sdp;

namespace {

std::string hex_of(std::size_t octets, std::string_view octet = "4A") {
    std::string text{octet};
    for (std::size_t i = 1; i < octets; ++i)
        text.append(":").append(octet);
    return text;
}

session with_lines(std::string_view in_session, std::string_view in_media) {
    auto read = parse(std::string{"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"}
                          .append(in_session)
                          .append("m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n")
                          .append(in_media));
    REQUIRE(read.has_value());
    return *read;
}

}  // namespace

TEST_CASE("A fingerprint is a hash function and as many octets as it makes (RFC 8122 5)") {
    struct row {
        std::string_view name;
        std::size_t size;
    };
    for (auto const& c :
         {row{"sha-1", 20}, row{"SHA-224", 28}, row{"sha-256", 32}, row{"sha-384", 48}, row{"sha-512", 64}}) {
        CAPTURE(c.name);
        auto const value = std::string{c.name}.append(" ").append(hex_of(c.size));
        auto const read = read_fingerprint(value);
        REQUIRE(read.has_value());
        CHECK(read->digest().size() == c.size);
        CHECK(read->digest()[c.size - 1] == 0x4A);
        CHECK((read_fingerprint(to_text(*read)) == read));
        CHECK_FALSE(read_fingerprint(std::string{c.name}.append(" ").append(hex_of(c.size - 1))).has_value());
        CHECK_FALSE(read_fingerprint(std::string{c.name}.append(" ").append(hex_of(c.size + 1))).has_value());
    }
    CHECK((read_fingerprint("sha-1 " + hex_of(20, "4a")) == read_fingerprint("sha-1 " + hex_of(20))));
}

TEST_CASE("MD2, MD5, unknown hashes and broken octets are no fingerprint (RFC 8122 5)") {
    for (auto const& bad :
         {"md5 " + hex_of(16), "md2 " + hex_of(16), "sha-3 " + hex_of(32), "sha-1 " + hex_of(20, "4G"),
          "sha-1" + hex_of(20), std::string{"sha-1 "}, std::string{}}) {
        CAPTURE(bad);
        CHECK_FALSE(read_fingerprint(bad).has_value());
    }
    auto joined = "sha-1 " + hex_of(20);
    joined[8] = ' ';
    CHECK_FALSE(read_fingerprint(joined).has_value());
}

TEST_CASE("setup names one of four roles (RFC 4145 4)") {
    for (auto const role : {setup_role::actpass, setup_role::active, setup_role::passive, setup_role::holdconn})
        CHECK((read_setup(name_of(role)) == role));
    CHECK((read_setup(" ACTIVE ") == setup_role::active));
    CHECK_FALSE(read_setup("activ").has_value());
}

TEST_CASE("A tls-id is 20 to 255 characters (RFC 8842 4)") {
    CHECK(read_tls_id(std::string(20, 'a')).size() == 20);
    CHECK(read_tls_id(std::string(255, '-')).size() == 255);
    CHECK(read_tls_id(" abc3de65cddef001be82+/-_ ") == "abc3de65cddef001be82+/-_");
    for (auto const& bad : {std::string(19, 'a'), std::string(256, 'a'), std::string(20, '.')})
        CHECK(read_tls_id(bad).empty());
}

TEST_CASE("Fingerprints and setup of the line count, else those of the session (RFC 8122 5, RFC 5763 5)") {
    auto const inherited = with_lines("a=setup:passive\r\na=fingerprint:sha-1 " + hex_of(20) + "\r\n", "");
    auto said = describe_dtls(inherited, inherited.media_lines[0]);
    CHECK(said.fingerprints.size() == 1);
    CHECK((said.setup == setup_role::passive));
    CHECK(said.tls_id.empty());
    auto const own = with_lines(
        "a=setup:passive\r\na=fingerprint:sha-1 " + hex_of(20) + "\r\n",
        "a=setup:actpass\r\na=tls-id:abc3de65cddef001be82\r\na=fingerprint:sha-256 " + hex_of(32) +
            "\r\na=fingerprint:sha-256 " + hex_of(32, "4B") + "\r\n"
    );
    said = describe_dtls(own, own.media_lines[0]);
    CHECK(said.fingerprints.size() == 2);
    CHECK(said.fingerprints[0].hash == hash_function::sha_256);
    CHECK((said.setup == setup_role::actpass));
    CHECK(said.tls_id == "abc3de65cddef001be82");
}

TEST_CASE("Fingerprints beyond the eighth of a line are not looked at") {
    std::string many;
    for (int i = 0; i != 20; ++i)
        many.append("a=fingerprint:sha-1 ").append(hex_of(20)).append("\r\n");
    auto const read = with_lines("", many);
    CHECK(describe_dtls(read, read.media_lines[0]).fingerprints.size() == most_fingerprints);
}
