#include "rtp/stats/quality_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

#include "stats/quality_fields.hpp"

namespace rtp {

namespace {

std::string to_date_time(wall_point at) {
    auto const seconds = std::chrono::floor<std::chrono::seconds>(at);
    auto const day = std::chrono::floor<std::chrono::days>(seconds);
    std::chrono::year_month_day const date{day};
    std::chrono::hh_mm_ss const time{seconds - day};
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int{date.year()}, unsigned{date.month()}, unsigned{date.day()},
        time.hours().count(), time.minutes().count(), time.seconds().count()
    );
}

/// What could end a line, a value or a quotation, and so begin one of the peer's own, is left out; blanks around the
/// rest too, since a reader does not see them.
std::string harmless(std::string_view text, std::string_view unwanted = "") {
    std::string kept;
    std::ranges::copy_if(text, std::back_inserter(kept), [&](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && unwanted.find(c) == std::string_view::npos;
    });
    kept.erase(0, std::min(kept.find_first_not_of(' '), kept.size()));
    kept.erase(kept.find_last_not_of(' ') + 1);
    return kept;
}

/// Writes each line that has a field.
class field_writer {
public:
    explicit field_writer(std::string& out) : out_(out) {}
    ~field_writer() { end_line(); }
    field_writer(field_writer const&) = delete;
    field_writer& operator=(field_writer const&) = delete;

    void begin_line(std::string_view name) {
        end_line();
        name_ = name;
    }
    void field(std::string_view key, wall_point at) { put(key, to_date_time(at)); }
    void field(std::string_view key, quality_metrics::number value) {
        if (value) put(key, fmt::format("{}", *value));
    }
    void field(std::string_view key, std::optional<std::int32_t> value) {
        if (value) put(key, fmt::format("{}", *value));
    }
    void field(std::string_view key, std::optional<bool> value) {
        if (value) put(key, *value ? "on" : "off");
    }
    void field(std::string_view key, std::string const& word) {
        if (auto const kept = harmless(word, " \""); !kept.empty()) put(key, kept);
    }
    void field(std::string_view key, quoted<std::string const> value) {
        if (auto const kept = harmless(value.text, "\""); !kept.empty()) put(key, fmt::format("\"{}\"", kept));
    }
    void field(std::string_view key, decimal<std::optional<double> const> value) {
        if (value.number) put(key, fmt::format("{:.{}f}", *value.number, value.places));
    }

private:
    void put(std::string_view key, std::string_view value) {
        fmt::format_to(
            std::back_inserter(out_), "{}{}={}", is_line_begun_ ? " " : fmt::format("{}:", name_), key, value
        );
        is_line_begun_ = true;
    }
    void end_line() {
        if (is_line_begun_) out_ += "\r\n";
        is_line_begun_ = false;
    }

    std::string& out_;
    std::string_view name_;
    bool is_line_begun_ = false;
};

void put_section(std::string& out, std::string_view name, quality_metrics const& metrics) {
    out += fmt::format("{}:\r\n", name);
    field_writer writer(out);
    visit_fields(metrics, writer);
}

void put_line(std::string& out, std::string_view name, std::string_view value) {
    out += fmt::format("{}: {}\r\n", name, harmless(value));
}

void put_optional_line(std::string& out, std::string_view name, std::string_view value) {
    // A value of nothing but white space and what may not be written would read back as a line without value.
    if (harmless(value).find_first_not_of(' ') != std::string::npos) put_line(out, name, value);
}

void put_address(std::string& out, std::string_view name, endpoint const& address, ssrc_t source) {
    put_line(
        out, name,
        fmt::format(
            "IP={} PORT={} SSRC=0x{:08x}", address.address_text(), address.port, static_cast<std::uint32_t>(source)
        )
    );
}

std::string first_line(quality_report const& report) {
    constexpr std::string_view severities[] = {"Warning", "Critical", "Clear"};
    constexpr std::string_view directions[] = {"local", "remote"};
    std::string_view const end = report.is_final ? ": CallTerm" : "";
    switch (report.what) {
        case quality_report::kind::session:
            return fmt::format("VQSessionReport{}\r\n", end);
        case quality_report::kind::interval:
            return fmt::format("VQIntervalReport{}\r\n", end);
        case quality_report::kind::alert:
            break;
    }
    auto const alert = report.alert.value_or(quality_alert{});
    return fmt::format(
        "VQAlertReport: Type={} Severity={} Dir={}\r\n", harmless(alert.metric, " "),
        severities[static_cast<std::size_t>(alert.severity)], directions[static_cast<std::size_t>(alert.direction)]
    );
}

std::uint32_t whole_milliseconds(duration span) {
    auto const milliseconds = std::chrono::duration<double, std::milli>(span).count();
    return static_cast<std::uint32_t>(std::clamp(std::round(milliseconds), 0.0, 3'600'000.0));
}

quality_metrics::number rounded(std::optional<double> value) {
    if (!value) return std::nullopt;
    return static_cast<std::uint32_t>(std::lround(*value));
}

}  // namespace

