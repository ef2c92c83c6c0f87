// The crypto suites of SRTP by the names that SDP knows them by, and the sizes that belong to each.
//
// RFC 4568 6.2, RFC 6188 4 and RFC 7714 14.1. HMAC_SHA1_32 shortens the tags of RTP only; RTCP keeps 80 bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rtp/error.hpp"

namespace rtp {

enum class crypto_suite : std::uint8_t {
    aes_cm_128_hmac_sha1_80,
    aes_cm_128_hmac_sha1_32,
    aes_256_cm_hmac_sha1_80,
    aes_256_cm_hmac_sha1_32,
    aead_aes_128_gcm,
    aead_aes_256_gcm,
};

inline constexpr std::array all_crypto_suites{
    crypto_suite::aes_cm_128_hmac_sha1_80, crypto_suite::aes_cm_128_hmac_sha1_32, crypto_suite::aes_256_cm_hmac_sha1_80,
    crypto_suite::aes_256_cm_hmac_sha1_32, crypto_suite::aead_aes_128_gcm,        crypto_suite::aead_aes_256_gcm,
};

/// Sizes in bytes.
struct suite_traits {
    std::string_view name;     ///< As in a=crypto.
    std::size_t key_size;      ///< Of the master key and of the session key for encryption.
    std::size_t salt_size;     ///< Of the master salt and of the session salt.
    std::size_t rtp_tag_size;  ///< What the authentication tag adds to an RTP packet.
    std::size_t rtcp_tag_size;  ///< What the authentication tag adds to an RTCP packet.
    bool is_aead;  ///< The cipher authenticates by itself; otherwise HMAC-SHA1 does.
};

[[nodiscard]] suite_traits const& traits_of(crypto_suite) noexcept;

/// The suite of that name; the letters' case does not matter. Errors: f8_not_supported for F8_128_HMAC_SHA1_80,
/// unknown_suite for any other name that is not in the list above.
[[nodiscard]] result<crypto_suite> find_suite(std::string_view name) noexcept;

/// Of the trailing word of an SRTCP packet: the E bit and the index (RFC 3711 3.4).
inline constexpr std::size_t srtcp_index_size = 4;
inline constexpr std::size_t max_salt_size = 14;
inline constexpr std::size_t max_key_and_salt_size = 32 + max_salt_size;
inline constexpr std::size_t max_tag_size = 16;

}  // namespace rtp
