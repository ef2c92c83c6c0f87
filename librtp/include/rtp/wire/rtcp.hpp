// RTCP at the level that all packet types share: the common header, and walking a compound packet.
//
// What stands inside a packet of one type is the matter of rtcp_report.hpp, rtcp_sdes.hpp, rtcp_bye.hpp, rtcp_app.hpp,
// rtcp_feedback.hpp and rtcp_xr.hpp. Types that nobody here knows are still walked over correctly. RFC 3550 6.1, 6.4 to
// 6.7, A.2; RFC 5506.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/error.hpp"
#include "rtp/wire/packet.hpp"
#include "rtp/wire/packet_buffer.hpp"

namespace rtp {

/// Any value may arrive; these are the ones with a meaning here.
enum class rtcp_type : std::uint8_t {
    sender_report = 200,
    receiver_report = 201,
    source_description = 202,
    bye = 203,
    application = 204,
    transport_feedback = 205,
    payload_feedback = 206,
    extended_report = 207,
};

inline constexpr std::size_t rtcp_header_size = 4;
inline constexpr std::size_t max_rtcp_count = 31;  ///< What fits in the five-bit count of the header.

/// One packet of a compound. A view into the datagram.
struct rtcp_packet {
    rtcp_type type{};  ///< What the packet is.
    std::uint8_t count = 0;           ///< Report blocks, chunks, sources, or a subtype: the type says which.
    std::span<const std::byte> body;  ///< What follows the four-byte header, without padding.
    std::uint32_t offset = 0;         ///< Of the packet in its datagram.
};

/// What a datagram must start with: a report (RFC 3550 6.1), or anything where both sides agreed on reduced-size RTCP
/// (RFC 5506 4.1).
enum class rtcp_form : std::uint8_t { compound, reduced_size };

/// A received compound packet, its structure checked by parse(). Borrows the bytes.
class compound_view final {
public:
    /// RFC 3550 A.2: version 2 throughout, a report first unless reduced-size was agreed on, padding only on the last
    /// packet, lengths that add up to the datagram.
    [[nodiscard]] static parsed<compound_view> parse(
        std::span<const std::byte> datagram, rtcp_form form = rtcp_form::compound
    ) noexcept;

    class iterator;
    [[nodiscard]] iterator begin() const noexcept;  ///< The first packet.
    [[nodiscard]] iterator end() const noexcept;  ///< Behind the last one.

private:
    explicit compound_view(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
    std::span<const std::byte> bytes_;
};

/// Goes over the packets of a compound.
class compound_view::iterator final {
public:
    [[nodiscard]] rtcp_packet operator*() const noexcept;  ///< The packet.
    iterator& operator++() noexcept;  ///< The next packet.
    [[nodiscard]] friend bool operator==(iterator a, iterator b) noexcept { return a.at_ == b.at_; }

private:
    friend class compound_view;
    iterator(std::span<const std::byte> bytes, std::size_t at) noexcept : bytes_(bytes), at_(at) {}
    std::span<const std::byte> bytes_;
    std::size_t at_;
};

/// For the writers: appends an RTCP packet with `body_size` bytes of body (a multiple of four) to the compound and
/// returns the body to fill. Nothing if it does not fit or `count` is above 31; the compound is then unchanged.
[[nodiscard]] std::optional<std::span<std::byte>> append_rtcp(
    packet_buffer& compound, rtcp_type type, std::size_t count, std::size_t body_size
) noexcept;

}  // namespace rtp
