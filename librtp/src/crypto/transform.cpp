#include "crypto/transform.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>

#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

// RFC 3711 4.3.1, 4.3.2: what the labels of a kind of packet begin with.
enum class label : std::uint8_t { encryption = 0, authentication = 1, salt = 2 };
constexpr std::uint8_t first_label(packet_kind kind) noexcept {
    return kind == packet_kind::rtp ? 0 : 3;
}

constexpr std::size_t iv_size = 16;      // of counter mode
constexpr std::size_t max_iv_size = 16;  // GCM's has 12
constexpr std::size_t label_at = 7;      // RFC 3711 4.3.1: label || index DIV rate, at the end of 14 bytes

int as_int(std::size_t size) noexcept {
    return static_cast<int>(size);
}

evp_ptr<EVP_CIPHER_CTX> make_cipher(char const* name, std::span<const std::byte> key) {
    evp_ptr<EVP_CIPHER> const algorithm(EVP_CIPHER_fetch(nullptr, name, nullptr));
    evp_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
    if (!algorithm || !context) return nullptr;
    if (EVP_EncryptInit_ex2(context.get(), algorithm.get(), as_uchar(key.data()), nullptr, nullptr) != 1)
        return nullptr;
    return context;
}

// RFC 3711 4.3.3: AES in counter mode over zeros, begun at the master salt with the label in it. A salt of 12 bytes
// counts as one of 14 with zeros behind it.
class key_derivation {
public:
    key_derivation(crypto_suite suite, secret const& master, packet_kind kind)
        : traits_(traits_of(suite)),
          kind_(kind),
          master_salt_(master.bytes().subspan(traits_.key_size)),
          prf_(make_cipher(
              traits_.key_size == 32 ? "AES-256-CTR" : "AES-128-CTR", master.bytes().first(traits_.key_size)
          )) {}

    /// Empty if OpenSSL refuses.
    [[nodiscard]] secret derive(label which, std::size_t size) const {
        std::array<std::byte, iv_size> iv{};
        std::ranges::copy(master_salt_, iv.begin());
        iv[label_at] ^= static_cast<std::byte>(first_label(kind_) + static_cast<std::uint8_t>(which));
        secret derived(size);
        auto const out = derived.writable();
        int written = 0;
        if (!prf_ || EVP_EncryptInit_ex2(prf_.get(), nullptr, nullptr, as_uchar(iv.data()), nullptr) != 1 ||
            EVP_EncryptUpdate(prf_.get(), as_uchar(out.data()), &written, as_uchar(out.data()), as_int(size)) != 1)
            return {};
        return derived;
    }

private:
    suite_traits const& traits_;
    packet_kind kind_;
    std::span<const std::byte> master_salt_;
    evp_ptr<EVP_CIPHER_CTX> prf_;
};

char const* cipher_name(suite_traits const& traits) noexcept {
    if (traits.is_aead) return traits.key_size == 32 ? "AES-256-GCM" : "AES-128-GCM";
    return traits.key_size == 32 ? "AES-256-CTR" : "AES-128-CTR";
}

}  // namespace

result<transform> transform::create(crypto_suite suite, secret const& master, packet_kind kind) {
    auto const& traits = traits_of(suite);
    key_derivation const keys(suite, master, kind);
    auto const encryption = keys.derive(label::encryption, traits.key_size);
    transform made;
    made.salt_ = keys.derive(label::salt, traits.salt_size);
    if (encryption.empty() || made.salt_.empty()) return make_error_code(errc::crypto_failed);
    made.cipher_ = make_cipher(cipher_name(traits), encryption.bytes());
    if (!made.cipher_) return make_error_code(errc::crypto_failed);
    if (traits.is_aead) return made;
    auto const authentication = keys.derive(label::authentication, hmac_sha1::size);
    if (!authentication.empty()) made.authenticator_ = hmac_sha1::create(authentication);
    if (!made.authenticator_) return make_error_code(errc::crypto_failed);
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