std::string to_text(quality_report const& report) {
    auto out = first_line(report);
    put_line(out, "CallID", report.call_id);
    put_line(out, "LocalID", report.local_id);
    put_line(out, "RemoteID", report.remote_id);
    put_line(out, "OrigID", report.originator_id);
    put_address(out, "LocalAddr", report.local, report.local_source);
    put_address(out, "RemoteAddr", report.remote, report.remote_source);
    put_line(out, "LocalGroup", report.local_group.empty() ? "-" : report.local_group);
    put_line(out, "RemoteGroup", report.remote_group.empty() ? "-" : report.remote_group);
    put_optional_line(out, "LocalMAC", report.local_mac);
    put_optional_line(out, "RemoteMAC", report.remote_mac);
    put_section(out, "LocalMetrics", report.local_metrics);
    if (report.remote_metrics) put_section(out, "RemoteMetrics", *report.remote_metrics);
    put_optional_line(out, "DialogID", report.dialog_id);
    return out;
}

quality_metrics to_quality_metrics(
    voice_measurements const& measured, duration packet_time, playout_configuration const& playout, duration jitter
) {
    auto const& losses = measured.losses;
    auto const quality = estimate_quality(measured);
    quality_metrics metrics;
    metrics.concealment = static_cast<std::uint32_t>(playout.concealment);
    metrics.jitter_buffer = static_cast<std::uint32_t>(playout.jitter_buffer);
    metrics.jitter_buffer_nominal = whole_milliseconds(playout.nominal);
    metrics.jitter_buffer_maximum = whole_milliseconds(playout.maximum);
    metrics.jitter_buffer_absolute_maximum = whole_milliseconds(playout.absolute_maximum);
    metrics.interarrival_jitter = whole_milliseconds(jitter);
    metrics.end_system_delay = whole_milliseconds(measured.end_system_delay);
    if (measured.round_trip) metrics.round_trip = whole_milliseconds(*measured.round_trip);
    if (auto const delay = one_way_delay(measured)) metrics.symmetric_one_way_delay = whole_milliseconds(*delay);
    if (losses.expected == 0) return metrics;
    metrics.loss_rate = 100 * losses.loss_rate();
    metrics.discard_rate = 100 * losses.discard_rate();
    metrics.burst_density = 100 * losses.burst_density();
    metrics.burst_duration = whole_milliseconds(losses.burst_duration(packet_time));
    metrics.gap_density = 100 * losses.gap_density();
    metrics.gap_duration = whole_milliseconds(losses.gap_duration(packet_time));
    metrics.gap_threshold = loss_pattern::default_gap_threshold;
    metrics.listening_r = rounded(quality.listening_r);
    metrics.conversational_r = rounded(quality.conversational_r);
    metrics.mos_lq = quality.mos_lq;
    metrics.mos_cq = quality.mos_cq;
    if (quality.listening_r) metrics.algorithm = "G.107";
    return metrics;
}

quality_metrics to_quality_metrics(xr_voip_metrics const& told) {
    auto const percent = [](std::uint8_t fraction) { return fraction * 100.0 / 256; };
    auto const opinion = [](std::optional<std::uint8_t> tenths) {
        return tenths ? std::optional(*tenths / 10.0) : std::nullopt;
    };
    quality_metrics metrics;
    metrics.concealment = static_cast<std::uint32_t>(told.concealment);
    metrics.jitter_buffer = static_cast<std::uint32_t>(told.jitter_buffer);
    metrics.jitter_buffer_rate = told.jitter_buffer_rate;
    metrics.jitter_buffer_nominal = told.jitter_buffer_nominal;
    metrics.jitter_buffer_maximum = told.jitter_buffer_maximum;
    metrics.jitter_buffer_absolute_maximum = told.jitter_buffer_absolute_maximum;
    metrics.loss_rate = percent(told.loss_rate);
    metrics.discard_rate = percent(told.discard_rate);
    metrics.burst_density = percent(told.burst_density);
    metrics.burst_duration = told.burst_duration;
    metrics.gap_density = percent(told.gap_density);
    metrics.gap_duration = told.gap_duration;
    metrics.gap_threshold = told.gap_threshold;
    if (told.round_trip != 0) metrics.round_trip = told.round_trip;
    metrics.end_system_delay = told.end_system_delay;
    metrics.signal_level = told.signal_level;
    metrics.noise_level = told.noise_level;
    metrics.residual_echo_return_loss = told.residual_echo_return_loss;
    metrics.conversational_r = told.r_factor;
    metrics.external_r_out = told.external_r_factor;
    metrics.mos_lq = opinion(told.mos_lq);
    metrics.mos_cq = opinion(told.mos_cq);
    return metrics;
}

}  // namespace rtp
