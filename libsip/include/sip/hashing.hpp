// The hash functions that digest authentication needs, as an interface: the algorithms come from OpenSSL, and are
// looked up once, so that computing a response searches no provider and takes no lock. (OpenSSL 3.0 still allocates its
// state, some hundred bytes, for each hash.)
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace sip {

enum class hash_algorithm : std::uint8_t { md5, sha256, sha512_256 };

/// A hash as lower-case hexadecimal text, as digest authentication wants it (RFC 7616 3.1).
struct hex_digest {
    std::array<char, 64> text{};  ///< hexadecimal digits, in lower case
    std::uint8_t length = 0;  ///< digits in use; 0 where the algorithm is not available

    [[nodiscard]] std::string_view view() const noexcept { return {text.data(), length}; }  ///< the digits
};

/// Hashes the concatenation of `parts`. Not thread-safe: one hasher for each core.
class hasher {
public:
    hasher();
    hasher(hasher&&) noexcept;  ///< the other one is empty from now on
    hasher& operator=(hasher&&) noexcept;  ///< the other one is empty from now on
    ~hasher();

    /// The digest of the parts, one behind the other. No allocation, no lock.
    [[nodiscard]] hex_digest operator()(hash_algorithm, std::span<std::string_view const> parts) const;

private:
    struct contexts;
    std::unique_ptr<contexts> contexts_;
};

}  // namespace sip
