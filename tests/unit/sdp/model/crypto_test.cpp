// Covered: a=crypto lines valid and invalid by each rule of RFC 4568, suites, session parameters, bounds, the model's
// field for them, and what a secret does when it is copied, compared and ended.
#include "sdp/model/crypto.hpp"

#include "sdp/model/attributes.hpp"
#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

using namespace sdp;

namespace {

constexpr std::string_view key_of_rfc = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
constexpr std::string_view other_key = "YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2";

std::string crypto_value(std::string_view after_key, std::string_view suite = "AES_CM_128_HMAC_SHA1_80") {
    return std::string{"1 "}.append(suite).append(" inline:").append(key_of_rfc).append(after_key);
}

std::string written(crypto const& value) {
    std::string out;
    writer to{out};
    write_crypto(to, value);
    return out;
}

secret key_with(std::uint8_t first) {
    std::vector<std::uint8_t> octets(30, first);
    return secret{octets};
}

}  // namespace

TEST_CASE("A crypto line has tag, suite, key, lifetime and MKI (RFC 4568 4.1 to 4.4, 6.1, 9.1 and 9.2)") {
    auto const read = read_crypto(crypto_value("|2^20|1:4"));
    REQUIRE(read.has_value());
    CHECK(read->tag == 1);
    CHECK(read->suite == srtp_suite::aes_cm_128_hmac_sha1_80);
    REQUIRE(read->keys.size() == 1);
    auto const octets = read->keys[0].key_and_salt.octets();
    CHECK(std::string{octets.begin(), octets.end()} == "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#");
    CHECK((read->keys[0].lifetime == 1'048'576U));
    CHECK((read->keys[0].mki == master_key_identifier{1, 4}));
    CHECK(read->session_parameters.empty());
    CHECK((read_crypto(crypto_value("|1066:4"))->keys[0].mki == master_key_identifier{1066, 4}));
    CHECK((read_crypto(crypto_value("|1000"))->keys[0].lifetime == 1000U));
}

TEST_CASE("A crypto line that breaks a rule is invalid as a whole (RFC 4568 4.1, 6.1, 6.3 and 9.1)") {
    auto const with_tag = [](std::string_view tag) { return std::string{tag}.append(crypto_value("").substr(1)); };
    CHECK(read_crypto(with_tag("0")).has_value());
    CHECK(read_crypto(with_tag("999999999")).has_value());
    for (std::string_view const tag : {"01", "", "-1", "1000000000", "x", "4294967297"}) {
        CAPTURE(tag);
        CHECK_FALSE(read_crypto(with_tag(tag)).has_value());
    }
    for (std::string_view const after :
         {"|0",    "|2^49", "|2^",    "|02",         "|2^048",    "|281474976710657",
          "|x",    "||",    "|1:0",   "|1:129",      "|1:",       "|:4",
          "|1:04", "|01:4", "|256:1", "|2^20|1:4|x", "|1:4|2^20", "|99999999999999999999:128",
          "A",     "A="}) {
        CAPTURE(after);
        CHECK_FALSE(read_crypto(crypto_value(after)).has_value());
    }
    CHECK(read_crypto(crypto_value("|2^48")).has_value());
    CHECK(read_crypto(crypto_value("|281474976710656")).has_value());
    CHECK(read_crypto(crypto_value("|255:1")).has_value());
    CHECK(read_crypto(crypto_value("|18446744073709551615:128")).has_value());
    CHECK_FALSE(read_crypto("1 AES_CM_128_HMAC_SHA1_80").has_value());
    CHECK_FALSE(read_crypto("1 AES_CM_128_HMAC_SHA1_80 uri:http://x").has_value());
    CHECK_FALSE(read_crypto("1 AES_CM_128_HMAC_SHA1_80 inline:short").has_value());
    CHECK_FALSE(read_crypto(crypto_value("", "AEAD_AES_128_GCM")).has_value());
    CHECK_FALSE(read_crypto(crypto_value("", "AES_CM_128_NULL_AUTH")).has_value());
    CHECK_FALSE(read_crypto(crypto_value(" FEC_KEY=inline:x")).has_value());
    for (std::string_view const unseen : {" WSH=64\n4", " -X\r", " -X\x7f", " -gr\xc3\xbc"}) {
        CAPTURE(unseen);
        CHECK_FALSE(read_crypto(crypto_value(unseen)).has_value());
    }
}

TEST_CASE("Several keys need MKIs of one length, all different (RFC 4568 6.1)") {
    auto const two = [](std::string_view first, std::string_view second) {
        return crypto_value(first).append(";inline:").append(other_key).append(second);
    };
    auto const read = read_crypto(two("|2^20|1:4", "|2^20|2:4"));
    REQUIRE(read.has_value());
    CHECK(read->keys.size() == 2);
    CHECK_FALSE(read_crypto(two("", "")).has_value());
    CHECK_FALSE(read_crypto(two("|1:4", "")).has_value());
    CHECK_FALSE(read_crypto(two("|1:4", "|1:4")).has_value());
    CHECK_FALSE(read_crypto(two("|1:4", "|2:2")).has_value());
    CHECK_FALSE(read_crypto(crypto_value("|1:4;inline:").append(key_of_rfc).append("|2:4")).has_value());
}

