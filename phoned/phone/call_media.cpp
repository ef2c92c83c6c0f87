// A call's audio, and what others may know of the call.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "phoned/phone/call.hpp"
#include "phoned/phone/identity.hpp"

namespace phoned {

namespace {

sdp::hold_style hold_style_of(hold_wish wish, const settings& config) {
    if (wish == hold_wish::talk) return sdp::hold_style::none;
    if (config.rfc2543_hold) return sdp::hold_style::zero_address;
    return config.hold_inactive ? sdp::hold_style::inactive : sdp::hold_style::sendonly;
}

}  // namespace

bool call::open_media(now_t now) {
    ports_ = around_->sockets.open(around_->family);
    if (!ports_) return false;
    const auto& config = around_->config;
    stream_settings wanted;
    wanted.cname = around_->cname;
    wanted.jitter = config.jitter_buffer;
    wanted.media_timeout = config.rtp_timeout;
    wanted.digit_end_packets = config.dtmf_repetition;
    wanted.digits = account_settings_->dtmf;
    wanted.saves_silence = config.voice.saves_silence;
    wanted.local = ports_->rtp;
    wanted.symmetric = config.symmetric_rtp;
    wanted.is_secure_only = account_settings_->srtp == srtp_policy::forced;
    wanted.dtls = around_->dtls;
    if (account_settings_->srtp != srtp_policy::off)
        secrets_ = new_stream_secrets(around_->random, around_->dtls, config.dtls_srtp);
    stream_ = media_stream::create(now, wanted, around_->random, around_->packets);
    if (!stream_) return false;
    stream_->set_muted(muted_);
    stream_->set_held_media(around_->has_hold_music);
    return true;
}

sdp::local_media call::local_media(hold_wish wish) const {
    if (wish == hold_wish::hold && music_) return music_->media;
    return local_media_of(*ports_, hold_style_of(wish, around_->config), secrets_);
}

const sdp::capabilities& call::able(hold_wish wish) const noexcept {
    return wish == hold_wish::hold && music_ ? music_->able : able_;
}

// ---- a music server

/// Secure media stay between the two whose keys they have.
bool call::has_music_server() const noexcept {
    const auto* const line = agreed_line();
    return !account_settings_->music_server_uri.empty() && line != nullptr && line->remote_rtp.has_value() &&
           std::holds_alternative<std::monostate>(line->security);
}

bool call::wants_music() const noexcept {
    if (state_ != call_state::confirmed || wish_ != hold_wish::hold || music_) return false;
    return awaits_music_ || (has_music_server() && agreed_ == hold_wish::hold && !offer_is_out_);
}

void call::set_music(std::optional<music_source> source) {
    const bool was_told = agreed_ == hold_wish::hold || offer_is_out_;
    has_moved_ = has_moved_ || (was_told && (source || music_));
    awaits_music_ = false;
    music_ = std::move(source);
    if (stream_) stream_->set_held_media(around_->has_hold_music && !music_);
    follow_wish();
}

void call::drop_music() {
    awaits_music_ = false;
    music_.reset();
    if (stream_) stream_->set_held_media(around_->has_hold_music);
}

const sdp::negotiated* call::agreed_line() const noexcept {
    const auto& lines = negotiator_.agreed().lines;
    return lines.empty() ? nullptr : &lines.front();
}

// ---- while it runs

void call::on_packet(now_t now, rtp::component component, rtp::packet_buffer packet, const rtp::endpoint& from) {
    if (!stream_) return;
    stream_->on_packet(now, component, std::move(packet), from, media_out_);
    flush(now);
}

void call::on_period(now_t now, std::span<const std::int16_t> captured, std::span<std::int16_t> playback) {
    if (!stream_) return;
    stream_->on_period(now, captured, playback, media_out_);
    flush(now);
}

void call::on_timeout(now_t now) {
    if (!stream_) return;
    stream_->on_timeout(now, media_out_);
    flush(now);
}

std::optional<time_point> call::next_deadline() const noexcept {
    return stream_ ? stream_->next_deadline() : std::nullopt;
}

/// Performs what the stream asked for: datagrams out, events in.
void call::flush(now_t now) {
    if (!ports_) return media_out_.clear();
    for (const auto& datagram : media_out_.datagrams)
        around_->sockets.send(ports_->id, datagram.via, datagram.to, datagram.packet);
    media_out_.datagrams.clear();
    auto events = std::move(media_out_.events);
    media_out_.clear();
    for (const auto& what : events)
        on_media_event(now, what);
}

void call::on_media_event(now_t now, const rtp::event& what) {
    if (const auto* digit = std::get_if<rtp::digit_started>(&what)) {
        if (const auto character = rtp::digit_of(digit->event)) keep_digit(*character);
    } else if (const auto* silence = std::get_if<rtp::media_timed_out>(&what)) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence->silent_for).count();
        const auto why = fmt::format("no media for {} s", seconds);
        give_up(now, why, fmt::format("Q.850;cause=41;text=\"{}\"", why));
    } else if (const auto* secured = std::get_if<rtp::media_secured>(&what)) {
        dtls_suite_ = rtp::traits_of(secured->suite).name;
        changes_.media = true;
    } else if (const auto* failed = std::get_if<rtp::security_failed>(&what)) {
        // RFC 5763 6.3: without the certificate that the description named there is no media.
        give_up(now, "no secure media: " + failed->reason, not_acceptable);
    } else if (std::holds_alternative<rtp::report_received>(what)) {
        changes_.quality = true;
    } else if (std::holds_alternative<rtp::media_started>(what) || std::holds_alternative<rtp::remote_learned>(what)) {
        changes_.media = true;
    }
}

