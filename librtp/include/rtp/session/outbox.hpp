// Everything that a session has to say after an input: datagrams to send, media for the jitter buffer, events for the
// call.
//
// Owned by the caller and reused, so that the steady packet path allocates nothing. The caller sends the datagrams in
// order, passes the media on, then looks at the events, then clears. Nothing in here points into the session.
#pragma once

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "rtp/crypto/suite.hpp"
#include "rtp/endpoint.hpp"
#include "rtp/session/settings.hpp"
#include "rtp/session/telephone_event.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet.hpp"
#include "rtp/wire/packet_buffer.hpp"
#include "rtp/wire/rtcp_report.hpp"
#include "rtp/wire/rtcp_xr_metrics.hpp"

namespace rtp {

/// A datagram to send.
struct send_datagram {
    component via{};  ///< RTP or RTCP.
    endpoint to;  ///< Where to.
    packet_buffer packet;  ///< The bytes.
};

/// A packet of the source that is being heard, with a payload type of the map; never a duplicate within the last 64.
/// Telephone events come too, besides being understood here, so that the jitter buffer does not take their sequence
/// numbers for lost audio.
struct received_media {
    time_point arrival;  ///< When it was received.
    payload_use use;  ///< What its payload type means here.
    packet_view view;  ///< Of `packet`; valid as long as the packet is kept, also when it is moved.
    packet_buffer packet;  ///< The bytes.
};

/// The first valid packets of the peer, after the start of the session or a set_remote().
struct media_started {
    ssrc_t source;  ///< The source that it is about.
    endpoint from;  ///< The sender's address.
};

/// What comes from now on has nothing to do with the sequence numbers and timestamps before: forget the jitter buffer's
/// content.
struct source_changed {
    ssrc_t source;  ///< The source that it is about.
    /// Why.
    enum class cause : std::uint8_t {
        new_source,  ///< Another SSRC took over.
        restart,     ///< The same SSRC jumped to other sequence numbers (RFC 3550 A.1).
    } why;  ///< The cause.
};

/// For each digit of the peer exactly one digit_started, and then exactly one digit_ended.
struct digit_started {
    event_code event;  ///< The digit.
    std::uint8_t volume;  ///< In dB below full scale.
};
/// The digit is over.
struct digit_ended {
    event_code event;  ///< The digit.
    duration length;  ///< Of the digit itself, as far as the peer reported it.
    /// Why.
    enum class cause : std::uint8_t {
        reported,   ///< By a packet with the end bit.
        timed_out,  ///< All packets with the end bit were lost.
        replaced,   ///< The next digit came first, or the source changed.
    } why;  ///< The cause.
};

/// Once for each silence; see session_settings::media_timeout.
struct media_timed_out {
    duration silent_for;  ///< How long nothing has come.
};
struct media_resumed {};

/// Where RTP is sent from now on: learned from the peer's packets (symmetric RTP).
struct remote_learned {
    component via;  ///< RTP or RTCP.
    endpoint to;  ///< Where to.
};

/// Another participant used our SSRC; ours is new now (RFC 3550 8.2).
struct local_source_changed {
    ssrc_t source;  ///< The source that it is about.
};

/// A source says that it leaves.
struct remote_bye {
    ssrc_t source;  ///< The source that it is about.
    std::string reason;  ///< For people; may be empty.
};

/// A report of the peer about what it hears of us.
struct report_received {
    ssrc_t reporter;  ///< The source that reports.
    report_block about_us;  ///< What it hears of us.
    std::optional<duration> round_trip;  ///< Absent until the peer has answered one of our sender reports.
};

/// What the peer makes of what it hears of us (RFC 3611 4.7).
struct voip_metrics_received {
    ssrc_t reporter;  ///< The source that reports.
    xr_voip_metrics about_us;  ///< What it hears of us.
};

/// The key that protects what we send is nearly used up; without a new one sending will end (RFC 3711 9.2).
struct key_expires_soon {
    std::uint64_t packets_left;  ///< That the key may still protect.
};

/// A DTLS handshake is done: media is secure on this port from now on.
struct media_secured {
    component via;  ///< RTP or RTCP.
    crypto_suite suite;  ///< What was agreed on.
};

/// A DTLS handshake failed, or the peer closed its association. After a failure nothing is sent and nothing heard on
/// this port until another description.
struct security_failed {
    component via;  ///< RTP or RTCP.
    std::string reason;  ///< For a log or a display.
};

using event = std::variant<
    media_started, source_changed, digit_started, digit_ended, media_timed_out, media_resumed, remote_learned,
    local_source_changed, remote_bye, report_received, voip_metrics_received, key_expires_soon, media_secured,
    security_failed>;

/// What follows from one input.
struct outbox {
    boost::container::small_vector<send_datagram, 4> datagrams;  ///< To be sent in this order.
    boost::container::small_vector<received_media, 4> media;  ///< For the jitter buffer.
    boost::container::small_vector<event, 4> events;  ///< For the call.

    /// Empties all three.
    void clear() noexcept {
        datagrams.clear();
        media.clear();
        events.clear();
    }
};

}  // namespace rtp
