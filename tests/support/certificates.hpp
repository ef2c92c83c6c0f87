// Certificates made up for a test: an authority and what it signs, in memory.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace sip_test {

struct certificate {
    std::string pem, key;
};

/// A name in subjectAltName: "DNS:a.example", "URI:sip:a.example", "IP:127.0.0.1"; several with commas; or none.
struct certificate_wish {
    std::string common_name = "test";
    std::string alternative_names = {};
    long valid_from = -3600, valid_until = 3600;  ///< seconds from now
    bool is_rsa = false;                          ///< else its key is of an elliptic curve
};

class authority {
public:
    explicit authority(std::string const& name) : key_(new_key()) {
        certificate_.reset(make({.common_name = name}, key_.get(), nullptr, key_.get()));
    }

    [[nodiscard]] std::string pem() const { return text(certificate_.get()); }

    [[nodiscard]] certificate issue(certificate_wish const& wish) const {
        key_pair const key(wish.is_rsa ? key_pair(EVP_RSA_gen(2048)) : new_key());
        x509 const made(make(wish, key.get(), certificate_.get(), key_.get()));
        return {text(made.get()), text(key.get())};
    }

private:
    struct frees {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
        void operator()(X509* certificate) const { X509_free(certificate); }
        void operator()(BIO* bio) const { BIO_free(bio); }
    };
    using key_pair = std::unique_ptr<EVP_PKEY, frees>;
    using x509 = std::unique_ptr<X509, frees>;

    static key_pair new_key() { return key_pair(EVP_EC_gen("P-256")); }

    static void add(X509* to, int what, char const* value) {
        auto* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
        X509_add_ext(to, extension, -1);
        X509_EXTENSION_free(extension);
    }

    static X509* make(certificate_wish const& wish, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
        static long serial = 0;
        auto* const made = X509_new();
        X509_set_version(made, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(made), wish.valid_from);
        X509_gmtime_adj(X509_getm_notAfter(made), wish.valid_until);
        auto* const subject = X509_get_subject_name(made);
        auto const* const name = reinterpret_cast<unsigned char const*>(wish.common_name.c_str());
        X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, name, -1, -1, 0);
        X509_set_issuer_name(made, issuer != nullptr ? X509_get_subject_name(issuer) : subject);
        X509_set_pubkey(made, key);
        add(made, NID_basic_constraints, issuer != nullptr ? "critical,CA:FALSE" : "critical,CA:TRUE");
        if (!wish.alternative_names.empty()) add(made, NID_subject_alt_name, wish.alternative_names.c_str());
        X509_sign(made, issuer_key, EVP_sha256());
        return made;
    }

    static std::string taken_from(BIO* bio) {
        char* data = nullptr;
        auto const size = BIO_get_mem_data(bio, &data);
        return {data, static_cast<std::size_t>(size)};
    }
    static std::string text(X509* certificate) {
        std::unique_ptr<BIO, frees> const bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(bio.get(), certificate);
        return taken_from(bio.get());
    }
    static std::string text(EVP_PKEY* key) {
        std::unique_ptr<BIO, frees> const bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
        return taken_from(bio.get());
    }

    key_pair key_;
    x509 certificate_;
};

}  // namespace sip_test
