// The cryptography of one packet, given its index: AES in counter mode with HMAC-SHA1 (RFC 3711 4.1.1, 4.2.1), or
// AES-GCM (RFC 7714 8, 9). Keys, indices, replay and the layout of a packet are the matter of the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "crypto/evp.hpp"
#include "crypto/hmac_sha1.hpp"
#include "crypto/key_derivation.hpp"
#include "rtp/crypto/secret.hpp"
#include "rtp/crypto/suite.hpp"
#include "rtp/wire/packet.hpp"

namespace rtp {

/// What is to be encrypted and authenticated.
struct plain_parts {
    std::span<std::byte> clear;  ///< Authenticated, not encrypted: the header.
    std::span<std::byte> text;   ///< Directly behind `clear`; encrypted or decrypted in place.
    /// Authenticated, and no part of `clear` or `text`: rollover counter or SRTCP index; may be empty.
    std::span<const std::byte> suffix;
    ssrc_t ssrc{};
    std::uint64_t index = 0;  ///< 48 bits for RTP, 31 for RTCP.
};

/// Session keys in OpenSSL's contexts, which are made once and serve every packet.
class transform final {
public:
    /// The keys have the sizes that the suite wants. Error: crypto_failed.
    [[nodiscard]] static result<transform> create(crypto_suite, session_keys const&);

    /// Encrypts `text` and writes the authentication tag. False if OpenSSL refuses; `text` is then undefined.
    [[nodiscard]] bool seal(plain_parts const&, std::span<std::byte> tag);
    /// Checks the tag and decrypts `text`. False if the tag is wrong; `text` is then as it was.
    [[nodiscard]] bool open(plain_parts const&, std::span<const std::byte> tag);

private:
    transform() = default;

    enum class way : int { decrypt = 0, encrypt = 1 };  // as EVP_CipherInit_ex2 counts
    [[nodiscard]] bool begin(ssrc_t, std::uint64_t index, way);
    [[nodiscard]] bool run(std::span<std::byte> text);
    [[nodiscard]] bool run_gcm(plain_parts const&, way);
    [[nodiscard]] bool seal_gcm(plain_parts const&, std::span<std::byte> tag);
    [[nodiscard]] bool open_gcm(plain_parts const&, std::span<const std::byte> tag);

    evp_ptr<EVP_CIPHER_CTX> cipher_;
    std::optional<hmac_sha1> authenticator_;  // in counter mode; GCM authenticates by itself
    secret salt_;
};

}  // namespace rtp
