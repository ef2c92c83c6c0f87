// Puts the packets of one stream back into order and into time: `put` takes them as the network delivers them, `get`
// hands them out at the pace of the audio device.
//
//     sender       |1|2|3|4|5|6|          one packet each 20 ms
//     network        1  2    43  6        later, unevenly, out of order, one lost
//     this buffer       1 2 3 4 . 6       each one `delay` after the fastest packet could have come
//
// The delay follows a delay_estimator (adaptive mode) or stands still (fixed mode). `correction` asks whoever holds the
// samples to stretch or compress them where nobody hears it. Besides, the delay grows where sound has to be invented
// because nothing came in time, and shrinks where packets are lost: less of them is concealed. Knows packets and times,
// no samples, no codecs. RFC 3550 (sequence numbers, timestamps, SSRC), RFC 3551 4.1 (silence suppression).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "rtp/buffer/delay_estimator.hpp"
#include "rtp/buffer/packet_ring.hpp"
#include "rtp/stats/media_time.hpp"
#include "rtp/stats/sequence.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet.hpp"

namespace rtp {

enum class jitter_mode : std::uint8_t { fixed, adaptive };

/// How long packets wait.
struct jitter_settings {
    clock_rate rate{8000};                               ///< Of the timestamps.
    jitter_mode mode = jitter_mode::adaptive;            ///< Whether the delay adapts.
    duration minimum = std::chrono::milliseconds(0);     ///< The adaptive delay stays within these two.
    duration maximum = std::chrono::milliseconds(300);   ///< The delay never grows beyond.
    duration normal = std::chrono::milliseconds(120);    ///< The fixed delay.
    duration start = std::chrono::milliseconds(60);      ///< The adaptive delay until the network is known.
    duration late_cost = std::chrono::milliseconds(20);  ///< The delay that one percent of late packets is worth.
    duration period = std::chrono::milliseconds(10);     ///< Silence and concealment come in pieces of this length.
    std::size_t capacity = 64;  ///< Packets; rounded up to a power of two, and to what the longest delay needs.
};

enum class put_result : std::uint8_t {
    queued,
    duplicate,  ///< Its sequence number has been here already.
    late,       ///< Its turn is over.
    held,       ///< Another SSRC, or numbers far from the others: kept aside until a second one like it follows.
    overflow,   ///< Queued, but it pushed out older packets that nobody had fetched.
    reset,      ///< Queued on a new time line: first packet, new SSRC, restarted numbers, changed route.
};

/// What is to be played next.
struct playout_frame {
    /// What is to be played.
    enum class kind : std::uint8_t {
        media,  ///< Decode `payload`.
        /// Invent `units` of sound: a packet is missing. With a payload, which is that of the packet right behind the
        /// hole: some codecs say in it what was in the packet before.
        conceal,
        /// Nothing is being said, or nothing has come for so long that inventing would be lying. With a payload, which
        /// is comfort noise (RFC 3389), it lasts no time but describes the silence that follows.
        silence,
    };
    /// What is to be played.
    kind what = kind::silence;
    /// Of media, comfort noise, or what follows a hole. Valid until the next call of `put` or `get`.
    std::span<const std::byte> payload{};
    /// The number on the wire.
    payload_type type{};
    /// How long this lasts, in clock units. For media: all of the payload.
    std::int64_t units = 0;
    /// Media only: this much of its beginning is to be decoded but not played, its time has passed.
    std::int64_t skip = 0;
    /// How far the delay is from where it should be, in clock units: positive asks to repeat samples, negative to drop
    /// some. A wish, to be granted where it is not heard.
    std::int64_t correction = 0;
};

/// Counts since construction; a reset does not clear them. All in packets unless said otherwise. Each queued packet
/// ends in exactly one of played, silent and discarded, unless it still waits or reset() has taken it.
struct jitter_statistics {
    std::uint64_t queued = 0;          ///< Packets that were taken.
    std::uint64_t played = 0;          ///< Packets that were handed out.
    std::uint64_t silent = 0;          ///< Comfort noise, and what is not audio: passed without a sound.
    std::uint64_t discarded = 0;       ///< Dropped unplayed: buffer full, delay above the maximum, new time line.
    std::uint64_t duplicates = 0;      ///< Packets that were there already.
    std::uint64_t late = 0;            ///< Packets whose time had passed.
    std::uint64_t lost = 0;            ///< Missing when their turn came. Those that came later count as late too.
    std::uint64_t strays = 0;          ///< Held, and never confirmed.
    std::uint64_t resets = 0;          ///< Times that the stream began anew.
    std::uint64_t empties = 0;         ///< How often the buffer ran dry during sound.
    std::int64_t media_units = 0;      ///< Handed out, in timestamp units.
    std::int64_t concealed_units = 0;  ///< Asked to be invented, in timestamp units.
    std::int64_t silent_units = 0;     ///< In which nothing was said, in timestamp units.
};

/// One stream, one thread. Allocates on construction only; packets are moved in and freed when played.
class jitter_buffer final {
public:
    explicit jitter_buffer(jitter_settings const&);  ///< An empty one.

    /// Takes a packet that came at `arrival`, a time that never goes back. `view` is of `packet`, `units` its length in
    /// clock units (0 for what is not audio). Refused packets are freed.
    put_result put(
        time_point arrival, packet_view const& view, packet_buffer packet, packet_content content, std::int64_t units
    ) noexcept;

