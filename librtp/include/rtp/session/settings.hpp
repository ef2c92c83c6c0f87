// What a session is told: by configuration at its start, by SDP at the start and at every re-INVITE.
#pragma once

#include <boost/container/small_vector.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "rtp/endpoint.hpp"
#include "rtp/stats/media_time.hpp"
#include "rtp/stats/voice_quality.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet.hpp"
#include "rtp/wire/rtcp.hpp"

namespace rtp {

/// Which of the two ports of a media line. With rtcp-mux everything goes by `rtp`.
enum class component : std::uint8_t { rtp, rtcp };

/// From our side, as negotiated (RFC 3264 5.1).
enum class direction : std::uint8_t { inactive, send_only, receive_only, send_receive };

[[nodiscard]] constexpr bool can_send(direction d) noexcept {
    return d == direction::send_only || d == direction::send_receive;
}
[[nodiscard]] constexpr bool can_receive(direction d) noexcept {
    return d == direction::receive_only || d == direction::send_receive;
}

/// Whether silence from the peer means that it is gone. A peer that holds us, or that we hold, owes us nothing.
enum class peer_media : std::uint8_t { expected, optional };

enum class rtcp_transport : std::uint8_t {
    separate_port,
    multiplexed,  ///< RFC 5761
    off,          ///< Neither sent nor read (bandwidth modifiers of zero, RFC 3556 2).
};

/// When reports may be sent: by the rules of RFC 3550 alone, or feedback also before its turn (RFC 4585).
enum class rtcp_profile : std::uint8_t { avp, avpf };

/// What both descriptions agreed on about RTCP, beyond RFC 3550.
struct rtcp_features {
    /// AVP or AVPF.
    rtcp_profile profile = rtcp_profile::avp;
    /// T_rr_interval: the least time between two reports without feedback under AVPF (RFC 4585 3.4 m; trr-int). Zero:
    /// no such limit. At most a minute.
    duration regular_minimum{0};
    rtcp_form form = rtcp_form::compound;  ///< Whether feedback may travel without a report (RFC 5506; rtcp-rsize).
    bool sends_generic_nack = false;       ///< The peer takes generic NACKs (rtcp-fb: nack).
    // Extended reports that the peer asked for (RFC 3611 5.1).
    bool measures_round_trip = false;  ///< Also while we send no media (rcvr-rtt).
    bool sends_statistics_summary = false;  ///< RFC 3611 4.6.
    bool sends_voip_metrics = false;  ///< RFC 3611 4.7.
};

/// What the session cannot know of how received media is played; for extended reports and opinion scores.
struct playout_description {
    std::optional<codec_impairment> codec;  ///< Of what is received; absent if its factors are not known.
    /// Of what we send.
    duration packet_time = std::chrono::milliseconds(20);
    /// From the microphone to the network and from the network to the ear (RFC 3611 4.7.3).
    duration end_system_delay{0};
    playout_configuration configuration;  ///< Of the jitter buffer, for reports.
};

/// Symmetric RTP (RFC 4961) for a peer behind a NAT, whose SDP names an address that cannot be reached.
enum class latching : std::uint8_t {
    off,   ///< Send to where the peer's SDP says, always.
    once,  ///< Send to where the first valid packets come from; never again until the next set_remote().
};

enum class payload_use : std::uint8_t { audio, telephone_event };

/// One payload type that we said we accept.
struct payload_mapping {
    payload_type type{};  ///< The number on the wire.
    clock_rate rate{8000};  ///< Of the timestamps.
    payload_use use = payload_use::audio;  ///< Audio, digits or comfort noise.
};

/// A telephone-event format that the peer accepts.
struct event_format {
    payload_type type{};  ///< The number on the wire.
    /// Of the timestamps.
    clock_rate rate{8000};
    /// Bit n: the peer takes event n (its fmtp list). Without a list it takes all sixteen digits (RFC 4733 2.5.1.1).
    std::uint16_t accepted = 0xFFFF;
};

/// What payload types mean.
struct payload_map {
    /// In what we get.
    boost::container::small_vector<payload_mapping, 8> receive;
    /// Empty: the peer takes no telephone events. The rate must be that of the audio beside it (RFC 4733 2.5.1.2).
    std::optional<event_format> send_events;
    clock_rate send_rate{8000};  ///< Of the audio that will be given to send().
    /// How long its packets last: digits are reported as often (RFC 4733 2.5.1.2). 5 to 200 ms; missing or beyond:
    /// session_settings::dtmf::packet_period.
    std::optional<duration> packet_time = std::nullopt;
};

/// Addresses from the peer's SDP. An endpoint that is not usable means: nothing can be sent there.
struct remote_addresses {
    endpoint rtp;  ///< For media.
    endpoint rtcp;  ///< Ignored when multiplexed.
};

/// What stays for a session's life.
struct session_settings {
    /// RFC 7022: the same for all media of one call, not traceable. At most 255 bytes, not empty.
    std::string cname;
    rtcp_transport rtcp = rtcp_transport::separate_port;  ///< Where RTCP goes.
    /// Whether the peer's address is learned from its packets.
    latching latch = latching::off;
    /// Of RTP with IP and UDP headers, for all participants, in bits per second; RTCP takes 5 % of it (RFC 3550 6.2).
    std::uint32_t session_bandwidth = 160'000;
    /// The fixed minimum between two reports (RFC 3550 6.2 recommends 5 s); at least 100 ms.
    duration rtcp_minimum = std::chrono::seconds(5);
    /// Silence of an expected peer after which `media_timed_out` is reported. Zero: never.
    duration media_timeout = std::chrono::seconds(0);
    /// A peer that was heard and is silent this long may come back from another address (a handover without
    /// re-INVITE). Zero: never, only a re-INVITE moves it.
    duration relearn_after = std::chrono::seconds(0);

    /// How digits are sent.
    struct dtmf {
        duration packet_period = std::chrono::milliseconds(20);  ///< Between two reports: the packet time of the audio.
        duration pause = std::chrono::milliseconds(70);          ///< From the end of a digit to the next, at least.
        std::uint8_t volume = 10;                                ///< 0..63, in -dBm0.
        std::uint8_t end_packets = 3;                            ///< 1..3 (RFC 4733 2.5.1.4 recommends 3).
        /// A received digit without news for this long has ended, its last reports being lost (RFC 4733 2.5.2.2).
        duration receive_timeout = std::chrono::milliseconds(200);
    } digits;  ///< How digits are sent.
};

}  // namespace rtp
