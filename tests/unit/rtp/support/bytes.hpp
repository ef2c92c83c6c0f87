// Bytes for the tests of librtp: from hexadecimal text, and copies of exactly their own size so that a sanitizer sees
// one byte too much.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace rtp_test {

using byte_vector = std::vector<std::byte>;

/// "80 00 12 34": spaces are ignored.
inline byte_vector hex(std::string_view text) {
    auto const value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    byte_vector bytes;
    int high = -1;
    for (char const c : text) {
        if (c == ' ' || c == '\n') continue;
        if (high < 0) {
            high = value(c);
        } else {
            bytes.push_back(static_cast<std::byte>(high * 16 + value(c)));
            high = -1;
        }
    }
    REQUIRE(high < 0);
    return bytes;
}

inline byte_vector to_vector(std::span<const std::byte> bytes) {
    return {bytes.begin(), bytes.end()};
}

/// A heap block of exactly `bytes.size()` bytes.
class exact_copy {
public:
    explicit exact_copy(std::span<const std::byte> bytes)
        : size_(bytes.size()), block_(std::make_unique<std::byte[]>(bytes.size())) {
        std::copy(bytes.begin(), bytes.end(), block_.get());
    }
    [[nodiscard]] std::span<std::byte> bytes() const { return {block_.get(), size_}; }

private:
    std::size_t size_;
    std::unique_ptr<std::byte[]> block_;
};

}  // namespace rtp_test
