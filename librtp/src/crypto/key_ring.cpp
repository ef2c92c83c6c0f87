#include "crypto/key_ring.hpp"

#include <utility>

namespace rtp {

namespace {

constexpr std::uint64_t longest_rtcp_lifetime = std::uint64_t{1} << 31;  // RFC 3711 9.2

result<transform> make_transform(crypto_suite suite, secret const& master, packet_kind kind) {
    auto const keys = derive_keys(suite, master, kind);
    if (!keys) return keys.error();
    return transform::create(suite, *keys);
}

bool is_valid(srtp_master_key const& key) noexcept {
    return key.mki.size() <= srtp_master_key::max_mki_size && key.lifetime >= 1 &&
           key.lifetime <= srtp_master_key::longest_lifetime;
}

}  // namespace

result<srtp_master_key> srtp_master_key::create(
    crypto_suite suite, std::span<const std::byte> key_and_salt, std::span<const std::byte> mki, std::uint64_t lifetime
) {
    auto const& traits = traits_of(suite);
    if (key_and_salt.size() != traits.key_size + traits.salt_size) return make_error_code(errc::bad_key_size);
    srtp_master_key made{secret(key_and_salt), {mki.begin(), mki.end()}, lifetime};
    if (!is_valid(made)) return make_error_code(errc::invalid_argument);
    return made;
}

error_code check(srtp_settings const& settings) noexcept {
    auto const& keys = settings.keys;
    bool const is_within = settings.replay_window >= 64 && settings.replay_window <= 32767 &&
                           settings.max_sources >= 1 && settings.max_sources <= 1024 && !keys.empty() &&
                           keys.size() <= srtp_settings::max_keys;
    if (!is_within) return errc::invalid_argument;
    auto const& traits = traits_of(settings.suite);
    for (auto key = keys.begin(); key != keys.end(); ++key) {
        if (key->key_and_salt.size() != traits.key_size + traits.salt_size) return errc::bad_key_size;
        bool const is_named_twice =
            std::any_of(keys.begin(), key, [&](srtp_master_key const& other) { return other.mki == key->mki; });
        if (!is_valid(*key) || key->mki.size() != keys.front().mki.size() || is_named_twice)
            return errc::invalid_argument;
    }
    return {};
}

result<key_ring> key_ring::create(srtp_settings const& settings) {
    if (auto const error = check(settings)) return error;
    key_ring made;
    made.traits_ = &traits_of(settings.suite);
    made.entries_.reserve(settings.keys.size());
    for (auto const& key : settings.keys) {
        auto rtp = make_transform(settings.suite, key.key_and_salt, packet_kind::rtp);
        auto rtcp = make_transform(settings.suite, key.key_and_salt, packet_kind::rtcp);
        if (!rtp || !rtcp) return make_error_code(errc::crypto_failed);
        made.entries_.push_back(
            {key.mki, std::move(*rtp), std::move(*rtcp), key.lifetime, std::min(key.lifetime, longest_rtcp_lifetime)}
        );
    }
    return made;
}

}  // namespace rtp
