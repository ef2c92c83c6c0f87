// Checked reading and writing of big-endian fields. All of librtp's parsers read through byte_reader and none through
// overlaid structs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rtp {

/// Unchecked loads: the caller has proved that the bytes are there.
[[nodiscard]] constexpr std::uint16_t load_u16(std::span<const std::byte> bytes) noexcept {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8 | std::to_integer<unsigned>(bytes[1]));
}
[[nodiscard]] constexpr std::uint32_t load_u32(std::span<const std::byte> bytes) noexcept {
    return std::uint32_t{load_u16(bytes)} << 16 | load_u16(bytes.subspan(2));
}
constexpr void store_u16(std::span<std::byte> to, std::uint16_t value) noexcept {
    to[0] = static_cast<std::byte>(value >> 8);
    to[1] = static_cast<std::byte>(value);
}
constexpr void store_u32(std::span<std::byte> to, std::uint32_t value) noexcept {
    store_u16(to, static_cast<std::uint16_t>(value >> 16));
    store_u16(to.subspan(2), static_cast<std::uint16_t>(value));
}

/// A cursor that cannot leave its bytes. The first read past the end makes it fail for good: everything reads as zero
/// or empty from then on, so that a parser can read a whole structure and ask once.
class byte_reader final {
public:
    /// Reads these bytes, borrowed.
    constexpr explicit byte_reader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

    /// True once more was asked for than there is.
    [[nodiscard]] constexpr bool has_failed() const noexcept { return failed_; }
    [[nodiscard]] constexpr std::size_t remaining() const noexcept { return bytes_.size() - at_; }  ///< Bytes.
    [[nodiscard]] constexpr std::size_t offset() const noexcept { return at_; }  ///< Bytes read.

    /// The next bytes; none where there are too few.
    constexpr std::span<const std::byte> take(std::size_t count) noexcept {
        if (failed_ || count > remaining()) {
            failed_ = true;
            return {};
        }
        at_ += count;
        return bytes_.subspan(at_ - count, count);
    }
    constexpr std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }  ///< One byte.
    constexpr std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }  ///< Two bytes.
    constexpr std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(number(3)); }  ///< Three bytes.
    constexpr std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }  ///< Four bytes.
    constexpr std::uint64_t u64() noexcept { return number(8); }  ///< Eight bytes.

private:
    constexpr std::uint64_t number(std::size_t width) noexcept {
        std::uint64_t value = 0;
        for (auto const byte : take(width))
            value = value << 8 | std::to_integer<std::uint64_t>(byte);
        return value;
    }

    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

/// The counterpart for writing: fails for good instead of writing past the end.
class byte_writer final {
public:
    /// Writes into this space, borrowed.
    constexpr explicit byte_writer(std::span<std::byte> space) noexcept : space_(space) {}

    /// True once more was asked for than there is.
    [[nodiscard]] constexpr bool has_failed() const noexcept { return failed_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return at_; }  ///< Bytes written.

    /// These bytes.
    constexpr void bytes(std::span<const std::byte> source) noexcept {
        auto const to = claim(source.size());
        std::ranges::copy(source.first(to.size()), to.begin());
    }
    /// So many zero bytes.
    constexpr void zeros(std::size_t count) noexcept { std::ranges::fill(claim(count), std::byte{0}); }
    constexpr void u8(std::uint8_t value) noexcept { number(value, 1); }  ///< One byte.
    constexpr void u16(std::uint16_t value) noexcept { number(value, 2); }  ///< Two bytes.
    constexpr void u24(std::uint32_t value) noexcept { number(value, 3); }  ///< Three bytes.
    constexpr void u32(std::uint32_t value) noexcept { number(value, 4); }  ///< Four bytes.
    constexpr void u64(std::uint64_t value) noexcept { number(value, 8); }  ///< Eight bytes.

private:
    /// Empty if there is no room.
    constexpr std::span<std::byte> claim(std::size_t count) noexcept {
        if (failed_ || count > space_.size() - at_) {
            failed_ = true;
            return {};
        }
        at_ += count;
        return space_.subspan(at_ - count, count);
    }
    constexpr void number(std::uint64_t value, std::size_t width) noexcept {
        auto const to = claim(width);
        for (std::size_t i = 0; i < to.size(); ++i)
            to[i] = static_cast<std::byte>(value >> 8 * (width - 1 - i));
    }

    std::span<std::byte> space_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace rtp
