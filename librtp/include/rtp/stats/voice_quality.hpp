// What a listener would think of a stream, from what was measured of it: R factors and mean opinion scores for
// listening and for conversation, or nothing while too little is known. ITU-T G.107 and G.113 by e_model.hpp.
//
// The scale is that of narrow-band telephony. For codecs without published impairment factors on it (among them every
// wide-band one) no opinion is given.
#pragma once

#include <optional>
#include <string_view>

#include "rtp/stats/burst_gap.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/rtcp_xr_metrics.hpp"

namespace rtp {

/// How a codec stands in the E-model.
struct codec_impairment {
    double ie = 0;   ///< Equipment impairment factor, without loss.
    double bpl = 1;  ///< Packet-loss robustness factor.

    friend bool operator==(codec_impairment const&, codec_impairment const&) = default;
};

/// By the encoding name of SDP, in any case. Values of ITU-T G.113 (11/2007) appendix I; for G.711 those with packet
/// loss concealment, which we have.
[[nodiscard]] std::optional<codec_impairment> impairment_of(std::string_view encoding_name) noexcept;

/// What is known of the way that voice takes to us.
struct voice_measurements {
    loss_figures losses;  ///< What was missing.
    std::optional<codec_impairment> codec;  ///< Nothing: not known for this codec.
    /// Between the ends.
    std::optional<duration> round_trip;
    /// Ours: collecting and encoding a frame, the jitter buffer, decoding. The peer's is taken to be the same unless it
    /// has told.
    duration end_system_delay{0};
    std::optional<duration> peer_end_system_delay;  ///< Inside the peer.
};

/// From the mouth there to the ear here (RFC 3611 4.7.3). Nothing while the round trip is unknown.
[[nodiscard]] std::optional<duration> one_way_delay(voice_measurements const&) noexcept;

/// What listeners think (ITU-T G.107).
struct voice_quality {
    std::optional<double> listening_r;       ///< Without the effects of delay; 0..100.
    std::optional<double> conversational_r;  ///< With them; needs the round trip.
    std::optional<double> mos_lq;            ///< 1..4.5
    std::optional<double> mos_cq;  ///< With the delay.
};

/// Everything is absent until a packet was expected and the codec is one of the table.
[[nodiscard]] voice_quality estimate_quality(voice_measurements const&) noexcept;

/// What the jitter buffer does, in the terms of RFC 3611 4.7.6 and 4.7.7.
struct playout_configuration {
    concealment_kind concealment = concealment_kind::unspecified;  ///< How lost packets are hidden.
    jitter_buffer_kind jitter_buffer = jitter_buffer_kind::unknown;  ///< Whether it adapts.
    duration nominal{0};  ///< Delay of a packet without jitter.
    duration maximum{0};  ///< Delay of a packet that comes early.
    duration absolute_maximum{0};  ///< Where the delay never goes beyond.
};

/// The block that says all of it to the peer. Levels and echo are left unavailable.
[[nodiscard]] xr_voip_metrics
to_voip_metrics(ssrc_t source, voice_measurements const&, duration packet_time, playout_configuration const&) noexcept;

}  // namespace rtp
