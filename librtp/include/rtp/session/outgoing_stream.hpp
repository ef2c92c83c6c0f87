// Our own source: SSRC, sequence number, media clock and what was sent. RFC 3550 5.1, 6.4.1.
//
// The media clock moves by the duration of each frame. When frames stop coming (mute, hold, a device that pauses) it
// follows real time, so that silence has its right length at the peer.
#pragma once

#include <cstdint>

#include "rtp/environment.hpp"
#include "rtp/stats/media_time.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet.hpp"

namespace rtp {

/// Sequence numbers and timestamps of what we send.
class outgoing_stream final {
public:
    /// Frames may come this much late, as bursts of a busy machine do, before it counts as a gap.
    static constexpr duration tolerated_delay = std::chrono::milliseconds(200);

    /// Draws SSRC, sequence number and timestamp at random (RFC 3550 5.1).
    outgoing_stream(time_point now, environment&);

    /// Where a packet begins.
    struct frame_start {
        timestamp_t timestamp;  ///< Of its first sample.
        bool is_after_gap;  ///< The marker is set.
    };
    /// A frame that lasts `units`: its timestamp. Call it also for frames that will not be sent.
    frame_start begin_frame(time_point now, std::uint32_t units) noexcept;
    /// Audio that went out in another form, as telephone events, lasted until `timestamp`.
    void skip_to(time_point now, timestamp_t) noexcept;

    /// The timestamp that a frame beginning now would get.
    [[nodiscard]] timestamp_t next_timestamp(time_point now) const noexcept;
    /// Media time of this instant, for sender reports.
    [[nodiscard]] timestamp_t timestamp_at(time_point now) const noexcept;

    /// For the packet that is sent next; on_sent() moves on.
    [[nodiscard]] sequence_t next_sequence() const noexcept { return next_sequence_; }
    void on_sent(time_point now, std::size_t payload_size) noexcept;  ///< One packet has left.

    /// RFC 3550 8.2: another SSRC; the counters of the sender report start again (6.4.1).
    void change_ssrc(ssrc_t) noexcept;
    void set_rate(time_point now, clock_rate) noexcept;  ///< The clock of the payload type from now on.

    [[nodiscard]] ssrc_t ssrc() const noexcept { return ssrc_; }  ///< Ours.
    [[nodiscard]] clock_rate rate() const noexcept { return rate_; }  ///< Of the timestamps.
    [[nodiscard]] std::uint32_t packets() const noexcept { return packets_; }  ///< Sent so far.
    [[nodiscard]] std::uint32_t octets() const noexcept { return octets_; }  ///< Of payload, sent so far.
    [[nodiscard]] bool has_sent() const noexcept { return has_sent_; }  ///< True after the first packet.
    [[nodiscard]] time_point last_sent() const noexcept { return last_sent_; }  ///< When the newest packet left.

private:
    [[nodiscard]] bool is_gap(time_point now) const noexcept;

    ssrc_t ssrc_;
    sequence_t next_sequence_;
    clock_rate rate_{8000};
    timestamp_t frame_timestamp_;  // of the last frame, or the random start
    time_point frame_time_;        // when that frame was handed in
    std::uint32_t frame_units_ = 0;
    bool has_begun_ = false;

    std::uint32_t packets_ = 0;
    std::uint32_t octets_ = 0;
    bool has_sent_ = false;
    time_point last_sent_{};
};

}  // namespace rtp
