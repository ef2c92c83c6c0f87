// Covers: names and sizes of the crypto suites; key material that can be compared but not read by accident.
#include "rtp/crypto/suite.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <ostream>
#include <string>

#include "rtp/crypto/secret.hpp"
#include "rtp/crypto/srtp.hpp"
#include "unit/rtp/support/srtp.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

template <class T>
concept can_be_printed = requires(std::ostream& out, T const& value) {
    out << value;
};

}  // namespace

static_assert(!can_be_printed<secret> && !can_be_printed<srtp_master_key> && !can_be_printed<srtp_settings>);
static_assert(!std::convertible_to<secret, std::string>);

TEST_CASE("Suites are found by their names in any case (RFC 4568 6.2, RFC 6188 4, RFC 7714 14.1)") {
    for (auto const suite : all_crypto_suites) {
        auto const found = find_suite(traits_of(suite).name);
        REQUIRE(found.has_value());
        CHECK(*found == suite);
    }
    CHECK(*find_suite("aes_cm_128_hmac_sha1_80") == crypto_suite::aes_cm_128_hmac_sha1_80);
    for (auto const* name :
         {"", "AES_CM_128", "AES_CM_128_HMAC_SHA1_800", "AES_192_CM_HMAC_SHA1_80", "NULL_HMAC_SHA1_80"})
        CHECK(find_suite(name).error() == errc::unknown_suite);
}

TEST_CASE("The f8 suite is refused with its reason (RFC 4568 6.2.3, RFC 3711 4.1.2)") {
    CHECK(find_suite("F8_128_HMAC_SHA1_80").error() == errc::f8_not_supported);
    CHECK(describe(errc::f8_not_supported).find("f8 mode") != std::string_view::npos);
}

TEST_CASE("A short tag is for RTP only; RTCP keeps 80 bits (RFC 4568 6.2.2, RFC 6188 4)") {
    for (auto const suite : {crypto_suite::aes_cm_128_hmac_sha1_32, crypto_suite::aes_256_cm_hmac_sha1_32}) {
        CHECK(traits_of(suite).rtp_tag_size == 4);
        CHECK(traits_of(suite).rtcp_tag_size == 10);
    }
}

TEST_CASE("Master keys and salts have the lengths of their suite (RFC 4568 6.2.1, RFC 6188 4, RFC 7714 12)") {
    for (auto const suite : all_crypto_suites) {
        auto const& traits = traits_of(suite);
        CHECK(traits.salt_size == (traits.is_aead ? 12 : 14));
        byte_vector const key(traits.key_size + traits.salt_size);
        CHECK(srtp_master_key::create(suite, key).has_value());
        CHECK(srtp_master_key::create(suite, std::span(key).subspan(1)).error() == errc::bad_key_size);
        byte_vector const longer(key.size() + 1);
        CHECK(srtp_master_key::create(suite, longer).error() == errc::bad_key_size);
    }
}

TEST_CASE("MKI and lifetime keep within their bounds (RFC 4568 6.1, RFC 3711 9.2)") {
    constexpr auto suite = crypto_suite::aead_aes_128_gcm;
    byte_vector const key(28);
    CHECK(srtp_master_key::create(suite, key, byte_vector(128)).has_value());
    CHECK(srtp_master_key::create(suite, key, byte_vector(129)).error() == errc::invalid_argument);
    CHECK(srtp_master_key::create(suite, key, {}, std::uint64_t{1} << 48).has_value());
    CHECK(srtp_master_key::create(suite, key, {}, (std::uint64_t{1} << 48) + 1).error() == errc::invalid_argument);
    CHECK(srtp_master_key::create(suite, key, {}, 0).error() == errc::invalid_argument);
}

TEST_CASE("Settings that contradict themselves make no context (RFC 3711 3.2.1, 3.3.2)") {
    constexpr auto suite = crypto_suite::aes_cm_128_hmac_sha1_80;
    auto const is_refused = [](srtp_settings const& settings) {
        for (auto const provider : {srtp_provider::own, srtp_provider::libsrtp}) {
            CHECK(make_srtp_sender(settings, provider).has_error() == make_srtp_sender(settings).has_error());
            CHECK(make_srtp_receiver(settings, {}, provider).has_error() == make_srtp_sender(settings).has_error());
        }
        auto const made = make_srtp_sender(settings);
        return made.has_error() && made.error() == errc::invalid_argument;
    };
    auto settings = settings_with(suite);
    CHECK_FALSE(is_refused(settings));
    settings.replay_window = 63;
    CHECK(is_refused(settings));
    settings.replay_window = 32768;
    CHECK(is_refused(settings));
    settings.replay_window = 64;
    settings.max_sources = 0;
    CHECK(is_refused(settings));
    settings.max_sources = 1025;
    CHECK(is_refused(settings));
    settings.max_sources = 1;
    CHECK_FALSE(is_refused(settings));
    settings.keys.clear();
    CHECK(is_refused(settings));
    settings.keys = {make_key(suite, 1), make_key(suite, 2)};  // two keys that no MKI tells apart
    CHECK(is_refused(settings));
    settings.keys = {make_key(suite, 1, hex("01")), make_key(suite, 2, hex("0002"))};
    CHECK(is_refused(settings));
    settings.keys = {make_key(suite, 1, hex("01")), make_key(suite, 2, hex("02"))};
    CHECK_FALSE(is_refused(settings));
}

TEST_CASE("A secret compares by content and is empty after it was wiped") {
    secret key(hex("00112233"));
    CHECK(key == secret(hex("00112233")));
    CHECK_FALSE(key == secret(hex("00112234")));
    CHECK_FALSE(key == secret(hex("0011223300")));
    auto copy = key;
    auto const* const where = copy.bytes().data();
    copy.wipe();
    CHECK(copy.empty());
    CHECK(std::to_integer<int>(where[1]) == 0);
    CHECK(key.size() == 4);
}
