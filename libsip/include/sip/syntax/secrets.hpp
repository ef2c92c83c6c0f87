// What of a message nobody but its receiver may see, for logs and captures that show everything else.
#pragma once

#include <span>

namespace sip {

/// Writes 'x' over every secret in a message, or in a piece of one:
///   - of Authorization, Proxy-Authorization and the two Authentication-Info headers all but what a challenge or a
///     request shows anyway (user, realm, nonces, URI, algorithm ...); of schemes other than Digest everything;
///   - passwords in URIs (RFC 3261 19.1.1);
///   - keys in session descriptions: crypto (RFC 4568), key-mgmt (RFC 4567), k= (RFC 8866 5.12), ice-pwd (RFC 8839).
/// Works on any bytes, so on messages that no parser takes as well. The length stays, and so do line ends: what is left
/// parses as before. A secret in a body that is encoded (gzip, S/MIME) is not seen.
void mask_secrets(std::span<char> message) noexcept;

}  // namespace sip
