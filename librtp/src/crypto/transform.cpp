#include "crypto/transform.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>

#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

constexpr std::size_t max_iv_size = 16;  // of counter mode; GCM's has 12

int as_int(std::size_t size) noexcept {
    return static_cast<int>(size);
}

char const* cipher_name(suite_traits const& traits) noexcept {
    if (traits.is_aead) return traits.key_size == 32 ? "AES-256-GCM" : "AES-128-GCM";
    return traits.key_size == 32 ? "AES-256-CTR" : "AES-128-CTR";
}

}  // namespace

result<transform> transform::create(crypto_suite suite, session_keys const& keys) {
    auto const& traits = traits_of(suite);
    transform made;
    made.salt_ = keys.salt;
    made.cipher_ = make_cipher(cipher_name(traits), keys.encryption.bytes());
    if (!traits.is_aead) made.authenticator_ = hmac_sha1::create(keys.authentication);
    if (!made.cipher_ || made.authenticator_.has_value() == traits.is_aead) return make_error_code(errc::crypto_failed);
    return made;
}

// RFC 3711 4.1.1 and RFC 7714 8.1, 9.1 agree: SSRC and a 48-bit index stand at the end of as many bytes as the salt
// has, and the salt is added. Counter mode counts blocks in two more bytes.
bool transform::begin(ssrc_t ssrc, std::uint64_t index, way direction) {
    std::array<std::byte, max_iv_size> iv{};
    auto const salt = salt_.bytes();
    byte_writer last_ten{std::span(iv).subspan(salt.size() - 10, 10)};
    last_ten.u32(static_cast<std::uint32_t>(ssrc));
    last_ten.u16(static_cast<std::uint16_t>(index >> 32));
    last_ten.u32(static_cast<std::uint32_t>(index));
    for (std::size_t i = 0; i < salt.size(); ++i)
        iv[i] ^= salt[i];
    return EVP_CipherInit_ex2(
               cipher_.get(), nullptr, nullptr, as_uchar(iv.data()), static_cast<int>(direction), nullptr
           ) == 1;
}

bool transform::run(std::span<std::byte> text) {
    int written = 0;
    return EVP_CipherUpdate(
               cipher_.get(), as_uchar(text.data()), &written, as_uchar(text.data()), as_int(text.size())
           ) == 1;
}

bool transform::seal(plain_parts const& parts, std::span<std::byte> tag) {
    if (!authenticator_) return seal_gcm(parts, tag);
    if (!parts.text.empty() && !(begin(parts.ssrc, parts.index, way::encrypt) && run(parts.text))) return false;
    std::array<std::byte, hmac_sha1::size> value;
    if (!authenticator_->compute({parts.clear.data(), parts.clear.size() + parts.text.size()}, parts.suffix, value))
        return false;
    std::ranges::copy(std::span(value).first(tag.size()), tag.begin());
    return true;
}

bool transform::open(plain_parts const& parts, std::span<const std::byte> tag) {
    if (!authenticator_) return open_gcm(parts, tag);
    std::array<std::byte, hmac_sha1::size> value;
    if (!authenticator_->compute({parts.clear.data(), parts.clear.size() + parts.text.size()}, parts.suffix, value))
        return false;
    if (CRYPTO_memcmp(value.data(), tag.data(), tag.size()) != 0) return false;
    return parts.text.empty() || (begin(parts.ssrc, parts.index, way::decrypt) && run(parts.text));
}

bool transform::run_gcm(plain_parts const& parts, way direction) {
    int written = 0;
    auto* const cipher = cipher_.get();
    auto const add = [&](std::span<const std::byte> data) {
        return data.empty() ||
               EVP_CipherUpdate(cipher, nullptr, &written, as_uchar(data.data()), as_int(data.size())) == 1;
    };
    return begin(parts.ssrc, parts.index, direction) && add(parts.clear) && add(parts.suffix) &&
           (parts.text.empty() || run(parts.text));
}

bool transform::seal_gcm(plain_parts const& parts, std::span<std::byte> tag) {
    int written = 0;
    std::array<OSSL_PARAM, 2> get_tag{
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag.data(), tag.size()),
        OSSL_PARAM_construct_end()};
    return run_gcm(parts, way::encrypt) && EVP_CipherFinal_ex(cipher_.get(), nullptr, &written) == 1 &&
           EVP_CIPHER_CTX_get_params(cipher_.get(), get_tag.data()) == 1;
}

bool transform::open_gcm(plain_parts const& parts, std::span<const std::byte> tag) {
    int written = 0;
    std::array<std::byte, max_tag_size> expected{};  // a parameter cannot point to what is const
    std::ranges::copy(tag, expected.begin());
    std::array<OSSL_PARAM, 2> const set_tag{
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, expected.data(), tag.size()),
        OSSL_PARAM_construct_end()};
    if (!run_gcm(parts, way::decrypt) || EVP_CIPHER_CTX_set_params(cipher_.get(), set_tag.data()) != 1) return false;
    if (EVP_CipherFinal_ex(cipher_.get(), nullptr, &written) == 1) return true;
    // The same key stream once more gives back what came.
    (void)(begin(parts.ssrc, parts.index, way::encrypt) && run(parts.text));
    return false;
}

}  // namespace rtp