    /// What to play next, fetched at `now` and heard after the `staged` clock units that the caller has fetched before
    /// but not played yet. Call it only when less than a period is staged: what comes later than now is too late.
    [[nodiscard]] playout_frame get(time_point now, std::int64_t staged = 0) noexcept;

    /// Forgets the stream and its packets; settings, counters and the learned delay stay.
    void reset() noexcept;

    /// The delay aimed at.
    [[nodiscard]] duration target_delay() const noexcept;
    /// The delay of what was handed out last, against the fastest packet: what buffering costs now.
    [[nodiscard]] duration delay() const noexcept { return delay_; }
    [[nodiscard]] std::size_t size() const noexcept { return ring_.size(); }  ///< How many there are.
    /// The numbers so far.
    [[nodiscard]] jitter_statistics const& statistics() const noexcept { return statistics_; }
    /// As they are in force.
    [[nodiscard]] jitter_settings const& settings() const noexcept { return settings_; }

private:
    enum class phase : std::uint8_t {
        idle,      // no packet has come
        starting,  // sound begins when the delay of the first packet has passed
        playing,
        quiet,  // the sender has said that it is silent, or sends something else
    };

    // A packet that does not fit the time line, and when it came.
    struct stray_packet {
        queued_packet packet;
        sequence_t sequence{};
        timestamp_t timestamp{};
        ssrc_t ssrc{};
        time_point arrival{};
    };

    // Where a packet falls on the time line: extended numbers, and how long after the anchor it came.
    struct place_in_time {
        std::int64_t sequence = 0;
        std::int64_t timestamp = 0;
        duration transit{0};
    };

    [[nodiscard]] place_in_time locate(time_point arrival, packet_view const&) const noexcept;
    [[nodiscard]] bool is_plausible(place_in_time const&, packet_content) const noexcept;
    [[nodiscard]] bool is_confirmed_by(time_point arrival, packet_view const&) const noexcept;
    put_result put_stray(time_point arrival, packet_view const&, queued_packet&&) noexcept;
    put_result put_known(time_point arrival, place_in_time const&, queued_packet&&) noexcept;
    put_result put_late(time_point arrival, queued_packet&&) noexcept;
    void start(time_point arrival, ssrc_t, sequence_t, timestamp_t, queued_packet&&) noexcept;
    bool make_room(std::int64_t sequence) noexcept;

    [[nodiscard]] bool play(time_point now, playout_frame&) noexcept;
    [[nodiscard]] bool pass_hole(time_point now, queued_packet const& later, playout_frame&) noexcept;
    void cut_back(duration delay, duration target) noexcept;
    [[nodiscard]] bool is_next_overdue(time_point now) const noexcept;
    [[nodiscard]] playout_frame run_dry(time_point now, std::int64_t staged) noexcept;
    [[nodiscard]] playout_frame conceal(std::int64_t units) noexcept;
    [[nodiscard]] playout_frame silence(std::int64_t units) noexcept;
    void lose_until(std::int64_t sequence) noexcept;

    [[nodiscard]] duration limit() const noexcept;
    [[nodiscard]] std::int64_t in_units(duration span) const noexcept { return to_units(span, settings_.rate); }
    // At 8, 16 and 32 kHz one multiplication: the divisions for other rates are a tenth of what a packet costs here.
    [[nodiscard]] duration length_of(std::int64_t units) const noexcept {
        return unit_ > duration::zero() ? units * unit_ : to_duration(units, settings_.rate);
    }
    [[nodiscard]] duration transit(time_point at, std::int64_t timestamp) const noexcept {
        return (at - anchor_time_) - length_of(timestamp - anchor_);
    }
    // The delay that something with this timestamp has if it is played at this time.
    [[nodiscard]] duration delay_of(time_point at, std::int64_t timestamp) const noexcept {
        return estimator_.delay(transit(at, timestamp));
    }

    // Above the limit by this much, packets are thrown away.
    static constexpr duration tolerance = std::chrono::milliseconds(40);

    jitter_settings settings_;
    duration unit_{0};  // of the clock, where it lasts whole nanoseconds; otherwise 0
    std::int64_t period_units_ = 0;
    delay_estimator estimator_;
    packet_ring ring_;
    queued_packet handed_out_;  // keeps its payload alive
    stray_packet stray_;

    phase phase_ = phase::idle;
    ssrc_t ssrc_{};
    sequence_extender sequences_;
    timestamp_extender timestamps_;
    time_point anchor_time_{};  // transit 0: this timestamp at this time
    std::int64_t anchor_ = 0;
    bool is_fresh_ = false;  // nothing of this time line has been fetched

    std::int64_t position_ = 0;      // the timestamp that plays next
    std::int64_t packet_units_ = 0;  // length of the last audio packet
    std::int64_t gap_ = 0;           // not media, since the last media
    std::int64_t waited_ = 0;        // invented while the packet whose turn it is was waited for
    duration newest_delay_{0};       // of the packet that came last
    time_point dry_at_{};            // when the buffer was last found empty during sound
    bool is_cutting_ = false;        // discarding, from above the limit down to the target
    std::uint32_t late_run_ = 0;     // late packets in a row
    time_point late_since_{};

    duration delay_{0};
    jitter_statistics statistics_;
};

}  // namespace rtp
