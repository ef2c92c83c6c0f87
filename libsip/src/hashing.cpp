#include "sip/hashing.hpp"

#include <new>

#include <openssl/evp.h>

namespace sip {
namespace {

struct free_md {
    void operator()(EVP_MD* md) const noexcept { EVP_MD_free(md); }
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using md_ptr = std::unique_ptr<EVP_MD, free_md>;
using context_ptr = std::unique_ptr<EVP_MD_CTX, free_md>;

}  // namespace

// EVP_MD_fetch searches the providers under a lock, and EVP_MD_CTX_new allocates: both happen once, here.
struct hasher::contexts {
    struct entry {
        md_ptr algorithm;
        context_ptr context;
        explicit entry(char const* name) : algorithm(EVP_MD_fetch(nullptr, name, nullptr)), context(EVP_MD_CTX_new()) {
            if (!context) throw std::bad_alloc();
            // A provider may lack MD5 (FIPS); then its digests stay empty and match nothing.
            if (algorithm) EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr);
        }
    };
    entry md5{"MD5"}, sha256{"SHA2-256"}, sha512_256{"SHA2-512/256"};

    entry& of(hash_algorithm algorithm) noexcept {
        switch (algorithm) {
            case hash_algorithm::md5:
                return md5;
            case hash_algorithm::sha256:
                return sha256;
            case hash_algorithm::sha512_256:
                return sha512_256;
        }
        return sha256;
    }
};

hasher::hasher() : contexts_(std::make_unique<contexts>()) {}
hasher::hasher(hasher&&) noexcept = default;
hasher& hasher::operator=(hasher&&) noexcept = default;
hasher::~hasher() = default;

hex_digest hasher::operator()(hash_algorithm algorithm, std::span<std::string_view const> parts) const {
    auto& [md, context] = contexts_->of(algorithm);
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned int size = 0;
    bool ok = md && EVP_DigestInit_ex2(context.get(), md.get(), nullptr) == 1;
    for (std::string_view part : parts)
        ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    ok = ok && EVP_DigestFinal_ex(context.get(), raw.data(), &size) == 1;

    hex_digest digest;
    if (!ok || size * 2 > digest.text.size()) return digest;
    constexpr std::string_view digits = "0123456789abcdef";
    for (unsigned int i = 0; i < size; ++i) {
        digest.text[2 * i] = digits[raw[i] >> 4];
        digest.text[2 * i + 1] = digits[raw[i] & 15];
    }
    digest.length = static_cast<std::uint8_t>(size * 2);
    return digest;
}

}  // namespace sip
