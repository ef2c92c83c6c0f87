// How losses are spread: bursts, in which they are heard, and the gaps between, in which they are not. RFC 3611 4.7.2.
//
// loss_pattern counts fates in the order of the sequence numbers. packet_trace brings packets into that order: it waits
// for stragglers, and for the jitter buffer to say what came too late.
#pragma once

#include <array>
#include <cstdint>

#include "rtp/time.hpp"

namespace rtp {

enum class packet_fate : std::uint8_t {
    lost,       ///< Never came.
    received,   ///< Came, and was played for all we know.
    discarded,  ///< Came, but too late or too early to be played.
};

/// Counts of packets since the start.
struct loss_figures {
    std::uint64_t expected = 0;  ///< Packets.
    std::uint64_t lost = 0;  ///< Packets that never came.
    std::uint64_t discarded = 0;  ///< Packets that came too late.
    std::uint64_t missing_runs = 0;  ///< Runs of packets lost or discarded without one between that was played.

    std::uint64_t bursts = 0;  ///< Stretches of dense loss.
    std::uint64_t burst_packets = 0;  ///< Of all bursts, the missing ones included.
    std::uint64_t burst_missing = 0;  ///< Lost or discarded within bursts.

    [[nodiscard]] std::uint64_t missing() const noexcept { return lost + discarded; }  ///< Lost or discarded.
    /// Packets outside of bursts.
    [[nodiscard]] std::uint64_t gap_packets() const noexcept { return expected - burst_packets; }

    /// Fractions in 0..1; 0 where nothing was counted.
    [[nodiscard]] double loss_rate() const noexcept;
    [[nodiscard]] double discard_rate() const noexcept;  ///< 0 to 1.
    [[nodiscard]] double missing_rate() const noexcept;  ///< 0 to 1.
    [[nodiscard]] double burst_density() const noexcept;  ///< Missing share of bursts, 0 to 1.
    /// Missing share of gaps, 0 to 1.
    [[nodiscard]] double gap_density() const noexcept;
    /// Means; zero where there was none. What lies before the first burst and after the last is one gap, as in the
    /// RFC's example and its A.2.
    [[nodiscard]] duration burst_duration(duration packet_time) const noexcept;
    /// Mean length of a gap.
    [[nodiscard]] duration gap_duration(duration packet_time) const noexcept;
    /// G.107's BurstR: the mean length of a run of missing packets against that of losses that know nothing of one
    /// another. 1 for those, and where nothing is missing; never below 1.
    [[nodiscard]] double burst_ratio() const noexcept;
};

/// Bursts and gaps (RFC 3611 4.7.2).
class loss_pattern final {
public:
    static constexpr std::uint8_t default_gap_threshold = 16;  ///< As RFC 3611 recommends.

    /// `gap_threshold` is Gmin: so many packets played in a row end a burst. At least 1.
    explicit loss_pattern(std::uint8_t gap_threshold = default_gap_threshold) noexcept;

    /// The next packet in sequence.
    void count(packet_fate) noexcept;
    /// So far, as if Gmin packets followed that are played (RFC 3611 4.7.2).
    [[nodiscard]] loss_figures figures() const noexcept;
    /// Packets in a row that end a burst.
    [[nodiscard]] std::uint8_t gap_threshold() const noexcept { return gap_threshold_; }

private:
    void close_candidate(loss_figures&) const noexcept;

    std::uint8_t gap_threshold_;
    loss_figures closed_;
    // From the first missing packet after a gap to the last one seen: a burst if there is a second one.
    std::uint64_t candidate_missing_ = 0;
    std::uint64_t candidate_packets_ = 0;
    std::uint64_t played_since_ = 0;  // in a row, since the last missing one
};

/// The fates of the newest packets, for loss reports.
class packet_trace final {
public:
    /// A packet's fate is settled when this many have followed it: more than any jitter buffer holds.
    static constexpr std::int64_t depth = 128;

    /// `extended` is the packet's extended sequence number. What is older than `depth` changes nothing any more.
    void on_received(std::int64_t extended) noexcept;
    /// The jitter buffer threw it away.
    void on_discarded(std::int64_t extended) noexcept;
    /// Other sequence numbers follow. What waits is settled as it stands; the figures go on.
    void restart() noexcept;

    /// Those that still wait are counted as they stand, up to the highest one received.
    [[nodiscard]] loss_figures figures() const noexcept;

private:
    void settle_until(std::int64_t end) noexcept;

    loss_pattern settled_;
    std::array<packet_fate, depth> fates_{};  // of base_ .. end_ - 1, by sequence number modulo depth
    std::int64_t base_ = 0;                   // the first that is not settled
    std::int64_t end_ = 0;                    // one after the highest received
    bool is_started_ = false;
};

}  // namespace rtp
