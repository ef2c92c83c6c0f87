// Octets that only the two ends of a stream may know. Copies are complete and independent; each wipes its octets when
// it ends. Equality takes the same time wherever the first difference stands. There is no way to print one but into the
// description that hands it to the peer; text/redact.hpp takes keys out of what people read.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sdp {

/// Key material, overwritten when it goes.
class secret final {
public:
    /// The longest master key and salt: AES_256_CM (RFC 6188 2).
    static constexpr std::size_t capacity = 46;

    secret() = default;
    /// Takes at most `capacity` octets.
    explicit secret(std::span<std::uint8_t const> octets) noexcept
        : size_{static_cast<std::uint8_t>(std::min(octets.size(), capacity))} {
        std::copy_n(octets.begin(), size_, octets_.begin());
    }
    secret(secret const&) = default;  ///< Both have it.
    secret& operator=(secret const&) = default;  ///< Both have it.
    ~secret() { wipe(); }

    /// Valid while the secret lives.
    [[nodiscard]] std::span<std::uint8_t const> octets() const noexcept { return {octets_.data(), size_}; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }  ///< True where there is none.

    [[nodiscard]] friend bool operator==(secret const& a, secret const& b) noexcept {
        // What lies behind the size is zero in both.
        unsigned difference = static_cast<unsigned>(a.size_ ^ b.size_);
        for (std::size_t i = 0; i != capacity; ++i)
            difference |= static_cast<unsigned>(a.octets_[i] ^ b.octets_[i]);
        return difference == 0;
    }

private:
    void wipe() noexcept {
        // Written through a volatile pointer: the compiler must not drop what nobody reads afterwards.
        std::uint8_t volatile* const octets = octets_.data();
        for (std::size_t i = 0; i != capacity; ++i)
            octets[i] = 0;
        size_ = 0;
    }

    std::array<std::uint8_t, capacity> octets_{};
    std::uint8_t size_ = 0;
};

}  // namespace sdp
