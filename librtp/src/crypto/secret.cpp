#include "rtp/crypto/secret.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace rtp {

secret::secret(std::span<const std::byte> bytes) noexcept : secret(bytes.size()) {
    std::ranges::copy(bytes.first(size_), bytes_.begin());
}

secret::secret(std::size_t size) noexcept : size_(static_cast<std::uint8_t>(std::min(size, capacity))) {}

void secret::wipe() noexcept {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    size_ = 0;
}

// What lies beyond the size is zero in both.
bool secret::equals(secret const& other) const noexcept {
    return size_ == other.size_ && CRYPTO_memcmp(bytes_.data(), other.bytes_.data(), bytes_.size()) == 0;
}

}  // namespace rtp
