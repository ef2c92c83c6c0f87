// Challenges and credentials of digest authentication (RFC 3261 20.7, 20.27, 20.28, 20.44; RFC 7616; RFC 8760): the
// syntax only.
#pragma once

#include <cstdint>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/params.hpp"

namespace sip {

/// WWW-Authenticate or Proxy-Authenticate. Values borrow the header's text, quoted strings without quotes and with
/// escapes kept.
struct challenge_view {
    std::string_view scheme;  ///< "Digest"; others are kept and left alone
    /// Parameters without their quotes; empty where missing.
    std::string_view realm, nonce, opaque, algorithm, qop, domain;
    bool stale = false;  ///< the nonce is old, the password was right
    /// True for the scheme Digest.
    [[nodiscard]] bool is_digest() const noexcept;
    /// True where the qop list offers `option` ("auth", "auth-int").
    [[nodiscard]] bool offers_qop(std::string_view option) const noexcept;
};

/// Authorization or Proxy-Authorization.
struct credentials_view {
    std::string_view scheme;  ///< "Digest"
    /// Parameters without their quotes; empty where missing.
    std::string_view username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, nc;
    [[nodiscard]] bool is_digest() const noexcept;  ///< true for the scheme Digest
};

/// Authentication-Info (RFC 7616 3.5): what a server says after it has let us in.
struct authentication_info_view {
    std::string_view nextnonce, qop, rspauth, cnonce, nc;  ///< parameters without their quotes; empty where missing
};

[[nodiscard]] parsed<challenge_view> parse_challenge(std::string_view value) noexcept;
[[nodiscard]] parsed<credentials_view> parse_credentials(std::string_view value) noexcept;
[[nodiscard]] parsed<authentication_info_view> parse_authentication_info(std::string_view value) noexcept;

}  // namespace sip
