// The extended reports that sum up: the statistics of an interval, and what a telephone makes of a stream.
//
// Values as they stand in the packet, with the RFC's scales and its marks for what is unknown made optional. Who
// measures them is stats/voice_quality.hpp. RFC 3611 4.6, 4.7.
#pragma once

#include <cstdint>
#include <optional>

#include "rtp/error.hpp"
#include "rtp/wire/rtcp_xr.hpp"

namespace rtp {

/// Least, largest, mean and standard deviation.
template <class T>
struct xr_spread {
    T minimum{};  ///< Of the interval.
    T maximum{};  ///< Of the interval.
    T mean{};  ///< Of the interval.
    T deviation{};  ///< Standard deviation.

    bool operator==(xr_spread const&) const = default;
};

/// RFC 3611 4.6. What was not measured is absent.
struct xr_statistics_summary {
    ssrc_t source{};  ///< The source that it is about.
    sequence_t begin{};  ///< The first number of the interval.
    sequence_t end{};  ///< One after the last.
    std::optional<std::uint32_t> lost;  ///< Packets.
    std::optional<std::uint32_t> duplicates;  ///< Packets.
    std::optional<xr_spread<std::uint32_t>> jitter;    ///< Differences of transit time, in RTP units.
    std::optional<xr_spread<std::uint8_t>> ttl;        ///< Of IPv4 packets; never together with hop_limit.
    std::optional<xr_spread<std::uint8_t>> hop_limit;  ///< Of IPv6 packets.

    friend bool operator==(xr_statistics_summary const&, xr_statistics_summary const&) = default;
};

/// Error: bad_rtcp_item for another length, or the undefined kind of hop count.
[[nodiscard]] parsed<xr_statistics_summary> parse_statistics_summary(xr_block const&) noexcept;
/// Error: too_large.
[[nodiscard]] error_code append_statistics_summary(xr_writer&, xr_statistics_summary const&) noexcept;

/// RFC 3611 4.7.6.
enum class concealment_kind : std::uint8_t { unspecified = 0, disabled = 1, enhanced = 2, standard = 3 };
enum class jitter_buffer_kind : std::uint8_t { unknown = 0, reserved = 1, fixed = 2, adaptive = 3 };

/// RFC 3611 4.7. Rates and densities are in 1/256, durations and delays in milliseconds, levels in dBm0.
struct xr_voip_metrics {
    ssrc_t source{};  ///< The source that it is about.
    std::uint8_t loss_rate = 0;  ///< In 1/256.
    std::uint8_t discard_rate = 0;  ///< In 1/256.
    std::uint8_t burst_density = 0;  ///< In 1/256.
    std::uint8_t gap_density = 0;  ///< In 1/256.
    std::uint16_t burst_duration = 0;  ///< Mean.
    std::uint16_t gap_duration = 0;    ///< Mean.
    std::uint16_t round_trip = 0;      ///< 0 while unknown.
    std::uint16_t end_system_delay = 0;  ///< In milliseconds.
    std::optional<std::int8_t> signal_level;  ///< In dBm0.
    std::optional<std::int8_t> noise_level;  ///< In dBm0.
    std::optional<std::uint8_t> residual_echo_return_loss;  ///< In dB.
    std::uint8_t gap_threshold = 16;       ///< Gmin.
    std::optional<std::uint8_t> r_factor;  ///< 0..100.
    std::optional<std::uint8_t> external_r_factor;  ///< 0 to 100.
    std::optional<std::uint8_t> mos_lq;  ///< Times ten: 10..50.
    std::optional<std::uint8_t> mos_cq;  ///< Ten times the score.
    concealment_kind concealment = concealment_kind::unspecified;  ///< How lost packets are hidden.
    jitter_buffer_kind jitter_buffer = jitter_buffer_kind::unknown;  ///< Whether it adapts.
    std::uint8_t jitter_buffer_rate = 0;  ///< 0..15; 0 for unknown.
    std::uint16_t jitter_buffer_nominal = 0;  ///< In milliseconds.
    std::uint16_t jitter_buffer_maximum = 0;  ///< In milliseconds.
    std::uint16_t jitter_buffer_absolute_maximum = 0;  ///< In milliseconds.

    friend bool operator==(xr_voip_metrics const&, xr_voip_metrics const&) = default;
};

/// R factors and MOS outside their ranges are read as absent (RFC 3611 4.7.5). Error: bad_rtcp_item for another length.
[[nodiscard]] parsed<xr_voip_metrics> parse_voip_metrics(xr_block const&) noexcept;
/// Error: too_large.
[[nodiscard]] error_code append_voip_metrics(xr_writer&, xr_voip_metrics const&) noexcept;

}  // namespace rtp
