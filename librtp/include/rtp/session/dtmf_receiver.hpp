// Understands received telephone events: of the many reports about one digit, some lost, late or repeated, it makes one
// start and one end. RFC 4733 2.5.2.
//
// A digit is known by its RTP timestamp. Reports of a digit that is over are ignored, however late they come.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "rtp/session/outbox.hpp"
#include "rtp/session/telephone_event.hpp"
#include "rtp/stats/media_time.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet.hpp"

namespace rtp {

/// Digits out of telephone events (RFC 4733 2.5.2).
class dtmf_receiver final {
public:
    /// A digit that is silent so long has ended.
    explicit dtmf_receiver(duration timeout) noexcept : timeout_(timeout) {}

    /// A telephone-event packet of a valid source. digit_started and digit_ended land in the outbox. False if the
    /// payload is malformed.
    bool on_packet(time_point now, clock_rate, timestamp_t, bool marker, std::span<const std::byte> payload, outbox&);
    void on_timeout(time_point now, outbox&);  ///< Runs what is due.
    /// When on_timeout() has something to do; nothing: never.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;
    /// Another source speaks, or nobody listens any more: the digit that is going on ends, and timestamps mean
    /// something else now.
    void on_source_changed(outbox&);

private:
    enum class state : std::uint8_t { going_on, ended, timed_out };
    struct digit {
        event_code event{};
        clock_rate rate{};
        timestamp_t segment{};               // where the current segment started
        std::uint16_t segment_duration = 0;  // as last reported
        std::int64_t earlier_units = 0;      // in the segments before
        time_point last_heard;
        dtmf_receiver::state state = state::going_on;
    };

    void on_report(time_point now, clock_rate, timestamp_t, bool marker, telephone_event const&, outbox&);
    void start(time_point now, clock_rate, timestamp_t, telephone_event const&, outbox&);
    [[nodiscard]] bool is_next_segment(timestamp_t, bool marker, event_code) const noexcept;
    void finish(digit_ended::cause, outbox&);

    duration timeout_;
    std::optional<digit> latest_;  // going on, or over and kept to recognise its stragglers
};

}  // namespace rtp
