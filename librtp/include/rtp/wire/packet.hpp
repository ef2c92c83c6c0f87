// RTP packets: a checked view over received bytes, and a writer that puts a header in front of a payload.
//
// Knows the format only: no state, no statistics, no payload formats. RFC 3550 5.1, 5.3.1; header extension elements
// RFC 8285 4.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/error.hpp"
#include "rtp/wire/bytes.hpp"
#include "rtp/wire/packet_buffer.hpp"

namespace rtp {

enum class ssrc_t : std::uint32_t {};
/// Compare and subtract only by stats/sequence.hpp: both wrap around.
enum class sequence_t : std::uint16_t {};
enum class timestamp_t : std::uint32_t {};
enum class payload_type : std::uint8_t {};  // 0..127

inline constexpr std::size_t fixed_header_size = 12;
inline constexpr std::size_t max_csrcs = 15;

/// The header extension block as it stands in the packet (RFC 3550 5.3.1).
struct header_extension {
    /// 0xBEDE: one-byte elements; 0x100x: two-byte elements; otherwise unknown to RFC 8285.
    std::uint16_t profile = 0;
    std::span<const std::byte> data;  ///< Borrowed.
};

/// One element of an RFC 8285 block. A view into the packet.
struct extension_element {
    std::uint8_t id = 0;  ///< As a=extmap has it.
    std::span<const std::byte> data;  ///< Borrowed.
};

/// Walks the elements of an RFC 8285 block; an unknown profile has none.
class extension_reader final {
public:
    /// Reads the elements of a header extension (RFC 8285).
    explicit extension_reader(header_extension block) noexcept : profile_(block.profile), rest_(block.data) {}
    /// The next element; nothing at the end or after a failure.
    [[nodiscard]] std::optional<extension_element> next() noexcept;
    /// True if an element ran over the end of the block. Elements before it were good.
    [[nodiscard]] bool has_failed() const noexcept { return failed_; }

private:
    std::uint16_t profile_;
    std::span<const std::byte> rest_;
    bool failed_ = false;
};

/// A received RTP packet. Borrows the bytes: valid as long as they are, copies are cheap.
class packet_view final {
public:
    /// Checks every length that the header announces, so that the accessors need no checks.
    [[nodiscard]] static parsed<packet_view> parse(std::span<const std::byte> datagram) noexcept;

    [[nodiscard]] bool marker() const noexcept { return (octet(1) & 0x80U) != 0; }  ///< The M bit.
    /// The number on the wire.
    [[nodiscard]] payload_type type() const noexcept { return static_cast<payload_type>(octet(1) & 0x7FU); }
    /// Modulo 2^16.
    [[nodiscard]] sequence_t sequence() const noexcept { return static_cast<sequence_t>(load_u16(bytes_.subspan(2))); }
    /// Of the first sample.
    [[nodiscard]] timestamp_t timestamp() const noexcept {
        return static_cast<timestamp_t>(load_u32(bytes_.subspan(4)));
    }
    /// The source.
    [[nodiscard]] ssrc_t ssrc() const noexcept { return static_cast<ssrc_t>(load_u32(bytes_.subspan(8))); }
    [[nodiscard]] std::size_t csrc_count() const noexcept { return octet(0) & 0x0FU; }  ///< Contributing sources.
    /// A contributing source; index < csrc_count().
    [[nodiscard]] ssrc_t csrc(std::size_t index) const noexcept;
    /// Nothing where there is none.
    [[nodiscard]] std::optional<header_extension> extension() const noexcept;
    /// Without header and padding. May be empty.
    [[nodiscard]] std::span<const std::byte> payload() const noexcept {
        return bytes_.subspan(payload_at_, bytes_.size() - payload_at_ - padding_);
    }
    [[nodiscard]] std::size_t padding_size() const noexcept { return padding_; }  ///< Bytes.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }  ///< The whole packet.

private:
    explicit packet_view(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
    [[nodiscard]] unsigned octet(std::size_t index) const noexcept { return std::to_integer<unsigned>(bytes_[index]); }

    std::span<const std::byte> bytes_;
    std::size_t payload_at_ = 0;  // 64 KB of extension plus CSRCs does not fit in 16 bits
    std::uint16_t padding_ = 0;
};

/// What the writer puts into the header. The spans are borrowed for the call.
struct packet_header {
    bool marker = false;  ///< The M bit.
    payload_type type{};  ///< The number on the wire.
    sequence_t sequence{};  ///< Modulo 2^16.
    timestamp_t timestamp{};  ///< Of the first sample.
    ssrc_t ssrc{};  ///< The source.
    std::span<const ssrc_t> csrcs{};  ///< At most 15.
    std::span<const extension_element>
        extensions{};  ///< Ids 1..255, data at most 255 bytes; the shortest RFC 8285 form is chosen.
};

/// Turns the payload in `buffer` into an RTP packet in place. Errors: too_large (no head-room), invalid_argument; the
/// buffer is then unchanged.
[[nodiscard]] error_code prepend_header(packet_buffer& buffer, packet_header const&) noexcept;

/// Pads the packet to a multiple of `multiple` (2..252) and sets the padding bit. Errors: too_large, invalid_argument;
/// then unchanged.
[[nodiscard]] error_code append_padding(packet_buffer& packet, std::size_t multiple) noexcept;

}  // namespace rtp
