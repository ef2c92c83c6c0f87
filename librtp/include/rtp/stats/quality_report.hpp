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
    using number = std::optional<std::uint32_t>;

    wall_point start{};  ///< Whole seconds are written.
    wall_point stop{};

    number payload_type;
    std::string payload_name;  ///< As in an rtpmap.
    number sample_rate;
    number frame_duration;
    number frame_octets;
    number frames_per_packet;
    number packets_per_second;
    std::string format_parameters;  ///< As in an fmtp line.
    number concealment;             ///< A concealment_kind.
    std::optional<bool> silence_suppression;

    number jitter_buffer;  ///< A jitter_buffer_kind.
    number jitter_buffer_rate;
    number jitter_buffer_nominal;
    number jitter_buffer_maximum;
    number jitter_buffer_absolute_maximum;

    std::optional<double> loss_rate;
    std::optional<double> discard_rate;

    std::optional<double> burst_density;
    number burst_duration;
    std::optional<double> gap_density;
    number gap_duration;
    number gap_threshold;

    number round_trip;
    number end_system_delay;
    number one_way_delay;
    number symmetric_one_way_delay;
    number interarrival_jitter;
    number mean_absolute_jitter;

    std::optional<std::int32_t> signal_level;
    std::optional<std::int32_t> noise_level;
    number residual_echo_return_loss;

    number listening_r;
    number conversational_r;
    number external_r_in;
    number external_r_out;
    std::optional<double> mos_lq;
    std::optional<double> mos_cq;
    std::string algorithm;  ///< One word: by what all the estimates were made.

    friend bool operator==(quality_metrics const&, quality_metrics const&) = default;
};

/// What we measured. The description of the codec is left to the caller; `jitter` is the RFC 3550 one.
[[nodiscard]] quality_metrics to_quality_metrics(
    voice_measurements const&, duration packet_time, playout_configuration const&, duration jitter
);
/// What the peer measured, from its VoIP metrics block.
[[nodiscard]] quality_metrics to_quality_metrics(xr_voip_metrics const&);

struct quality_alert {
    std::string metric;  ///< The key that crossed its threshold: "RLQ", "MOSLQ", "NLR" ...
    enum class severity : std::uint8_t { warning, critical, clear } severity = severity::warning;
    enum class direction : std::uint8_t { local, remote } direction = direction::local;

    friend bool operator==(quality_alert const&, quality_alert const&) = default;
};

struct quality_report {
    enum class kind : std::uint8_t { session, interval, alert } what = kind::session;
    bool is_final = false;               ///< CallTerm: the last report of its session. Not of alerts.
    std::optional<quality_alert> alert;  ///< Of alerts only.

    // Texts of SIP, as they stand in their headers; control characters are left out when written.
    std::string call_id;
    std::string local_id;
    std::string remote_id;
    std::string originator_id;
    std::string local_group;  ///< A dash is written where there is none: the grammar wants the line.
    std::string remote_group;
    std::string local_mac;  ///< "00:1f:5b:cc:21:0f", or empty.
    std::string remote_mac;
    std::string dialog_id;  ///< Call-ID with ;to-tag= and ;from-tag=, or empty.

    endpoint local;  ///< Where the measured stream arrives.
    ssrc_t local_source{};
    endpoint remote;
    ssrc_t remote_source{};

    quality_metrics local_metrics;
    std::optional<quality_metrics> remote_metrics;

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
