#include "rtp/stats/voice_quality.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "rtp/stats/e_model.hpp"

namespace rtp {

namespace {

struct known_codec {
    std::string_view name;
    codec_impairment impairment;
};

// G.113 (11/2007) table I.1 for Ie and table I.4 for Bpl. Codecs that only one of the two lists are left out: without
// Bpl nothing could be said of a network that loses packets.
constexpr std::array known_codecs{
    known_codec{"PCMU", {0, 25.1}},  known_codec{"PCMA", {0, 25.1}},  known_codec{"G729", {11, 19}},
    known_codec{"G723", {15, 16.1}}, known_codec{"GSM-EFR", {5, 10}},
};

constexpr char upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

double milliseconds(duration span) noexcept {
    return std::chrono::duration<double, std::milli>(span).count();
}

// RFC 3611 4.7.1: a fraction in 1/256, the integer part, at most 255.
std::uint8_t fixed_point(double fraction) noexcept {
    return static_cast<std::uint8_t>(std::clamp(fraction * 256, 0.0, 255.0));
}

std::uint16_t whole_milliseconds(duration span) noexcept {
    return static_cast<std::uint16_t>(std::clamp(std::round(milliseconds(span)), 0.0, 65'535.0));
}

std::optional<std::uint8_t> rounded(std::optional<double> value, double scale, double least, double most) noexcept {
    if (!value) return std::nullopt;
    return static_cast<std::uint8_t>(std::clamp(std::round(*value * scale), least, most));
}

}  // namespace

std::optional<codec_impairment> impairment_of(std::string_view encoding_name) noexcept {
    auto const is_same = [&](known_codec const& known) {
        return std::ranges::equal(encoding_name, known.name, {}, upper, upper);
    };
    auto const at = std::ranges::find_if(known_codecs, is_same);
    if (at == known_codecs.end()) return std::nullopt;
    return at->impairment;
}

std::optional<duration> one_way_delay(voice_measurements const& measured) noexcept {
    if (!measured.round_trip) return std::nullopt;
    auto const theirs = measured.peer_end_system_delay.value_or(measured.end_system_delay);
    return (*measured.round_trip + measured.end_system_delay + theirs) / 2;
}

voice_quality estimate_quality(voice_measurements const& measured) noexcept {
    voice_quality quality;
    if (!measured.codec || measured.losses.expected == 0) return quality;
    e_model_parameters line;
    line.ie = measured.codec->ie;
    line.bpl = measured.codec->bpl;
    line.ppl = 100 * measured.losses.missing_rate();
    line.burst_r = measured.losses.burst_ratio();
    quality.listening_r = std::clamp(transmission_rating(line), 0.0, 100.0);
    quality.mos_lq = mean_opinion_score(*quality.listening_r);
    if (auto const delay = one_way_delay(measured)) {
        line.t_a = milliseconds(*delay);
        line.t = line.t_a;
        line.t_r = 2 * line.t_a;
        quality.conversational_r = std::clamp(transmission_rating(line), 0.0, 100.0);
        quality.mos_cq = mean_opinion_score(*quality.conversational_r);
    }
    return quality;
}

xr_voip_metrics to_voip_metrics(
    ssrc_t source, voice_measurements const& measured, duration packet_time, playout_configuration const& playout
) noexcept {
    auto const& losses = measured.losses;
    auto const quality = estimate_quality(measured);
    xr_voip_metrics metrics;
    metrics.source = source;
    metrics.loss_rate = fixed_point(losses.loss_rate());
    metrics.discard_rate = fixed_point(losses.discard_rate());
    metrics.burst_density = fixed_point(losses.burst_density());
    metrics.gap_density = fixed_point(losses.gap_density());
    metrics.burst_duration = whole_milliseconds(losses.burst_duration(packet_time));
    metrics.gap_duration = whole_milliseconds(losses.gap_duration(packet_time));
    if (measured.round_trip) metrics.round_trip = whole_milliseconds(*measured.round_trip);
    metrics.end_system_delay = whole_milliseconds(measured.end_system_delay);
    metrics.gap_threshold = loss_pattern::default_gap_threshold;
    metrics.r_factor = rounded(quality.conversational_r, 1, 0, 100);
    metrics.mos_lq = rounded(quality.mos_lq, 10, 10, 50);
    metrics.mos_cq = rounded(quality.mos_cq, 10, 10, 50);
    metrics.concealment = playout.concealment;
    metrics.jitter_buffer = playout.jitter_buffer;
    metrics.jitter_buffer_nominal = whole_milliseconds(playout.nominal);
    metrics.jitter_buffer_maximum = whole_milliseconds(playout.maximum);
    metrics.jitter_buffer_absolute_maximum = whole_milliseconds(playout.absolute_maximum);
    return metrics;
}

}  // namespace rtp
