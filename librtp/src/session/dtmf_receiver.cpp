#include "rtp/session/dtmf_receiver.hpp"

#include <algorithm>

#include "rtp/stats/sequence.hpp"

namespace rtp {

namespace {

constexpr std::int32_t longest_segment = 0xFFFF;
// After this long no straggler is expected, and a timestamp that seems older is simply that of a new digit after hours
// of talk.
constexpr duration straggler_time = std::chrono::seconds(5);

}  // namespace

bool dtmf_receiver::on_packet(
    time_point now, clock_rate rate, timestamp_t timestamp, bool marker, std::span<const std::byte> payload, outbox& out
) {
    do {
        auto const report = telephone_event::parse(payload);
        if (!report) return false;
        on_report(now, rate, timestamp, marker, *report, out);
        // RFC 4733 2.5.2.4: several reports in one packet follow one another without a gap.
        timestamp = advance(timestamp, report->duration);
        marker = false;
        payload = payload.subspan(telephone_event::size);
    } while (!payload.empty());
    return true;
}

void dtmf_receiver::on_report(
    time_point now, clock_rate rate, timestamp_t timestamp, bool marker, telephone_event const& report, outbox& out
) {
    // RFC 4733 2.3.5: only states last "forever", and digits are no states.
    if (report.duration == 0) return;
    if (latest_ && latest_->state != state::going_on && now - latest_->last_heard > straggler_time) latest_.reset();
    if (!latest_) {
        start(now, rate, timestamp, report, out);
        return;
    }
    auto& known = *latest_;
    auto const ahead = distance(known.segment, timestamp);
    if (ahead < 0 || (ahead == 0 && report.event != known.event)) return;
    if (ahead == 0) {
        known.segment_duration = std::max(known.segment_duration, report.duration);
    } else if (is_next_segment(timestamp, marker, report.event)) {
        known.earlier_units += ahead;
        known.segment = timestamp;
        known.segment_duration = report.duration;
    } else {
        if (known.state == state::going_on) finish(digit_ended::cause::replaced, out);
        start(now, rate, timestamp, report, out);
        return;
    }
    known.last_heard = now;
    if (report.end && known.state == state::going_on) finish(digit_ended::cause::reported, out);
}

void dtmf_receiver::start(
    time_point now, clock_rate rate, timestamp_t timestamp, telephone_event const& report, outbox& out
) {
    latest_ = digit{report.event, rate, timestamp, report.duration, 0, now, state::going_on};
    out.events.emplace_back(digit_started{report.event, report.volume});
    if (report.end) finish(digit_ended::cause::reported, out);
}

// RFC 4733 2.5.2.3: a long digit comes in segments without a gap between them. The last report of a segment may be
// lost, so that the known duration is short of the full segment.
bool dtmf_receiver::is_next_segment(timestamp_t timestamp, bool marker, event_code code) const noexcept {
    auto const ahead = distance(latest_->segment, timestamp);
    return latest_->state != state::ended && !marker && code == latest_->event &&
           (ahead == longest_segment || ahead == latest_->segment_duration);
}

void dtmf_receiver::finish(digit_ended::cause cause, outbox& out) {
    latest_->state = cause == digit_ended::cause::timed_out ? state::timed_out : state::ended;
    auto const units = latest_->earlier_units + latest_->segment_duration;
    out.events.emplace_back(digit_ended{latest_->event, to_duration(units, latest_->rate), cause});
}

void dtmf_receiver::on_timeout(time_point now, outbox& out) {
    auto const deadline = next_deadline();
    if (deadline && *deadline <= now) finish(digit_ended::cause::timed_out, out);
}

std::optional<time_point> dtmf_receiver::next_deadline() const noexcept {
    if (!latest_ || latest_->state != state::going_on) return std::nullopt;
    return latest_->last_heard + timeout_;
}

void dtmf_receiver::on_source_changed(outbox& out) {
    if (latest_ && latest_->state == state::going_on) finish(digit_ended::cause::replaced, out);
    latest_.reset();
}

}  // namespace rtp
