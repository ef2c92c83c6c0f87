// What we are to our peers in DTLS: a key and a self-signed certificate, made anew for each life of the program, and
// the settings of OpenSSL that all our handshakes share.
//
// The signalling vouches for the certificate by its fingerprint (RFC 5763 5), so nobody else needs to sign it. Here
// OpenSSL draws its own randomness, as its handshakes do.
#pragma once

#include <memory>

#include "rtp/crypto/fingerprint.hpp"
#include "rtp/error.hpp"
#include "rtp/time.hpp"

namespace rtp {

/// A key with a certificate that nobody else signed.
class dtls_identity final {
public:
    /// ECDSA on P-256. The certificate is valid from a day before `now`, for peers whose clocks are slow, to a year
    /// after. Error: crypto_failed.
    [[nodiscard]] static result<dtls_identity> generate(wall_point now);

    dtls_identity(dtls_identity&&) noexcept;  ///< The other one must not be used any more.
    dtls_identity& operator=(dtls_identity&&) noexcept;  ///< The other one must not be used any more.
    ~dtls_identity();

    /// For a=fingerprint.
    [[nodiscard]] fingerprint const& own_fingerprint() const noexcept { return fingerprint_; }

private:
    friend class dtls_association;
    struct context;
    dtls_identity(std::unique_ptr<context>, fingerprint) noexcept;

    std::unique_ptr<context> context_;
    fingerprint fingerprint_;
};

}  // namespace rtp
