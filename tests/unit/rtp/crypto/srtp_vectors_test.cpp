// Covers: the published vectors, from session keys to bytes and from master keys to session keys. Not covered: f8 and
// AES-192, which are not offered.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "crypto/key_derivation.hpp"
#include "crypto/transform.hpp"
#include "rtp/crypto/suite.hpp"
#include "rtp/wire/bytes.hpp"
#include "unit/rtp/support/bytes.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

secret secret_of(std::string_view text) {
    return secret(hex(text));
}

byte_vector bytes_of(secret const& value) {
    return to_vector(value.bytes());
}

transform make_transform(crypto_suite suite, session_keys const& keys) {
    auto made = transform::create(suite, keys);
    REQUIRE(made.has_value());
    return std::move(*made);
}

/// The key stream at the beginning and around byte 65280 * 16, as the RFCs print it. Zeros encrypt to it.
void check_key_stream(
    crypto_suite suite, std::string_view key, std::string_view first_blocks, std::string_view last_blocks
) {
    auto counter_mode =
        make_transform(suite, {secret_of(key), secret_of("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), secret(std::size_t{20})});
    byte_vector stream(1044512);
    byte_vector tag(10);
    REQUIRE(counter_mode.seal(
        {.clear = std::span(stream).first(0), .text = stream, .suffix = {}, .ssrc = {}, .index = 0}, tag
    ));
    CHECK(to_vector(std::span(stream).first(48)) == hex(first_blocks));
    CHECK(to_vector(std::span(stream).last(48)) == hex(last_blocks));
}

constexpr std::string_view gcm_salt = "517569642070726f2071756f";
constexpr std::string_view gcm_key_128 = "000102030405060708090a0b0c0d0e0f";
constexpr std::string_view gcm_key_256 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

transform make_gcm(crypto_suite suite) {
    auto const key = suite == crypto_suite::aead_aes_128_gcm ? gcm_key_128 : gcm_key_256;
    return make_transform(suite, {secret_of(key), secret_of(gcm_salt), {}});
}

/// Seals `plain` behind a header of `header` bytes, compares, opens again, and finds a changed tag.
void check_gcm(
    crypto_suite suite, std::size_t header, ssrc_t ssrc, std::uint64_t index, byte_vector const& suffix,
    byte_vector const& plain, byte_vector const& expected
) {
    auto gcm = make_gcm(suite);
    auto packet = plain;
    byte_vector tag(16);
    plain_parts const parts{
        .clear = std::span(packet).first(header),
        .text = std::span(packet).subspan(header),
        .suffix = suffix,
        .ssrc = ssrc,
        .index = index};
    REQUIRE(gcm.seal(parts, tag));
    auto sealed = packet;
    sealed.insert(sealed.end(), tag.begin(), tag.end());
    CHECK(sealed == expected);

    auto wrong = tag;
    wrong[15] ^= std::byte{1};
    CHECK_FALSE(gcm.open(parts, wrong));
    CHECK(std::equal(packet.begin(), packet.end(), expected.begin()));
    CHECK(gcm.open(parts, tag));
    CHECK(packet == plain);
}

auto const gallia =
    "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070"
    "61727465 73207472 6573";
auto const luna =
    "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef"
    "deadbeef deadbeef";

}  // namespace

TEST_CASE("Counter mode makes the published key stream (RFC 3711 4.1.1 and B.2)") {
    check_key_stream(
        crypto_suite::aes_cm_128_hmac_sha1_80, "2B7E151628AED2A6ABF7158809CF4F3C",
        "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0",
        "EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE 6A2CC3787889374FBEB4C81B17BA6C44"
    );
}

TEST_CASE("Counter mode with 256 bits makes the published key stream (RFC 6188 7.1)") {
    check_key_stream(
        crypto_suite::aes_256_cm_hmac_sha1_80, "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
        "92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac 63c4868b7096d88421b563b8c94c9a31",
        "cea518c90fd91ced9cbb18c078a54711 3dbc4814f4da5f00a08772b63c6a046d 6eb246913062a16891433e97dd01a57f"
    );
}

TEST_CASE("Session keys are derived from the master key as published (RFC 3711 4.3, 4.3.1, 4.3.3, 5.3 and B.3)") {
    auto const keys = derive_keys(
        crypto_suite::aes_cm_128_hmac_sha1_80,
        secret_of("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6"), packet_kind::rtp
    );
    REQUIRE(keys.has_value());
    CHECK(bytes_of(keys->encryption) == hex("C61E7A93744F39EE10734AFE3FF7A087"));
    CHECK(bytes_of(keys->salt) == hex("30CBBC08863D8C85D49DB34A9AE1"));
    CHECK(bytes_of(keys->authentication) == hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

TEST_CASE("Session keys of 256 bits are derived from the master key as published (RFC 6188 3.1, 7.2)") {
    auto const keys = derive_keys(
        crypto_suite::aes_256_cm_hmac_sha1_32,
        secret_of("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2"),
        packet_kind::rtp
    );
    REQUIRE(keys.has_value());
    CHECK(bytes_of(keys->encryption) == hex("5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4"));
    CHECK(bytes_of(keys->salt) == hex("fa31791685ca444a9e07c6c64e93"));
    CHECK(bytes_of(keys->authentication) == hex("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"));
}

TEST_CASE("RTCP has session keys of its own (RFC 3711 4.3.2)") {
    auto const master = secret_of("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
    auto const rtp_keys = derive_keys(crypto_suite::aes_cm_128_hmac_sha1_80, master, packet_kind::rtp);
    auto const rtcp_keys = derive_keys(crypto_suite::aes_cm_128_hmac_sha1_80, master, packet_kind::rtcp);
    REQUIRE(rtp_keys.has_value());
    REQUIRE(rtcp_keys.has_value());
    CHECK_FALSE(rtp_keys->encryption == rtcp_keys->encryption);
    CHECK_FALSE(rtp_keys->salt == rtcp_keys->salt);
    CHECK_FALSE(rtp_keys->authentication == rtcp_keys->authentication);
}

TEST_CASE("GCM seals, verifies and opens the published RTP packet (RFC 7714 5.2.1, 5.2.2, 8.1, 16.1.1 and 16.1.2)") {
    check_gcm(
        crypto_suite::aead_aes_128_gcm, 12, ssrc_t{0x5501a0b2}, 0xf17b, {}, hex(gallia),
        hex("8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b"
            "36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce")
    );
}

TEST_CASE("GCM tags and verifies the published RTP packet without encrypting it (RFC 7714 16.1.3 and 16.1.4)") {
    check_gcm(
        crypto_suite::aead_aes_128_gcm, 50, ssrc_t{0x5501a0b2}, 0xf17b, {}, hex(gallia),
        hex("8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465"
            "73207472 65732249 3f82d2bc e397e9d7 9e3b19aa 4216")
    );
}

TEST_CASE("GCM with 256 bits seals, verifies and opens the published RTP packet (RFC 7714 16.2.1 and 16.2.2)") {
    check_gcm(
        crypto_suite::aead_aes_256_gcm, 12, ssrc_t{0x5501a0b2}, 0xf17b, {}, hex(gallia),
        hex("8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f"
            "1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13")
    );
}

TEST_CASE("GCM with 256 bits tags and verifies the published RTP packet (RFC 7714 16.2.3 and 16.2.4)") {
    check_gcm(
        crypto_suite::aead_aes_256_gcm, 50, ssrc_t{0x5501a0b2}, 0xf17b, {}, hex(gallia),
        hex("8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465"
            "73207472 6573a866 d5910f88 7463067c eefec452 15d4")
    );
}

TEST_CASE("GCM seals and opens the published RTCP packets (RFC 7714 9.1, 17.1 and 17.2)") {
    check_gcm(
        crypto_suite::aead_aes_128_gcm, 8, ssrc_t{0x4d617273}, 0x5d4, hex("800005d4"), hex(luna),
        hex("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46"
            "86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade")
    );
    check_gcm(
        crypto_suite::aead_aes_256_gcm, 8, ssrc_t{0x4d617273}, 0x5d4, hex("800005d4"), hex(luna),
        hex("81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658"
            "c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be")
    );
}

TEST_CASE("GCM tags and verifies the published RTCP packets without encrypting them (RFC 7714 17.3 and 17.4)") {
    check_gcm(
        crypto_suite::aead_aes_128_gcm, 52, ssrc_t{0x4d617273}, 0x5d4, hex("000005d4"), hex(luna),
        hex("81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef"
            "deadbeef deadbeef 841dd968 3dd78ec9 2ae58790 125f62b3")
    );
    check_gcm(
        crypto_suite::aead_aes_256_gcm, 52, ssrc_t{0x4d617273}, 0x5d4, hex("000005d4"), hex(luna),
        hex("81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef"
            "deadbeef deadbeef 91db4afb feee5a97 8fab4393 ed2615fe")
    );
}

TEST_CASE("HMAC-SHA1 gives the published value for a key of 20 bytes (RFC 3711 4.2.1, 5.2)") {
    // The first case of RFC 2202.
    auto hmac = hmac_sha1::create(secret(byte_vector(20, std::byte{0x0b})));
    REQUIRE(hmac.has_value());
    std::array<std::byte, hmac_sha1::size> value;
    REQUIRE(hmac->compute(hex("4869205468"), hex("657265"), value));
    CHECK(to_vector(value) == hex("b617318655057264e28bc0b6fb378c8ef146be00"));
}
