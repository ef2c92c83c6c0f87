// Key material that is wiped when its time is over and that no log can print: there is no conversion to text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "rtp/crypto/suite.hpp"

namespace rtp {

/// A few secret bytes. A copy is wiped like its original. Comparison takes the same time whatever differs.
class secret final {
public:
    static constexpr std::size_t capacity = max_key_and_salt_size;  ///< Bytes.

    secret() noexcept = default;
    /// The first `capacity` bytes of `bytes`; the caller wipes those.
    explicit secret(std::span<const std::byte> bytes) noexcept;
    /// `size` zeros to be filled by writable(); at most `capacity`.
    explicit secret(std::size_t size) noexcept;
    secret(secret const&) noexcept = default;  ///< Both have it.
    secret& operator=(secret const&) noexcept = default;  ///< Both have it.
    ~secret() { wipe(); }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }  ///< Bytes.
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }  ///< True where there is none.
    /// Borrowed.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return std::span(bytes_).first(size_); }
    /// To fill it in place.
    [[nodiscard]] std::span<std::byte> writable() noexcept { return std::span(bytes_).first(size_); }
    void wipe() noexcept;  ///< Overwrites it, and is empty from now on.

    [[nodiscard]] friend bool operator==(secret const& a, secret const& b) noexcept { return a.equals(b); }

private:
    [[nodiscard]] bool equals(secret const&) const noexcept;

    std::array<std::byte, capacity> bytes_{};
    std::uint8_t size_ = 0;
};

}  // namespace rtp