void call::end_media(now_t now, std::string_view reason) {
    if (!stream_ || !ports_) return;
    stream_->stop(now, reason, media_out_);
    flush(now);
    around_->sockets.close(ports_->id);
    ports_.reset();
}

// ---- what others may know

void call::set_state(call_state state) {
    changes_.state = changes_.state || state != state_;
    state_ = state;
}

bool call::wants_ring_back() const noexcept {
    return direction_ == call_direction::outgoing && state_ == call_state::early && is_alerting_;
}

bool call::has_early_media() const noexcept {
    return direction_ == call_direction::outgoing && state_ != call_state::confirmed && heard_fork_.has_value();
}

std::string call::local_uri() const {
    return address_of_record(*account_settings_);
}

call_summary call::summary(now_t now) const {
    call_summary out{};
    out.call = number_;
    out.account = account_;
    out.direction = direction_;
    out.state = state_;
    out.local = local_uri();
    out.remote = remote_;
    out.remote_name = remote_name_;
    const auto& lines = negotiator_.agreed().lines;
    out.held_by_us = agreed_ == hold_wish::hold;
    out.held_by_peer = state_ == call_state::confirmed && !lines.empty() && lines.front().remote_hold;
    out.muted = muted_;
    out.in_conference = in_conference_;
    out.auto_answered = auto_answered_;
    out.diverted_by = diverted_by_;
    out.referred_by = referred_by_;
    out.alert = alert_;
    out.call_id = call_id_;
    out.local_tag = local_tag_;
    out.remote_tag = remote_tag_;
    out.talked = talked_;
    if (answered_at_ && !talked_)
        out.talked = std::chrono::duration_cast<std::chrono::milliseconds>(now.mono - *answered_at_);
    out.ended = ended_;
    out.sip_code = sip_code_;
    out.cause = cause_;
    return out;
}

std::optional<call_media> call::media_summary() const {
    if (!stream_ || !ports_ || !stream_->plan()) return std::nullopt;
    const auto& plan = *stream_->plan();
    call_media out{};
    out.call = number_;
    out.direction = direction_shown(plan.direction);
    out.codec = plan.codec_name;
    out.payload_type = static_cast<unsigned>(plan.payload);
    out.ptime = plan.packet_time;
    out.local = ports_->rtp.to_text();
    if (const auto remote = stream_->remote(); remote.is_usable()) out.remote = remote.to_text();
    out.security = plan.keying;
    out.srtp_suite = plan.keying == media_keying::dtls ? dtls_suite_ : plan.srtp_suite;
    if (plan.payloads.send_events) out.dtmf_payload_type = static_cast<unsigned>(plan.payloads.send_events->type);
    return out;
}

call_quality call::quality() const {
    auto out = stream_ ? stream_->quality() : call_quality{};
    out.call = number_;
    out.digits_received = digits_;
    return out;
}

}  // namespace phoned
