// Digest authentication (RFC 7616, RFC 8760, RFC 3261 22): computing, for both the one who answers a challenge and the
// one who checks the answer. When to answer, and to whom, is policy and lives in usage/auth_retry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/hashing.hpp"
#include "sip/syntax/headers/auth.hpp"

namespace sip {

/// The algorithms in order of strength; -sess variants hash the nonce and cnonce into A1.
struct digest_algorithm {
    hash_algorithm hash = hash_algorithm::md5;  ///< what is computed
    bool session = false;  ///< "-sess": with the nonces in A1
    friend bool operator==(digest_algorithm const&, digest_algorithm const&) = default;
};
/// The algorithm a challenge names ("" means MD5); nothing for one that we do not know.
[[nodiscard]] std::optional<digest_algorithm> digest_algorithm_from(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(digest_algorithm) noexcept;

enum class quality_of_protection : std::uint8_t { none, auth, auth_int };

/// Everything that goes into a response, as text of one request.
struct digest_input {
    digest_algorithm algorithm;  ///< of the challenge
    quality_of_protection qop = quality_of_protection::none;  ///< what is protected
    std::string_view username, realm, password;  ///< A1
    std::string_view nonce, cnonce;  ///< the server's, and ours
    std::uint32_t nonce_count = 1;  ///< requests with this nonce so far, this one included
    std::string_view method, uri;  ///< A2
    std::string_view body;  ///< counts with auth_int only
};

/// RFC 7616 3.4.1.
[[nodiscard]] hex_digest digest_response(hasher const&, digest_input const&);
/// H(A1) of user, realm and password, for servers that do not keep passwords (never for -sess).
[[nodiscard]] hex_digest digest_ha1(
    hasher const&, hash_algorithm, std::string_view username, std::string_view realm, std::string_view password
);
/// The same response from a stored H(A1).
[[nodiscard]] hex_digest digest_response(hasher const&, digest_input const&, std::string_view ha1);

/// The value of an Authorization or Proxy-Authorization header.
[[nodiscard]] std::string authorization_value(hasher const&, digest_input const&, std::string_view opaque);

/// Compares credentials with what they should be, in constant time.
[[nodiscard]] bool verify(
    hasher const&, credentials_view const&, std::string_view ha1, std::string_view method, std::string_view body
);

}  // namespace sip
