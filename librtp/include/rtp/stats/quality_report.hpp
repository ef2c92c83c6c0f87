// The voice quality report of RFC 6035: what a phone tells a collector about a call, as the body of a PUBLISH or NOTIFY
// (application/vq-rtcpxr). Values, writing and reading; sending it is SIP's matter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rtp/endpoint.hpp"
#include "rtp/error.hpp"
#include "rtp/stats/voice_quality.hpp"
#include "rtp/time.hpp"
#include "rtp/wire/packet.hpp"
#include "rtp/wire/rtcp_xr_metrics.hpp"

namespace rtp {

/// What one side measured (RFC 6035 4.6.2). What is absent or empty is not written. Rates in percent, times in
/// milliseconds, levels in dBm0.
struct quality_metrics {
    using number = std::optional<std::uint32_t>;  ///< Nothing: not known.

    wall_point start{};  ///< Whole seconds are written.
    wall_point stop{};  ///< The end of the time reported on.

    number payload_type;  ///< PT.
    std::string payload_name;  ///< As in an rtpmap.
    number sample_rate;  ///< SR, in Hz.
    number frame_duration;  ///< FD, in milliseconds.
    number frame_octets;  ///< FO.
    number frames_per_packet;  ///< FPP.
    number packets_per_second;  ///< PPS.
    std::string format_parameters;  ///< As in an fmtp line.
    number concealment;             ///< A concealment_kind.
    std::optional<bool> silence_suppression;  ///< SSUP.

    number jitter_buffer;  ///< A jitter_buffer_kind.
    number jitter_buffer_rate;  ///< JBR.
    number jitter_buffer_nominal;  ///< JBN, in milliseconds.
    number jitter_buffer_maximum;  ///< JBM, in milliseconds.
    number jitter_buffer_absolute_maximum;  ///< JBX, in milliseconds.

    std::optional<double> loss_rate;  ///< NLR, in percent.
    std::optional<double> discard_rate;  ///< JDR, in percent.

    std::optional<double> burst_density;  ///< BLD, in percent.
    number burst_duration;  ///< BD, in milliseconds.
    std::optional<double> gap_density;  ///< GLD, in percent.
    number gap_duration;  ///< GD, in milliseconds.
    number gap_threshold;  ///< GMIN, in packets.

    number round_trip;  ///< RTD, in milliseconds.
    number end_system_delay;  ///< ESD, in milliseconds.
    number one_way_delay;  ///< OWD, in milliseconds.
    number symmetric_one_way_delay;  ///< SOWD, in milliseconds.
    number interarrival_jitter;  ///< IAJ, in milliseconds.
    number mean_absolute_jitter;  ///< MAJ, in milliseconds.

    std::optional<std::int32_t> signal_level;  ///< SL, in dBm0.
    std::optional<std::int32_t> noise_level;  ///< NL, in dBm0.
    number residual_echo_return_loss;  ///< RERL, in dB.

    number listening_r;  ///< RLQ.
    number conversational_r;  ///< RCQ.
    number external_r_in;  ///< EXTRI.
    number external_r_out;  ///< EXTRO.
    std::optional<double> mos_lq;  ///< MOSLQ.
    std::optional<double> mos_cq;  ///< MOSCQ.
    std::string algorithm;  ///< One word: by what all the estimates were made.

    friend bool operator==(quality_metrics const&, quality_metrics const&) = default;
};

/// What we measured. The description of the codec is left to the caller; `jitter` is the RFC 3550 one.
[[nodiscard]] quality_metrics to_quality_metrics(
    voice_measurements const&, duration packet_time, playout_configuration const&, duration jitter
);
/// What the peer measured, from its VoIP metrics block.
[[nodiscard]] quality_metrics to_quality_metrics(xr_voip_metrics const&);

/// A threshold that was crossed (RFC 6035).
struct quality_alert {
    std::string metric;  ///< The key that crossed its threshold: "RLQ", "MOSLQ", "NLR" ...
    /// How bad it is.
    enum class severity : std::uint8_t { warning, critical, clear } severity = severity::warning;
    /// Whose metrics crossed it.
    enum class direction : std::uint8_t { local, remote } direction = direction::local;

    friend bool operator==(quality_alert const&, quality_alert const&) = default;
};

/// One report of RFC 6035.
struct quality_report {
    /// When it is sent.
    enum class kind : std::uint8_t { session, interval, alert } what = kind::session;
    bool is_final = false;               ///< CallTerm: the last report of its session. Not of alerts.
    std::optional<quality_alert> alert;  ///< Of alerts only.

    // Texts of SIP, as they stand in their headers; control characters are left out when written.
    std::string call_id;  ///< Of the call.
    std::string local_id;  ///< Our address of record.
    std::string remote_id;  ///< The peer's.
    std::string originator_id;  ///< Who made the call.
    std::string local_group;  ///< A dash is written where there is none: the grammar wants the line.
    std::string remote_group;  ///< For people.
    std::string local_mac;  ///< "00:1f:5b:cc:21:0f", or empty.
    std::string remote_mac;  ///< Of the peer's device.
    std::string dialog_id;  ///< Call-ID with ;to-tag= and ;from-tag=, or empty.

    endpoint local;  ///< Where the measured stream arrives.
    ssrc_t local_source{};  ///< Ours.
    endpoint remote;  ///< The peer's media address.
    ssrc_t remote_source{};  ///< The peer's.

    quality_metrics local_metrics;  ///< What we hear.
    std::optional<quality_metrics> remote_metrics;  ///< What the peer hears, as it says.

    friend bool operator==(quality_report const&, quality_report const&) = default;
};

inline constexpr std::string_view quality_report_media_type = "application/vq-rtcpxr";

/// The body, lines ended by CR LF.
[[nodiscard]] std::string to_text(quality_report const&);

/// Reads a body; folded lines, unknown lines and unknown keys are no errors (RFC 6035 4.6.1, Extension). Error:
/// bad_quality_report with the offset of the line, where the first line names no report, a value is not what its key
/// asks for, or addresses or metrics are missing.
[[nodiscard]] parsed<quality_report> parse_quality_report(std::string_view body);

}  // namespace rtp