TEST_CASE("A line brings at most eight keys") {
    std::string many = "1 AES_CM_128_HMAC_SHA1_80 ";
    for (unsigned i = 0; i != most_master_keys; ++i) {
        std::string encoded;
        append_base64(encoded, key_with(static_cast<std::uint8_t>(i)).octets());
        many.append(i == 0 ? "" : ";")
            .append("inline:")
            .append(encoded)
            .append("|")
            .append(std::to_string(i))
            .append(":1");
    }
    CHECK(read_crypto(many).has_value());
    CHECK_FALSE(read_crypto(many.append(";inline:").append(key_of_rfc).append("|99:1")).has_value());
}

TEST_CASE("Each suite has its name and the size of its key (RFC 4568 6.2.1 to 6.2.3, RFC 6188 2, RFC 7714 12)") {
    struct row {
        std::string_view name;
        std::size_t size;
    };
    for (auto const& c :
         {row{"AES_CM_128_HMAC_SHA1_80", 30}, row{"aes_cm_128_hmac_sha1_32", 30}, row{"AES_192_CM_HMAC_SHA1_80", 38},
          row{"AES_256_CM_HMAC_SHA1_32", 46}, row{"AEAD_AES_128_GCM", 28}, row{"AEAD_AES_256_GCM", 44},
          row{"F8_128_HMAC_SHA1_80", 30}}) {
        CAPTURE(c.name);
        auto const suite = srtp_suite_named(c.name);
        REQUIRE(suite.has_value());
        CHECK(key_and_salt_size(*suite) == c.size);
        CHECK((srtp_suite_named(name_of(*suite)) == suite));
        std::string encoded;
        append_base64(encoded, std::vector<std::uint8_t>(c.size, 7));
        auto const read = read_crypto(std::string{"7 "}.append(c.name).append(" inline:").append(encoded));
        REQUIRE(read.has_value());
        CHECK(read->keys[0].key_and_salt.octets().size() == c.size);
        CHECK((read_crypto(written(*read)) == read));
    }
    CHECK_FALSE(srtp_suite_named("AES_CM_128_HMAC_SHA1_8").has_value());
}

TEST_CASE("Session parameters: hints and optional ones are passed over, demands are not (RFC 4568 6.3.1 to 6.3.6)") {
    for (std::string_view const fine : {"", "WSH=64", "WSH=1024", "FEC_ORDER=FEC_SRTP", "-NEW", "-NEW=1 WSH=128"}) {
        CAPTURE(fine);
        CHECK(asks_only_defaults(fine));
    }
    for (std::string_view const demand :
         {"KDR=1", "KDR=0", "UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP", "UNAUTHENTICATED_SRTP", "FEC_ORDER=SRTP_FEC",
          "NEW", "-", "WSH=63", "WSH=", "WSH=064", "WSH=64 UNENCRYPTED_SRTCP"}) {
        CAPTURE(demand);
        CHECK_FALSE(asks_only_defaults(demand));
    }
}

TEST_CASE("The model reads each tag once, bounds the lines and keeps what is invalid as it came (RFC 4568 4.1)") {
    std::string text =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\n";
    text.append("a=crypto:1 UNKNOWN inline:x\r\na=crypto:")
        .append(crypto_value(""))
        .append("\r\na=crypto:")
        .append(crypto_value("|1:1"));
    for (int i = 2; i != 40; ++i)
        text.append("\r\na=crypto:").append(std::to_string(i)).append(crypto_value("").substr(1));
    auto const read = parse(text);
    REQUIRE(read.has_value());
    auto const& audio = read->media_lines[0];
    CHECK(audio.crypto.size() == most_crypto_lines);
    CHECK_FALSE(audio.crypto[0].keys[0].mki.has_value());
    CHECK(audio.attributes.size() == 41 - most_crypto_lines);
    CHECK(audio.attributes[0].value == "1 UNKNOWN inline:x");
    auto const again = parse(to_text(*read));
    REQUIRE(again.has_value());
    CHECK(*again == *read);
}

TEST_CASE("Secrets are equal when size and all octets are, and copies stand for themselves") {
    auto const one = key_with(1);
    auto copy = one;
    CHECK(copy == one);
    copy = key_with(2);
    CHECK_FALSE(copy == one);
    CHECK(one == key_with(1));
    std::vector<std::uint8_t> const shorter(29, 1);
    CHECK_FALSE(secret{shorter} == one);
    CHECK(secret{}.empty());
    CHECK(secret{std::vector<std::uint8_t>(100, 1)}.octets().size() == secret::capacity);
}

TEST_CASE("A secret that ends leaves no octet behind") {
    alignas(secret) unsigned char memory[sizeof(secret)];
    std::memset(memory, 0xEE, sizeof memory);
    auto* const made = new (memory) secret{key_with(0xA5)};
    auto const holds = [&] { return std::find(std::begin(memory), std::end(memory), 0xA5) != std::end(memory); };
    CHECK(holds());
    std::destroy_at(made);
    CHECK_FALSE(holds());
}
