// Sends telephone events: decides when a report goes out and what it says. RFC 4733 2.5.1.
//
//     time      0     P    2P    3P    4P    5P    6P             D = 5P, P = packet period
//     duration  P    2P    3P    4P    5P    5P    5P             all with the timestamp of time 0
//     bits      M                       E     E     E
//
// A report says how long the event has lasted at the end of the period it opens, as an audio packet would. Knows no RTP
// header but the timestamp; sequence numbers are the session's.
#pragma once

#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "rtp/error.hpp"
#include "rtp/session/settings.hpp"
#include "rtp/session/telephone_event.hpp"
#include "rtp/stats/media_time.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet.hpp"

namespace rtp {

/// One report to send.
struct dtmf_packet {
    telephone_event report;  ///< Its payload.
    timestamp_t timestamp;  ///< Of the digit's beginning.
    bool marker;  ///< Set in the first report of a digit.
};

/// Digits into telephone events (RFC 4733 2.5.1).
class dtmf_sender final {
public:
    static constexpr std::size_t max_waiting = 32;  ///< Further digits are refused.
    /// RFC 4733 leaves it open; detectors need this.
    static constexpr duration shortest_digit = std::chrono::milliseconds(40);

    /// Nothing waits yet.
    explicit dtmf_sender(session_settings::dtmf const& settings) noexcept : settings_(settings) {}

    /// Puts an event behind those that wait. Without a length it lasts until release(). Error: queue_full.
    [[nodiscard]] error_code queue(event_code, std::optional<duration> length);
    /// Ends the event queued last without a length: now if it is being sent, else after the shortest time once its turn
    /// comes.
    void release(time_point now) noexcept;
    /// Forgets what waits, and ends the digit that is being sent.
    void clear() noexcept;
    /// From the next report on.
    void set_packet_period(duration period) noexcept { settings_.packet_period = period; }

    /// The report to send now, if one is due. A new event takes `next_timestamp` as its own. One report for each call:
    /// a caller that comes late misses reports, not time.
    [[nodiscard]] std::optional<dtmf_packet> on_timeout(time_point now, clock_rate, timestamp_t next_timestamp);
    /// In the past while an event waits that may start at once.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    /// Reports of an event are going out: audio has to keep quiet.
    [[nodiscard]] bool is_active() const noexcept { return active_; }
    [[nodiscard]] bool has_work() const noexcept { return !waiting_.empty(); }  ///< True while digits wait.

private:
    enum class phase : std::uint8_t { running, segment_end, ending };
    struct waiting_event {
        event_code event;
        std::optional<duration> length;
    };

    void begin(time_point now, timestamp_t) noexcept;
    [[nodiscard]] std::uint32_t choose_duration(time_point now, clock_rate) noexcept;
    void after_repeat(time_point now) noexcept;

    session_settings::dtmf settings_;
    boost::container::static_vector<waiting_event, max_waiting> waiting_;  // the first is the active one, if any is
    time_point not_before_{};                                              // the pause after the previous event

    bool active_ = false;
    bool first_packet_ = false;
    phase phase_ = phase::running;
    std::uint8_t repeats_left_ = 0;
    time_point start_;
    time_point next_packet_;
    timestamp_t segment_timestamp_{};
    std::int64_t segment_offset_ = 0;  // units of the event before this segment
    std::int64_t told_ = 0;            // units of the event in the last report; never shrinks
};

}  // namespace rtp
