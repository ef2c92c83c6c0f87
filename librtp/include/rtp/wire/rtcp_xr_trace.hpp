// The extended reports that tell of each packet: run-length encoded traces of losses or duplicates, and arrival times.
// Read only: nobody here sends them. RFC 3611 4.1 to 4.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/error.hpp"
#include "rtp/wire/rtcp_xr.hpp"

namespace rtp {

/// What all three blocks say about whom they describe.
struct xr_interval {
    ssrc_t source{};  ///< The source that it is about.
    sequence_t begin{};         ///< The first sequence number of the interval.
    sequence_t end{};           ///< The one after its last.
    std::uint8_t thinning = 0;  ///< Only multiples of 2^thinning are reported on.

    /// How many packets the block reports on.
    [[nodiscard]] std::size_t reported_packets() const noexcept;
    /// The sequence number of the report with this index, counted from 0.
    [[nodiscard]] sequence_t sequence(std::size_t index) const noexcept;

    friend bool operator==(xr_interval const&, xr_interval const&) = default;
};

/// Walks a loss or duplicate trace, one bit for each reported packet: in a loss trace true means received, in a
/// duplicate trace true means that no duplicate came. Borrows the bytes.
class xr_trace_reader final {
public:
    /// Errors: bad_rtcp_item for a block too short, or an interval of 65,534 packets or more.
    [[nodiscard]] static parsed<xr_trace_reader> parse(xr_block const&) noexcept;

    /// The numbers that it tells of.
    [[nodiscard]] xr_interval const& interval() const noexcept { return interval_; }

    /// One packet.
    struct bit {
        sequence_t sequence{};  ///< Its number.
        bool value = false;  ///< True: it came.
    };
    /// The next packet of the trace; nothing at its end, or where the chunks end early.
    [[nodiscard]] std::optional<bit> next() noexcept;

private:
    explicit xr_trace_reader(xr_interval const& interval, std::span<const std::byte> chunks) noexcept
        : interval_(interval), chunks_(chunks) {}
    [[nodiscard]] bool load_chunk() noexcept;

    xr_interval interval_;
    std::span<const std::byte> chunks_;
    std::size_t index_ = 0;    // of the next packet
    std::uint16_t chunk_ = 0;  // the one being read
    std::uint16_t left_ = 0;   // bits of it still to come
};

/// A received packet receipt times block. Borrows the bytes.
class receipt_times_view final {
public:
    /// Error: bad_rtcp_item where there is not one time for each packet of the interval.
    [[nodiscard]] static parsed<receipt_times_view> parse(xr_block const&) noexcept;

    /// The numbers that it tells of.
    [[nodiscard]] xr_interval const& interval() const noexcept { return interval_; }
    /// How many there are.
    [[nodiscard]] std::size_t size() const noexcept { return times_.size() / 4; }
    /// When the packet interval().sequence(index) came, on the receiver's clock in RTP units.
    [[nodiscard]] timestamp_t operator[](std::size_t index) const noexcept;  // index < size()

private:
    receipt_times_view(xr_interval const& interval, std::span<const std::byte> times) noexcept
        : interval_(interval), times_(times) {}
    xr_interval interval_;
    std::span<const std::byte> times_;
};

}  // namespace rtp
