#include "crypto/key_derivation.hpp"

#include <algorithm>
#include <array>

#include "crypto/evp.hpp"
#include "crypto/hmac_sha1.hpp"

namespace rtp {

namespace {

// RFC 3711 4.3.1; for RTCP (4.3.2) three more.
enum class label : std::uint8_t { encryption = 0, authentication = 1, salt = 2 };
constexpr std::size_t label_at = 7;  // label || index DIV rate stand at the end of 14 bytes

// RFC 3711 4.3.3: AES in counter mode over zeros, begun at the master salt with the label in it. A salt of 12 bytes
// counts as one of 14 with zeros behind it. False if OpenSSL refuses.
bool fill(std::span<std::byte> out, EVP_CIPHER_CTX* prf, std::span<const std::byte> master_salt, std::uint8_t which) {
    std::array<std::byte, 16> iv{};
    std::ranges::copy(master_salt, iv.begin());
    iv[label_at] ^= std::byte{which};
    int written = 0;
    return EVP_EncryptInit_ex2(prf, nullptr, nullptr, as_uchar(iv.data()), nullptr) == 1 &&
           EVP_EncryptUpdate(prf, as_uchar(out.data()), &written, as_uchar(out.data()), static_cast<int>(out.size())) ==
               1;
}

}  // namespace

result<session_keys> derive_keys(crypto_suite suite, secret const& master, packet_kind kind) {
    auto const& traits = traits_of(suite);
    auto const prf =
        make_cipher(traits.key_size == 32 ? "AES-256-CTR" : "AES-128-CTR", master.bytes().first(traits.key_size));
    auto const first = static_cast<std::uint8_t>(kind == packet_kind::rtp ? 0 : 3);
    auto const derive = [&](secret& out, label which) {
        auto const number = static_cast<std::uint8_t>(first + static_cast<std::uint8_t>(which));
        return fill(out.writable(), prf.get(), master.bytes().subspan(traits.key_size), number);
    };
    session_keys keys{secret(traits.key_size), secret(traits.salt_size), secret(traits.is_aead ? 0 : hmac_sha1::size)};
    if (!prf || !derive(keys.encryption, label::encryption) || !derive(keys.salt, label::salt) ||
        !derive(keys.authentication, label::authentication))
        return make_error_code(errc::crypto_failed);
    return keys;
}

}  // namespace rtp
