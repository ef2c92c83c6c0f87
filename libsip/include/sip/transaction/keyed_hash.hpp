// SipHash-2-4 over several pieces of text: what the tables hash by. Peers choose branches, tags and Call-IDs, so a hash
// without a secret key would let them choose collisions too.
//
// Every message is looked up by three or four of these, so text is taken eight bytes at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sip {

/// Drawn once for each table from the environment's randomness.
struct hash_key {
    std::uint64_t k0 = 0, k1 = 0;  ///< random, and told to nobody
};

/// SipHash-2-4 over pieces: peers cannot aim at one bucket.
class keyed_hash {
public:
    /// A new hash.
    explicit keyed_hash(hash_key key) noexcept
        : v0_(key.k0 ^ 0x736f6d6570736575u),
          v1_(key.k1 ^ 0x646f72616e646f6du),
          v2_(key.k0 ^ 0x6c7967656e657261u),
          v3_(key.k1 ^ 0x7465646279746573u) {}

    /// Pieces are joined without a mark between them; mark() puts one.
    keyed_hash& text(std::string_view piece) noexcept {
        for (; piece.size() >= 8; piece.remove_prefix(8))
            bytes(load(piece.data(), 8), 8);
        bytes(load(piece.data(), piece.size()), static_cast<unsigned>(piece.size()));
        return *this;
    }
    /// The same for ASCII letters of either case.
    keyed_hash& text_ignoring_case(std::string_view piece) noexcept {
        for (char c : piece)
            bytes(static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c), 1);
        return *this;
    }
    /// Eight bytes.
    keyed_hash& number(std::uint64_t value) noexcept {
        bytes(value, 8);
        return *this;
    }
    /// A byte that no header value holds, so that "ab","c" and "a","bc" differ.
    keyed_hash& mark() noexcept {
        bytes(0, 1);
        return *this;
    }
    /// The hash of all pieces.
    [[nodiscard]] std::uint64_t finish() noexcept {
        word(block_ | std::uint64_t{length_ & 0xffu} << 56);
        v2_ ^= 0xff;
        for (int i = 0; i < 4; ++i)
            round();
        return v0_ ^ v1_ ^ v2_ ^ v3_;
    }

private:
    /// Up to eight bytes as a number, the first one lowest.
    static std::uint64_t load(char const* from, std::size_t count) noexcept {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < count; ++i)
            value |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
        return value;
    }
    /// Takes in the lowest `count` bytes, up to eight; those above are zero.
    void bytes(std::uint64_t value, unsigned count) noexcept {
        unsigned const waiting = 8 * (length_ % 8);
        length_ += count;
        block_ |= value << waiting;
        if (waiting + 8 * count < 64) return;
        word(block_);
        block_ = waiting == 0 ? 0 : value >> (64 - waiting);
    }
    void word(std::uint64_t m) noexcept {
        v3_ ^= m;
        round();
        round();
        v0_ ^= m;
    }
    void round() noexcept {
        v0_ += v1_, v1_ = std::rotl(v1_, 13), v1_ ^= v0_, v0_ = std::rotl(v0_, 32);
        v2_ += v3_, v3_ = std::rotl(v3_, 16), v3_ ^= v2_;
        v0_ += v3_, v3_ = std::rotl(v3_, 21), v3_ ^= v0_;
        v2_ += v1_, v1_ = std::rotl(v1_, 17), v1_ ^= v2_, v2_ = std::rotl(v2_, 32);
    }

    std::uint64_t v0_, v1_, v2_, v3_;
    std::uint64_t block_ = 0;
    std::uint32_t length_ = 0;
};

}  // namespace sip
