// From a master key to the session keys of one kind of packet (RFC 3711 4.3, RFC 6188 3, RFC 7714 11), with a key
// derivation rate of zero: once, before the first packet.
#pragma once

#include <cstdint>

#include "rtp/crypto/secret.hpp"
#include "rtp/crypto/suite.hpp"

namespace rtp {

enum class packet_kind : std::uint8_t { rtp, rtcp };

struct session_keys {
    secret encryption;
    secret salt;
    secret authentication;  ///< Empty where the cipher authenticates by itself.
};

/// `master` has the size that the suite wants. Error: crypto_failed.
[[nodiscard]] result<session_keys> derive_keys(crypto_suite, secret const& master, packet_kind);

}  // namespace rtp
