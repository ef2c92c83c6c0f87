// The a=crypto attribute (RFC 4568 4, 6 and 9): a suite of SRTP with the keys of the one who wrote the line.
#pragma once

#include "sdp/model/secret.hpp"
#include "sdp/text/writer.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sdp {

/// How packets are encrypted and authenticated.
enum class srtp_suite : std::uint8_t {
    aes_cm_128_hmac_sha1_80,  ///< RFC 4568 6.2.1
    aes_cm_128_hmac_sha1_32,  ///< RFC 4568 6.2.2
    aes_192_cm_hmac_sha1_80,  ///< RFC 6188 2
    aes_192_cm_hmac_sha1_32,
    aes_256_cm_hmac_sha1_80,
    aes_256_cm_hmac_sha1_32,
    aead_aes_128_gcm,  ///< RFC 7714 14.2
    aead_aes_256_gcm,
    f8_128_hmac_sha1_80,  ///< RFC 4568 6.2.3. Read, so that it can be named; hardly anybody has it.
};

/// The name in a=crypto: "AES_CM_128_HMAC_SHA1_80".
[[nodiscard]] std::string_view name_of(srtp_suite) noexcept;
/// The suite of that name, whatever its case; nothing for a name no RFC of the above has.
[[nodiscard]] std::optional<srtp_suite> srtp_suite_named(std::string_view name) noexcept;
/// Octets of a master key with its salt.
[[nodiscard]] std::size_t key_and_salt_size(srtp_suite) noexcept;

/// The number that says in each packet which key it was made with (RFC 4568 6.1).
struct master_key_identifier {
    std::uint64_t value = 0;  ///< The identifier.
    std::uint8_t octets = 0;  ///< Of the field in the packets, 1 to 128.

    bool operator==(master_key_identifier const&) const = default;
};

/// A key with its lifetime and identifier (RFC 4568 6.1).
struct master_key {
    secret key_and_salt;                    ///< The master key, and behind it the master salt.
    std::optional<std::uint64_t> lifetime;  ///< In packets, at most 2^48; missing: that of the suite.
    std::optional<master_key_identifier> mki;  ///< Nothing: packets carry none.

    bool operator==(master_key const&) const = default;
};

/// One a=crypto line. Lines that cannot be read so (an unknown suite, a key of the wrong length, a second line of the
/// same tag) are no `crypto`: the model keeps them among the unknown attributes, and no negotiation looks at them.
struct crypto {
    std::uint32_t tag = 1;  ///< 0 to 999999999, once in each m= section.
    srtp_suite suite = srtp_suite::aes_cm_128_hmac_sha1_80;  ///< What protects the packets.
    boost::container::small_vector<master_key, 1> keys;  ///< 1 to most_master_keys; several carry an MKI each.
    std::string session_parameters;                      ///< "KDR=1 UNENCRYPTED_SRTCP", as it came; usually empty.

    bool operator==(crypto const&) const = default;
};

/// Keys that one line may bring. RFC 4568 names no limit; more than one is rare.
inline constexpr std::size_t most_master_keys = 8;

/// The value of a=crypto; nothing for a line that RFC 4568 calls invalid, or whose MKI is beyond 64 bit.
[[nodiscard]] std::optional<crypto> read_crypto(std::string_view value);

/// Writes the value of a=crypto, keys included.
void write_crypto(writer&, crypto const&);

/// Whether we can do what the session parameters ask (RFC 4568 6.3): the hint on the replay window and whatever is
/// marked as optional can be passed over, the default order of error correction is no demand, everything else is one.
[[nodiscard]] bool asks_only_defaults(std::string_view session_parameters) noexcept;

}  // namespace sdp
