// Sender and receiver reports: one view, since they differ only in the sender's part, and a writer for each. RFC
// 3550 6.4.1, 6.4.2.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "rtp/error.hpp"
#include "rtp/wire/rtcp.hpp"

namespace rtp {

/// NTP time: seconds since 1900 in the high half, the fraction in the low half. Conversions are in stats/ntp.hpp.
enum class ntp64_t : std::uint64_t {};
/// The middle 32 bits of it: 16 bits of seconds, 16 of fraction. Also used for spans of time (DLSR).
enum class ntp32_t : std::uint32_t {};

/// What a sender report says of its sender.
struct sender_info {
    ntp64_t wall{};             ///< When the report was sent.
    timestamp_t media{};        ///< The same instant in RTP units.
    std::uint32_t packets = 0;  ///< Sent since the start; wraps.
    std::uint32_t octets = 0;   ///< Of payload, without header and padding; wraps.

    friend bool operator==(sender_info const&, sender_info const&) = default;
};

/// What the reporter says about one source it hears.
struct report_block {
    ssrc_t source{};  ///< The source that it is about.
    std::uint8_t fraction_lost = 0;      ///< Since the previous report, in 1/256.
    std::int32_t cumulative_lost = 0;    ///< 24 bits signed; duplicates make it negative.
    std::uint32_t highest_sequence = 0;  ///< Extended: wrap-arounds in the high 16 bits.
    std::uint32_t jitter = 0;            ///< In RTP units.
    ntp32_t last_report{};               ///< LSR: the middle of the last sender report's time; 0 if there was none.
    ntp32_t delay{};                     ///< DLSR: from receiving that report to sending this one, in 1/65536 s.

    friend bool operator==(report_block const&, report_block const&) = default;
};

/// A received SR or RR. Borrows the bytes.
class report_view final {
public:
    [[nodiscard]] static parsed<report_view> parse(rtcp_packet const&) noexcept;  ///< Takes a packet apart.

    /// The source that reports.
    [[nodiscard]] ssrc_t reporter() const noexcept;
    /// Present in a sender report.
    [[nodiscard]] std::optional<sender_info> sender() const noexcept;
    [[nodiscard]] std::size_t block_count() const noexcept { return count_; }  ///< How many sources it reports on.
    /// One of them; index < block_count().
    [[nodiscard]] report_block block(std::size_t index) const noexcept;
    /// Profile-specific bytes after the blocks (RFC 3550 6.4.3).
    [[nodiscard]] std::span<const std::byte> profile_extension() const noexcept;

private:
    report_view(std::span<const std::byte> body, std::size_t blocks_at, std::size_t count) noexcept
        : body_(body), blocks_at_(blocks_at), count_(count) {}
    std::span<const std::byte> body_;
    std::size_t blocks_at_;
    std::size_t count_;
};

/// Append to a compound packet; at most 31 blocks. Error: too_large; the compound is then unchanged.
[[nodiscard]] error_code
append_sender_report(packet_buffer& compound, ssrc_t reporter, sender_info const&, std::span<const report_block>) noexcept;
[[nodiscard]] error_code
append_receiver_report(packet_buffer& compound, ssrc_t reporter, std::span<const report_block>) noexcept;

}  // namespace rtp
