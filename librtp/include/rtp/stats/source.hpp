// What one remote SSRC sends us, judged and counted: is it a valid source, what is lost, how large is the jitter.
//
// Knows sequence numbers and times only. RFC 3550 6.4.1, A.1 (validity), A.3 (loss), A.8 (jitter); RFC 3611 4.6.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "rtp/stats/burst_gap.hpp"
#include "rtp/stats/media_time.hpp"
#include "rtp/stats/sequence.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet.hpp"
#include "rtp/wire/rtcp_xr_metrics.hpp"

namespace rtp {

/// When a source counts.
struct source_settings {
    int min_sequential = 2;           ///< Packets in sequence that make a source valid.
    std::int32_t max_dropout = 3000;  ///< A jump ahead of at least this many may be a restart.
    std::int32_t max_misorder = 100;  ///< Packets older than this may be a restart.
};

/// What happened from one report to the next.
struct reception_interval {
    sequence_t begin{};  ///< The first sequence number of the interval.
    sequence_t end{};    ///< The one after its last.
    std::int64_t expected = 0;  ///< Packets.
    std::int64_t received = 0;  ///< Duplicates and late ones included.
    /// Packets that came twice.
    std::uint32_t duplicates = 0;
    /// Of the differences in transit time between packets that followed one another (RFC 3611 4.6), in RTP units.
    std::optional<xr_spread<std::uint32_t>> jitter;

    /// In 1/256; 0 where duplicates outnumber what was lost.
    [[nodiscard]] std::uint8_t fraction_lost() const noexcept;
};

/// What is known of one source (RFC 3550 A.1, A.3, A.8).
class source final {
public:
    /// What a packet is worth.
    enum class verdict : std::uint8_t {
        probation,  ///< Not valid yet: do not use the packet.
        validated,  ///< Valid from this packet on: use it.
        ordinary,
        duplicate,  ///< Seen already within the last 64: do not use it.
        jump,       ///< Far away from the sequence: do not use it; a second one in sequence makes it a restart.
        restart,    ///< The sender started again: use the packet, forget what was before.
    };

    /// Before its first packet.
    explicit source(clock_rate rate, source_settings settings = {}) noexcept : settings_(settings), rate_(rate) {}

    /// The next packet of it.
    verdict on_packet(time_point arrival, sequence_t, timestamp_t) noexcept;
    /// Media of another clock: jitter starts anew (RFC 7160 4.1).
    void set_clock_rate(clock_rate) noexcept;

    /// True once it is past probation.
    [[nodiscard]] bool is_valid() const noexcept { return started_ && probation_ == 0; }
    /// All since validity or restart; duplicates and late ones count, as RFC 3550 A.3 wants.
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
    /// Packets so far, by their numbers.
    [[nodiscard]] std::uint64_t expected() const noexcept;
    /// Negative if duplicates outnumber what was lost.
    [[nodiscard]] std::int64_t lost() const noexcept;
    /// Highest sequence number with its cycles.
    [[nodiscard]] std::uint32_t extended_highest() const noexcept { return static_cast<std::uint32_t>(highest_); }
    /// Interarrival jitter in RTP units.
    [[nodiscard]] std::uint32_t jitter() const noexcept;
    [[nodiscard]] clock_rate rate() const noexcept { return rate_; }  ///< Of its timestamps.

    /// Since the previous call, or since validity or restart. Call it once for each report.
    [[nodiscard]] reception_interval take_interval() noexcept;

    /// The jitter buffer threw a packet away that had been received.
    void on_discarded(sequence_t) noexcept;
    /// How losses and discards are spread, over the whole life of the source.
    [[nodiscard]] loss_figures losses() const noexcept { return trace_.figures(); }

private:
    class spread_meter {
    public:
        void add(std::uint32_t value) noexcept;
        [[nodiscard]] std::optional<xr_spread<std::uint32_t>> take() noexcept;

    private:
        std::uint32_t count_ = 0;
        std::uint32_t least_ = std::numeric_limits<std::uint32_t>::max();
        std::uint32_t largest_ = 0;
        double sum_ = 0;
        double sum_of_squares_ = 0;
    };

    void start_counting(sequence_t) noexcept;
    verdict on_valid_packet(sequence_t) noexcept;
    bool is_known(std::int64_t behind) noexcept;
    void measure_jitter(time_point arrival, timestamp_t) noexcept;

    source_settings settings_;
    clock_rate rate_;
    bool started_ = false;
    int probation_ = 0;           // packets in sequence still wanted
    sequence_t expected_next_{};  // while on probation
    std::int64_t base_ = 0;       // extended sequence number of the first packet counted
    std::int64_t highest_ = 0;    // extended
    std::int32_t suspect_ = -1;   // after a jump: the number that would confirm a restart; -1 for none
    std::uint64_t window_ = 0;    // bit n: highest_ - n was received
    std::uint64_t received_ = 0;
    std::uint64_t expected_prior_ = 0;
    std::uint64_t received_prior_ = 0;
    bool has_transit_ = false;
    std::uint32_t transit_ = 0;  // arrival minus timestamp, in RTP units modulo 2^32
    std::uint64_t jitter_times_16_ = 0;
    std::int64_t interval_begin_ = 0;  // extended
    std::uint32_t interval_duplicates_ = 0;
    spread_meter interval_jitter_;
    packet_trace trace_;
};

}  // namespace rtp
