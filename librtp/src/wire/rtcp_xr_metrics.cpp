#include "rtp/wire/rtcp_xr_metrics.hpp"

#include "rtp/wire/bytes.hpp"

namespace rtp {

namespace {

constexpr std::size_t summary_size = 36;
constexpr std::size_t voip_size = 32;

constexpr unsigned loss_flag = 0x80;
constexpr unsigned duplicate_flag = 0x40;
constexpr unsigned jitter_flag = 0x20;
constexpr unsigned ttl_kind = 1;
constexpr unsigned hop_limit_kind = 2;

constexpr std::uint8_t unavailable = 127;

std::optional<std::int8_t> level(std::uint8_t octet) noexcept {
    if (octet == unavailable) return std::nullopt;
    return static_cast<std::int8_t>(octet);
}
std::uint8_t octet(std::optional<std::int8_t> level) noexcept {
    return level ? static_cast<std::uint8_t>(*level) : unavailable;
}

std::optional<std::uint8_t> within(std::uint8_t value, unsigned least, unsigned most) noexcept {
    return value >= least && value <= most ? std::optional(value) : std::nullopt;
}

}  // namespace

parsed<xr_statistics_summary> parse_statistics_summary(xr_block const& block) noexcept {
    unsigned const hops = block.specific >> 3 & 3U;
    if (block.body.size() != summary_size || hops > hop_limit_kind)
        return parse_failure{errc::bad_rtcp_item, block.offset};
    byte_reader in(block.body);
    xr_statistics_summary summary;
    summary.source = static_cast<ssrc_t>(in.u32());
    summary.begin = static_cast<sequence_t>(in.u16());
    summary.end = static_cast<sequence_t>(in.u16());
    auto const lost = in.u32();
    auto const duplicates = in.u32();
    if ((block.specific & loss_flag) != 0) summary.lost = lost;
    if ((block.specific & duplicate_flag) != 0) summary.duplicates = duplicates;
    xr_spread<std::uint32_t> jitter;
    for (auto* field : {&jitter.minimum, &jitter.maximum, &jitter.mean, &jitter.deviation})
        *field = in.u32();
    if ((block.specific & jitter_flag) != 0) summary.jitter = jitter;
    xr_spread<std::uint8_t> distance;
    for (auto* field : {&distance.minimum, &distance.maximum, &distance.mean, &distance.deviation})
        *field = in.u8();
    if (hops == ttl_kind) summary.ttl = distance;
    if (hops == hop_limit_kind) summary.hop_limit = distance;
    return summary;
}

error_code append_statistics_summary(xr_writer& report, xr_statistics_summary const& summary) noexcept {
    unsigned const hops = summary.ttl ? ttl_kind : summary.hop_limit ? hop_limit_kind : 0;
    unsigned const flags = (summary.lost ? loss_flag : 0) | (summary.duplicates ? duplicate_flag : 0) |
                           (summary.jitter ? jitter_flag : 0) | hops << 3;
    auto const body = report.append_block(xr_type::statistics_summary, static_cast<std::uint8_t>(flags), summary_size);
    if (!body) return errc::too_large;
    byte_writer out(*body);
    out.u32(static_cast<std::uint32_t>(summary.source));
    out.u16(static_cast<std::uint16_t>(summary.begin));
    out.u16(static_cast<std::uint16_t>(summary.end));
    out.u32(summary.lost.value_or(0));
    out.u32(summary.duplicates.value_or(0));
    auto const jitter = summary.jitter.value_or(xr_spread<std::uint32_t>{});
    for (auto const value : {jitter.minimum, jitter.maximum, jitter.mean, jitter.deviation})
        out.u32(value);
    auto const distance = summary.ttl ? *summary.ttl : summary.hop_limit.value_or(xr_spread<std::uint8_t>{});
    for (auto const value : {distance.minimum, distance.maximum, distance.mean, distance.deviation})
        out.u8(value);
    return {};
}

parsed<xr_voip_metrics> parse_voip_metrics(xr_block const& block) noexcept {
    if (block.body.size() != voip_size) return parse_failure{errc::bad_rtcp_item, block.offset};
    byte_reader in(block.body);
    xr_voip_metrics metrics;
    metrics.source = static_cast<ssrc_t>(in.u32());
    for (auto* field : {&metrics.loss_rate, &metrics.discard_rate, &metrics.burst_density, &metrics.gap_density})
        *field = in.u8();
    for (auto* field : {&metrics.burst_duration, &metrics.gap_duration, &metrics.round_trip, &metrics.end_system_delay})
        *field = in.u16();
    metrics.signal_level = level(in.u8());
    metrics.noise_level = level(in.u8());
    auto const echo = in.u8();
    if (echo != unavailable) metrics.residual_echo_return_loss = echo;
    metrics.gap_threshold = in.u8();
    metrics.r_factor = within(in.u8(), 0, 100);
    metrics.external_r_factor = within(in.u8(), 0, 100);
    metrics.mos_lq = within(in.u8(), 10, 50);
    metrics.mos_cq = within(in.u8(), 10, 50);
    unsigned const configuration = in.u8();
    metrics.concealment = static_cast<concealment_kind>(configuration >> 6);
    metrics.jitter_buffer = static_cast<jitter_buffer_kind>(configuration >> 4 & 3U);
    metrics.jitter_buffer_rate = static_cast<std::uint8_t>(configuration & 0x0FU);
    in.u8();  // reserved
    for (auto* field :
         {&metrics.jitter_buffer_nominal, &metrics.jitter_buffer_maximum, &metrics.jitter_buffer_absolute_maximum})
        *field = in.u16();
    return metrics;
}

error_code append_voip_metrics(xr_writer& report, xr_voip_metrics const& metrics) noexcept {
    auto const body = report.append_block(xr_type::voip_metrics, 0, voip_size);
    if (!body) return errc::too_large;
    byte_writer out(*body);
    out.u32(static_cast<std::uint32_t>(metrics.source));
    for (auto const value : {metrics.loss_rate, metrics.discard_rate, metrics.burst_density, metrics.gap_density})
        out.u8(value);
    for (auto const value :
         {metrics.burst_duration, metrics.gap_duration, metrics.round_trip, metrics.end_system_delay})
        out.u16(value);
    out.u8(octet(metrics.signal_level));
    out.u8(octet(metrics.noise_level));
    out.u8(metrics.residual_echo_return_loss.value_or(unavailable));
    out.u8(metrics.gap_threshold);
    for (auto const& value : {metrics.r_factor, metrics.external_r_factor, metrics.mos_lq, metrics.mos_cq})
        out.u8(value.value_or(unavailable));
    out.u8(static_cast<std::uint8_t>(
        static_cast<unsigned>(metrics.concealment) << 6 | static_cast<unsigned>(metrics.jitter_buffer) << 4 |
        (metrics.jitter_buffer_rate & 0x0FU)
    ));
    out.u8(0);
    for (auto const value :
         {metrics.jitter_buffer_nominal, metrics.jitter_buffer_maximum, metrics.jitter_buffer_absolute_maximum})
        out.u16(value);
    return {};
}

}  // namespace rtp
