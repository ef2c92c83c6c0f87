// What dtls_identity owns and dtls_association uses of OpenSSL.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>

#include "rtp/crypto/dtls_association.hpp"
#include "rtp/crypto/dtls_identity.hpp"

namespace rtp {

struct free_ssl {
    void operator()(SSL_CTX* p) const noexcept { SSL_CTX_free(p); }
    void operator()(SSL* p) const noexcept { SSL_free(p); }
    void operator()(X509* p) const noexcept { X509_free(p); }
};

struct dtls_identity::context {
    std::unique_ptr<SSL_CTX, free_ssl> ssl;
};

/// Nothing if OpenSSL refuses.
[[nodiscard]] std::optional<fingerprint> fingerprint_of(X509 const*, hash_function);

/// What OpenSSL's callbacks of one handshake need, behind its SSL object, and what they note.
struct dtls_notes {
    dtls_settings settings;
    bool is_mismatch = false;     ///< The certificate has not the fingerprint that was promised.
    char const* alert = nullptr;  ///< The peer's last alert, in words.
};

/// Judges the peer's certificate by its fingerprint, in the middle of the handshake (RFC 5763 5).
int judge_certificate(X509_STORE_CTX*, void*) noexcept;

}  // namespace rtp
