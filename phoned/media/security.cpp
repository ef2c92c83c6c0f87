#include "phoned/media/security.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>

namespace phoned {

namespace {

struct known_suite {
    rtp::crypto_suite rtp;
    sdp::srtp_suite sdp;
    bool is_offered;
};

/// Best first, as far as every phone knows it.
constexpr known_suite suites[] = {
    {rtp::crypto_suite::aes_cm_128_hmac_sha1_80, sdp::srtp_suite::aes_cm_128_hmac_sha1_80, true},
    {rtp::crypto_suite::aes_cm_128_hmac_sha1_32, sdp::srtp_suite::aes_cm_128_hmac_sha1_32, true},
    {rtp::crypto_suite::aead_aes_128_gcm, sdp::srtp_suite::aead_aes_128_gcm, false},
    {rtp::crypto_suite::aead_aes_256_gcm, sdp::srtp_suite::aead_aes_256_gcm, false},
    {rtp::crypto_suite::aes_256_cm_hmac_sha1_80, sdp::srtp_suite::aes_256_cm_hmac_sha1_80, false},
    {rtp::crypto_suite::aes_256_cm_hmac_sha1_32, sdp::srtp_suite::aes_256_cm_hmac_sha1_32, false},
};

std::optional<rtp::crypto_suite> suite_of(sdp::srtp_suite suite) {
    const auto* const known = std::find_if(std::begin(suites), std::end(suites), [suite](const known_suite& candidate) {
        return candidate.sdp == suite;
    });
    return known == std::end(suites) ? std::nullopt : std::optional(known->rtp);
}

sdp::secret random_key(std::size_t size, rtp::environment& environment) {
    std::array<std::uint8_t, sdp::secret::capacity> octets{};
    for (std::size_t at = 0; at < size; ++at) {
        // The low bits of a number serve as well as any: the source is a cryptographic one.
        octets[at] = static_cast<std::uint8_t>(environment.random());
    }
    const sdp::secret key{std::span<const std::uint8_t>{octets}.first(size)};
    std::fill_n(static_cast<volatile std::uint8_t*>(octets.data()), octets.size(), std::uint8_t{0});
    return key;
}

/// RFC 4568 6.1: the number of the description, big-endian in as many octets as it says.
boost::container::small_vector<std::byte, 4> mki_of(const sdp::master_key_identifier& mki) {
    boost::container::small_vector<std::byte, 4> octets(mki.octets);
    auto rest = mki.value;
    for (auto at = octets.rbegin(); at != octets.rend(); ++at, rest >>= 8)
        *at = static_cast<std::byte>(rest & 0xFF);
    return octets;
}

std::optional<rtp::srtp_settings> settings_for(sdp::srtp_suite suite, std::span<const sdp::master_key> keys) {
    const auto known = suite_of(suite);
    if (!known) return std::nullopt;
    rtp::srtp_settings settings;
    settings.suite = *known;
    for (const auto& key : keys) {
        const auto mki = key.mki ? mki_of(*key.mki) : boost::container::small_vector<std::byte, 4>();
        const auto lifetime = key.lifetime.value_or(rtp::srtp_master_key::longest_lifetime);
        auto made = rtp::srtp_master_key::create(*known, std::as_bytes(key.key_and_salt.octets()), mki, lifetime);
        if (!made) return std::nullopt;
        settings.keys.push_back(std::move(*made));
    }
    return settings;
}

rtp::media_security described(const sdp::sdes_agreement& agreed) {
    const sdp::master_key ours{agreed.local_key, {}, {}};
    auto send = settings_for(agreed.suite, {&ours, 1});
    auto receive = settings_for(agreed.suite, agreed.remote_keys);
    if (!send || !receive) return rtp::awaiting_keys{};
    rtp::described_keys keys;
    keys.send = std::move(*send);
    keys.receive = std::move(*receive);
    return keys;
}

sdp::fingerprint fingerprint_of(const rtp::fingerprint& ours) {
    sdp::fingerprint out;
    out.hash = static_cast<sdp::hash_function>(ours.hash);
    std::transform(ours.digest.begin(), ours.digest.end(), out.octets.begin(), [](std::byte octet) {
        return std::to_integer<std::uint8_t>(octet);
    });
    return out;
}

rtp::media_security by_handshake(const sdp::dtls_agreement& agreed, const rtp::dtls_identity* identity) {
    if (identity == nullptr) return rtp::awaiting_keys{};
    rtp::dtls_keys keys;
    keys.identity = identity;
    keys.dtls.role = agreed.role == sdp::dtls_role::client ? rtp::dtls_role::active : rtp::dtls_role::passive;
    for (const auto& theirs : agreed.remote_fingerprints) {
        rtp::fingerprint print;
        print.hash = static_cast<rtp::hash_function>(theirs.hash);
        const auto digest = std::as_bytes(theirs.digest());
        print.digest.assign(digest.begin(), digest.end());
        keys.dtls.peer.push_back(print);
    }
    // RFC 8842 4: both names together say which association it is.
    keys.association =
        static_cast<std::uint32_t>(std::hash<std::string>()(agreed.local_tls_id + ' ' + agreed.remote_tls_id));
    return keys;
}

// Both libraries name the hash functions of RFC 8122 in one order.
static_assert(static_cast<int>(sdp::hash_function::sha_1) == static_cast<int>(rtp::hash_function::sha_1));
static_assert(static_cast<int>(sdp::hash_function::sha_256) == static_cast<int>(rtp::hash_function::sha_256));
static_assert(static_cast<int>(sdp::hash_function::sha_512) == static_cast<int>(rtp::hash_function::sha_512));

}  // namespace

sdp::security_capability security_capability_of(const account_settings& account, dtls_policy dtls) {
    sdp::security_capability able;
    if (dtls == dtls_policy::preferred) able.preferred = sdp::srtp_keying::dtls;
    switch (account.srtp) {
        case srtp_policy::off:
            able.policy = sdp::media_security::off;
            break;
        case srtp_policy::forced:
            able.policy = sdp::media_security::mandatory;
            break;
        case srtp_policy::negotiated:
            able.policy = sdp::media_security::optional;
            break;
    }
    return able;
}

stream_secrets new_stream_secrets(
    rtp::environment& environment, const rtp::dtls_identity* identity, dtls_policy policy
) {
    stream_secrets made;
    for (const auto& suite : suites)
        made.keys.push_back({suite.sdp, random_key(sdp::key_and_salt_size(suite.sdp), environment), suite.is_offered});
    if (identity == nullptr || policy == dtls_policy::never) return made;
    auto& dtls = made.dtls.emplace();
    dtls.fingerprints.push_back(fingerprint_of(identity->own_fingerprint()));
    dtls.tls_id = fmt::format("{:016x}{:016x}", environment.random(), environment.random());
    dtls.is_offered = policy == dtls_policy::preferred;
    return made;
}

rtp::media_security media_security_of(const sdp::security_agreement& agreed, const rtp::dtls_identity* identity) {
    if (const auto* const by_description = std::get_if<sdp::sdes_agreement>(&agreed)) return described(*by_description);
    if (const auto* const dtls = std::get_if<sdp::dtls_agreement>(&agreed)) return by_handshake(*dtls, identity);
    return rtp::plain_media{};
}

std::string suite_shown(const sdp::security_agreement& agreed) {
    const auto* const by_description = std::get_if<sdp::sdes_agreement>(&agreed);
    return by_description == nullptr ? std::string() : std::string(name_of(by_description->suite));
}

}  // namespace phoned
