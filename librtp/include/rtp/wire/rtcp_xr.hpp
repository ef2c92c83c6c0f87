// Extended reports: the packet, walking its blocks, and the two small blocks that let receivers measure the round trip.
//
// The other blocks are read in rtcp_xr_trace.hpp (packet by packet) and rtcp_xr_metrics.hpp (summaries). Block types
// that nobody here knows are walked over. RFC 3611 2, 3, 4.4, 4.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/error.hpp"
#include "rtp/wire/rtcp.hpp"
#include "rtp/wire/rtcp_report.hpp"

namespace rtp {

/// Any value may arrive; these are the ones with a meaning here.
enum class xr_type : std::uint8_t {
    loss_rle = 1,
    duplicate_rle = 2,
    packet_receipt_times = 3,
    receiver_reference_time = 4,
    delay_since_last_rr = 5,
    statistics_summary = 6,
    voip_metrics = 7,
};

/// One report block. A view into the datagram.
struct xr_block {
    xr_type type{};  ///< What the block is.
    std::uint8_t specific = 0;        ///< The octet beside the type; the type says what it means.
    std::span<const std::byte> body;  ///< What follows the four-byte block header: whole 32-bit words.
    std::uint32_t offset = 0;         ///< Of the block in its datagram.
};

/// Walks the blocks of one XR packet, in order. Borrows the bytes.
class xr_reader final {
public:
    /// Error: bad_rtcp_item where not even the SSRC is there.
    [[nodiscard]] static parsed<xr_reader> parse(rtcp_packet const&) noexcept;

    /// The source that reports.
    [[nodiscard]] ssrc_t reporter() const noexcept { return reporter_; }
    /// The next block; nothing at the end or after a failure.
    [[nodiscard]] std::optional<xr_block> next() noexcept;
    /// True if a block ran over the end of the packet. Blocks before it were good.
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

private:
    xr_reader(ssrc_t reporter, std::span<const std::byte> blocks, std::uint32_t offset) noexcept
        : reporter_(reporter), rest_(blocks), offset_(offset) {}

    ssrc_t reporter_;
    std::span<const std::byte> rest_;
    std::uint32_t offset_;  // of rest_ in the datagram
    bool has_failed_ = false;
};

/// The time at which somebody who may send no media sent this packet (RFC 3611 4.4). Error: bad_rtcp_item.
[[nodiscard]] parsed<ntp64_t> parse_receiver_reference_time(xr_block const&) noexcept;

/// The answer to one receiver's reference time (RFC 3611 4.5).
struct dlrr_item {
    ssrc_t receiver{};  ///< Whom it answers.
    ntp32_t last_rr{};  ///< The middle of that receiver's reference time; 0 if there was none.
    ntp32_t delay{};    ///< From receiving it to sending this, in 1/65536 s.

    friend bool operator==(dlrr_item const&, dlrr_item const&) = default;
};

/// A received DLRR block. Borrows the bytes.
class dlrr_view final {
public:
    /// Error: bad_rtcp_item where the length is no multiple of one item.
    [[nodiscard]] static parsed<dlrr_view> parse(xr_block const&) noexcept;
    [[nodiscard]] std::size_t size() const noexcept;  ///< How many there are.
    /// Index < size().
    [[nodiscard]] dlrr_item operator[](std::size_t index) const noexcept;

private:
    explicit dlrr_view(std::span<const std::byte> items) noexcept : items_(items) {}
    std::span<const std::byte> items_;
};

/// Writes one XR packet at the end of a compound, block by block. Each append either fits whole or leaves the compound
/// as it was. Without a block nothing is written at all.
class xr_writer final {
public:
    /// `compound` is borrowed as long as the writer lives; nothing else may be appended meanwhile.
    xr_writer(packet_buffer& compound, ssrc_t reporter) noexcept : compound_(compound), reporter_(reporter) {}

    /// Error of all: too_large.
    [[nodiscard]] error_code append_receiver_reference_time(ntp64_t) noexcept;
    /// Without items nothing is written.
    [[nodiscard]] error_code append_dlrr(std::span<const dlrr_item>) noexcept;

    /// For the writers of the other blocks: the body to fill, `body_size` bytes (a multiple of four). Nothing if it
    /// does not fit.
    [[nodiscard]] std::optional<std::span<std::byte>> append_block(
        xr_type, std::uint8_t specific, std::size_t body_size
    ) noexcept;

private:
    packet_buffer& compound_;
    ssrc_t reporter_;
    std::optional<std::size_t> started_at_;  // offset of the XR packet in the compound, once there is one
};

}  // namespace rtp
