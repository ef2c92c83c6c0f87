#include "crypto/hmac_sha1.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace rtp {

namespace {

constexpr std::size_t block_size = 64;

evp_ptr<EVP_MD_CTX> begun_with(EVP_MD const* sha1, secret const& key, std::byte padding) {
    std::array<std::byte, block_size> block;
    block.fill(padding);
    for (std::size_t i = 0; i < key.size(); ++i)
        block[i] ^= key.bytes()[i];
    evp_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new());
    bool const is_good = context && EVP_DigestInit_ex2(context.get(), sha1, nullptr) == 1 &&
                         EVP_DigestUpdate(context.get(), block.data(), block.size()) == 1;
    OPENSSL_cleanse(block.data(), block.size());
    return is_good ? std::move(context) : nullptr;
}

}  // namespace

std::optional<hmac_sha1> hmac_sha1::create(secret const& key) {
    evp_ptr<EVP_MD> const sha1(EVP_MD_fetch(nullptr, "SHA1", nullptr));
    if (!sha1) return std::nullopt;
    hmac_sha1 made;
    made.inner_ = begun_with(sha1.get(), key, std::byte{0x36});
    made.outer_ = begun_with(sha1.get(), key, std::byte{0x5c});
    made.work_.reset(EVP_MD_CTX_new());
    if (!made.inner_ || !made.outer_ || !made.work_) return std::nullopt;
    return made;
}

bool hmac_sha1::compute(
    std::span<const std::byte> message, std::span<const std::byte> suffix, std::span<std::byte, size> value
) {
    auto* const work = work_.get();
    return EVP_MD_CTX_copy_ex(work, inner_.get()) == 1 && EVP_DigestUpdate(work, message.data(), message.size()) == 1 &&
           EVP_DigestUpdate(work, suffix.data(), suffix.size()) == 1 &&
           EVP_DigestFinal_ex(work, as_uchar(value.data()), nullptr) == 1 &&
           EVP_MD_CTX_copy_ex(work, outer_.get()) == 1 && EVP_DigestUpdate(work, value.data(), value.size()) == 1 &&
           EVP_DigestFinal_ex(work, as_uchar(value.data()), nullptr) == 1;
}

}  // namespace rtp
