#include "rtp/session/session.hpp"

#include <algorithm>
#include <utility>

namespace rtp {

namespace {

using namespace std::chrono_literals;

// RFC 3550 6.2: RTCP has 5 % of the session bandwidth; here in octets per second.
rtcp_rates rates_of(session_settings const& settings) noexcept {
    return {static_cast<double>(settings.session_bandwidth) * 0.05 / 8, settings.rtcp_minimum};
}

// IP and UDP headers, a report with one block, and the CNAME.
std::size_t probable_report_size(session_settings const& settings) noexcept {
    return 28 + 52 + 12 + settings.cname.size();
}

bool is_within(duration value, duration least, duration most) noexcept {
    return value >= least && value <= most;
}

bool is_valid(session_settings const& settings) noexcept {
    auto const& digits = settings.digits;
    return !settings.cname.empty() && settings.cname.size() <= 255 && settings.session_bandwidth >= 1000 &&
           is_within(settings.rtcp_minimum, 100ms, 1h) && is_within(settings.media_timeout, 0s, 24h) &&
           is_within(settings.relearn_after, 0s, 24h) && is_within(digits.packet_period, 5ms, 200ms) &&
           is_within(digits.pause, 0s, 10s) && is_within(digits.receive_timeout, 20ms, 10s) && digits.volume <= 63 &&
           digits.end_packets >= 1 && digits.end_packets <= 3;
}

}  // namespace

result<session> session::create(now_t now, session_settings settings, environment& environment, packet_pool& pool) {
    if (!is_valid(settings)) return make_error_code(errc::invalid_argument);
    return session(now, std::move(settings), environment, pool);
}

session::session(now_t now, session_settings settings, environment& environment, packet_pool& pool)
    : settings_(std::move(settings)),
      environment_(&environment),
      pool_(&pool),
      stream_(now.mono, environment),
      peer_(settings_.latch, settings_.rtcp, settings_.relearn_after),
      protection_(settings_.rtcp),
      scheduler_(now.mono, rates_of(settings_), probable_report_size(settings_), environment),
      digits_out_(settings_.digits),
      digits_in_(settings_.digits.receive_timeout),
      silent_since_(now.mono),
      last_reports_{now.mono, now.mono} {}

void session::set_transport(latching latch, rtcp_transport rtcp) noexcept {
    settings_.latch = latch;
    settings_.rtcp = rtcp;
    peer_.set_transport(latch, rtcp);
    protection_.set_transport(rtcp);
}

void session::set_remote(now_t, remote_addresses const& addresses) {
    // A new description may bring back a source that another one had replaced, as after music on hold.
    for (auto& known : members_)
        known.is_superseded = false;
    if (peer_.set_described(addresses)) must_announce_ = true;
}

void session::set_payloads(now_t now, payload_map payloads) {
    payloads_ = std::move(payloads);
    stream_.set_rate(now.mono, payloads_.send_rate);
    if (!payloads_.send_events) digits_out_.clear();
    auto const period = payloads_.packet_time.value_or(0ms);
    digits_out_.set_packet_period(is_within(period, 5ms, 200ms) ? period : settings_.digits.packet_period);
}

error_code session::set_rtcp_features(rtcp_features const& features) noexcept {
    if (!is_within(features.regular_minimum, 0s, 1min)) return errc::invalid_argument;
    features_ = features;
    scheduler_.set_profile(features.profile, features.regular_minimum);
    if (!features.sends_generic_nack) missing_.clear();
    return {};
}

error_code session::set_security(now_t now, media_security const& security) {
    return protection_.set(now.mono, security);
}

void session::set_direction(now_t now, direction changed, peer_media expectation, outbox& out) {
    bool const was_timed = media_deadline().has_value();
    direction_ = changed;
    expectation_ = expectation;
    if (!can_send(changed)) digits_out_.clear();
    if (!can_receive(changed)) digits_in_.on_source_changed(out);
    if (was_timed) return;
    silent_since_ = now.mono;
    has_timed_out_ = false;
}

error_code session::send(now_t now, outgoing_frame frame, outbox& out) {
    if (is_stopped_ || !can_send(direction_)) return errc::not_sending;
    if (!remote().is_usable()) return errc::no_remote_address;
    auto const start = stream_.begin_frame(now.mono, frame.units);
    if (digits_out_.is_active() || frame.payload.empty()) return {};
    packet_header header;
    header.marker = frame.marker || start.is_after_gap;
    header.type = frame.type;
    header.timestamp = start.timestamp;
    header.csrcs = frame.contributors;
    header.extensions = frame.extensions;
    return send_rtp(now.mono, header, std::move(frame.payload), out);
}

error_code session::send_rtp(time_point now, packet_header header, packet_buffer payload, outbox& out) {
    auto const size = payload.size();
    header.sequence = stream_.next_sequence();
    header.ssrc = stream_.ssrc();
    if (auto const error = prepend_header(payload, header)) return error;
    if (auto const error = protection_.protect_rtp(payload)) return error;
    auto& keys = protection_.pair_of(component::rtp);
    if (keys.takes_notice_of_expiry()) out.events.emplace_back(key_expires_soon{keys.packets_left()});
    stream_.on_sent(now, size);
    ++statistics_.packets_sent;
    statistics_.octets_sent += size;
    out.datagrams.push_back({component::rtp, remote(), std::move(payload)});
    return {};
}

error_code session::send_digit(now_t now, char digit, std::optional<duration> length, outbox& out) {
    auto const code = event_of(digit);
    if (!code) return errc::invalid_digit;
    if (!payloads_.send_events) return errc::no_payload_type;
    auto const bit = 1U << static_cast<unsigned>(*code);
    if ((payloads_.send_events->accepted & bit) == 0) return errc::event_not_accepted;
    if (is_stopped_ || !can_send(direction_)) return errc::not_sending;
    if (auto const error = digits_out_.queue(*code, length)) return error;
    send_due_digit(now.mono, out);
    return {};
}

void session::release_digit(now_t now) {
    digits_out_.release(now.mono);
}

void session::send_due_digit(time_point now, outbox& out) {
    if (!payloads_.send_events) return;
    auto const due = digits_out_.on_timeout(now, payloads_.send_events->rate, stream_.next_timestamp(now));
    if (!due) return;
    if (!digits_out_.is_active()) {
        auto const end = advance(due->timestamp, due->report.duration);
        stream_.skip_to(now, end);
    }
    if (!remote().is_usable()) return;
    packet_header header;
    header.marker = due->marker;
    header.type = payloads_.send_events->type;
    header.timestamp = due->timestamp;
    // A four-byte payload always has room for its header; only a payload type above 127 could be refused.
    (void)send_rtp(now, header, packet_buffer(*pool_, due->report.to_bytes()), out);
}

std::optional<time_point> session::media_deadline() const noexcept {
    bool const is_timed = settings_.media_timeout > duration::zero() && expectation_ == peer_media::expected &&
                          can_receive(direction_) && !has_timed_out_;
    if (!is_timed) return std::nullopt;
    return silent_since_ + settings_.media_timeout;
}

void session::on_life(time_point now, outbox& out) {
    silent_since_ = now;
    if (std::exchange(has_timed_out_, false)) out.events.emplace_back(media_resumed{});
}

void session::on_timeout(now_t now, outbox& out) {
    if (!is_stopped_) {
        on_dtls_timeout(now, out);
        send_due_digit(now.mono, out);
        digits_in_.on_timeout(now.mono, out);
        if (auto const deadline = media_deadline(); deadline && *deadline <= now.mono) {
            has_timed_out_ = true;
            out.events.emplace_back(media_timed_out{now.mono - silent_since_});
        }
    }
    on_rtcp_timeout(now, out);
}

std::optional<time_point> session::next_deadline() const noexcept {
    if (is_stopped_) return scheduler_.is_leaving() ? std::optional(scheduler_.next_deadline()) : std::nullopt;
    auto earliest = settings_.rtcp == rtcp_transport::off ? std::nullopt : std::optional(scheduler_.next_deadline());
    for (auto const& deadline :
         {digits_out_.next_deadline(), digits_in_.next_deadline(), media_deadline(), dtls_deadline()})
        if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
    return earliest;
}

voice_measurements session::measurements() const noexcept {
    voice_measurements measured;
    if (auto const* heard = heard_source()) measured.losses = heard->losses();
    measured.codec = playout_.codec;
    measured.round_trip = round_trip_;
    measured.end_system_delay = playout_.end_system_delay;
    if (peer_metrics_ && peer_metrics_->end_system_delay != 0)
        measured.peer_end_system_delay = std::chrono::milliseconds(peer_metrics_->end_system_delay);
    return measured;
}

void session::on_discarded(ssrc_t ssrc, sequence_t sequence) noexcept {
    if (auto* known = members_.find(ssrc); known != nullptr && known->media) known->media->on_discarded(sequence);
}

bool session::report_missing(now_t now, std::span<const sequence_t> missing) {
    if (!features_.sends_generic_nack || !heard_ || is_stopped_ || settings_.rtcp == rtcp_transport::off) return false;
    if (missing.empty() || !scheduler_.request_feedback(now.mono, group())) return false;
    for (auto const sequence : missing)
        if (missing_.size() < missing_.capacity()) missing_.push_back(sequence);
    return true;
}

source const* session::heard_source() const noexcept {
    if (!heard_) return nullptr;
    auto const* known = members_.find(*heard_);
    return known != nullptr && known->media ? &*known->media : nullptr;
}

}  // namespace rtp
