#include "rtp/crypto/dtls_identity.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <utility>

#include "crypto/dtls_context.hpp"
#include "crypto/evp.hpp"

namespace rtp {

namespace {

// RFC 5764 4.1.2 and RFC 7714 14.2, the ones that we like best first.
constexpr char const* srtp_profiles =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32";
// With forward secrecy; the peer's certificate may be RSA.
constexpr char const* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES";

std::unique_ptr<X509, free_ssl> make_certificate(EVP_PKEY* key, wall_point now) {
    using namespace std::chrono_literals;
    std::unique_ptr<X509, free_ssl> certificate(X509_new());
    auto* const made = certificate.get();
    std::uint64_t serial = 0;
    if (made == nullptr || RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return nullptr;
    auto const at = std::chrono::system_clock::to_time_t(now);
    constexpr long day = 24 * 60 * 60;
    auto* const name = X509_get_subject_name(made);
    // RFC 5763 5 wants nothing of the name; one that says who we are would follow us from call to call.
    unsigned char const text[] = "offhook";
    bool const is_good = X509_set_version(made, X509_VERSION_3) == 1 &&
                         ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), serial >> 1) == 1 &&
                         ASN1_TIME_set(X509_getm_notBefore(made), at - day) != nullptr &&
                         ASN1_TIME_set(X509_getm_notAfter(made), at + 365 * day) != nullptr &&
                         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
                         X509_set_issuer_name(made, name) == 1 && X509_set_pubkey(made, key) == 1 &&
                         X509_sign(made, key, EVP_sha256()) != 0;
    return is_good ? std::move(certificate) : nullptr;
}

EVP_MD const* algorithm_of(hash_function hash) noexcept {
    switch (hash) {
        case hash_function::sha_1:
            return EVP_sha1();
        case hash_function::sha_224:
            return EVP_sha224();
        case hash_function::sha_256:
            return EVP_sha256();
        case hash_function::sha_384:
            return EVP_sha384();
        case hash_function::sha_512:
            return EVP_sha512();
    }
    return nullptr;
}

}  // namespace

std::optional<fingerprint> fingerprint_of(X509 const* certificate, hash_function hash) {
    fingerprint made;
    made.hash = hash;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    if (X509_digest(certificate, algorithm_of(hash), digest.data(), &size) != 1) return std::nullopt;
    auto const bytes = std::as_bytes(std::span(digest).first(size));
    made.digest.assign(bytes.begin(), bytes.end());
    return made;
}

result<dtls_identity> dtls_identity::generate(wall_point now) {
    evp_ptr<EVP_PKEY> const key(EVP_EC_gen("P-256"));
    auto const certificate = key ? make_certificate(key.get(), now) : nullptr;
    auto made = std::make_unique<context>();
    made->ssl.reset(SSL_CTX_new(DTLS_method()));
    auto* const ssl = made->ssl.get();
    // SSL_CTX_set_tlsext_use_srtp answers 0 for success.
    if (!certificate || ssl == nullptr || SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate(ssl, certificate.get()) != 1 || SSL_CTX_use_PrivateKey(ssl, key.get()) != 1 ||
        SSL_CTX_set_cipher_list(ssl, ciphers) != 1 || SSL_CTX_set_tlsext_use_srtp(ssl, srtp_profiles) != 0)
        return make_error_code(errc::crypto_failed);
    SSL_CTX_set_options(ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    // RFC 5763 5: both sides show a certificate.
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(ssl, &judge_certificate, nullptr);
    auto own = fingerprint_of(certificate.get(), hash_function::sha_256);
    if (!own) return make_error_code(errc::crypto_failed);
    return dtls_identity(std::move(made), std::move(*own));
}

dtls_identity::dtls_identity(std::unique_ptr<context> made, fingerprint own) noexcept
    : context_(std::move(made)), fingerprint_(std::move(own)) {}
dtls_identity::dtls_identity(dtls_identity&&) noexcept = default;
dtls_identity& dtls_identity::operator=(dtls_identity&&) noexcept = default;
dtls_identity::~dtls_identity() = default;

}  // namespace rtp
