// OpenSSL's objects as owners, and its pointers to bytes.
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <memory>

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

}  // namespace rtp
