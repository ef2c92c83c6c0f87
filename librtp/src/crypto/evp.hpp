// OpenSSL's objects as owners, and its pointers to bytes.
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace rtp {

struct free_evp {
    void operator()(EVP_CIPHER* p) const noexcept { EVP_CIPHER_free(p); }
    void operator()(EVP_CIPHER_CTX* p) const noexcept { EVP_CIPHER_CTX_free(p); }
    void operator()(EVP_MAC* p) const noexcept { EVP_MAC_free(p); }
    void operator()(EVP_MAC_CTX* p) const noexcept { EVP_MAC_CTX_free(p); }
    void operator()(EVP_MD* p) const noexcept { EVP_MD_free(p); }
    void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
};
template <class T>
using evp_ptr = std::unique_ptr<T, free_evp>;

[[nodiscard]] inline unsigned char* as_uchar(std::byte* bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes);
}
[[nodiscard]] inline unsigned char const* as_uchar(std::byte const* bytes) noexcept {
    return reinterpret_cast<unsigned char const*>(bytes);
}

/// A cipher with its key, to be given an IV for each use. Null if OpenSSL refuses.
[[nodiscard]] inline evp_ptr<EVP_CIPHER_CTX> make_cipher(char const* name, std::span<const std::byte> key) {
    evp_ptr<EVP_CIPHER> const algorithm(EVP_CIPHER_fetch(nullptr, name, nullptr));
    evp_ptr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
    bool const is_good =
        algorithm && context &&
        EVP_EncryptInit_ex2(context.get(), algorithm.get(), as_uchar(key.data()), nullptr, nullptr) == 1;
    return is_good ? std::move(context) : nullptr;
}

}  // namespace rtp
