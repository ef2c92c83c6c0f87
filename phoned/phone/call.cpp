#include "phoned/phone/call.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"
#include "sip/syntax/address.hpp"

namespace phoned {

namespace {

constexpr std::size_t most_digits_kept = 64;
constexpr std::string_view not_acceptable = "SIP;cause=488;text=\"Not Acceptable Here\"";  // RFC 3326

/// RFC 3264 5: numeric, below 2^62, so that it may rise.
sdp::origin own_origin(rtp::environment& random) {
    const auto id = random.random() >> 3;
    return {.username = "-", .session_id = id, .version = id, .address = {}};
}

sdp::hold_style hold_style_of(hold_wish wish, const settings& config) {
    if (wish == hold_wish::talk) return sdp::hold_style::none;
    return config.rfc2543_hold ? sdp::hold_style::zero_address : sdp::hold_style::sendonly;
}

/// "line 3: a=ptime needs a number"
std::string explain(const sdp::failure& failure) {
    return failure.line == 0 ? std::string(failure.reason) : fmt::format("line {}: {}", failure.line, failure.reason);
}

}  // namespace

call::call(
    call_number number, call_direction direction, unsigned account, const account_settings& account_values,
    call_surroundings& around
)
    : number_(number),
      direction_(direction),
      account_(account),
      account_settings_(&account_values),
      around_(&around),
      able_(capabilities_of(account_values, around.config.dtls_srtp)),
      negotiator_(own_origin(around.random)),
      info_digits_(account_values.dtmf_info_type) {
    if (around.config.voice.comfort_noise && !able_.audio.empty()) offer_comfort_noise(able_);
}

call::~call() {
    if (ports_) around_->sockets.close(ports_->id);
}

// ---- the beginning

std::optional<std::string> call::place(
    now_t now, sip::account_id account, std::string_view uri, std::chrono::seconds ring_limit
) {
    remote_ = uri;
    if (!open_media(now)) return "no RTP port is free (network.port.min_rtpport, max_rtpport)";
    auto offer = negotiator_.make_offer(able_, local_media(hold_wish::talk));
    if (!offer) return "no codec is switched on that this phone can encode";
    sip::invite_options options{std::string(uri)};
    options.with_offer(sdp::to_text(*offer));
    if (ring_limit.count() > 0) options.ring_limit = ring_limit;
    std::optional<std::string> problem;
    around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        auto made = core.invite(at, account, options, out);
        if (made)
            session_ = *made;
        else
            problem = made.error().message();
    });
    changes_.state = true;
    return problem;
}

bool call::receive(now_t now, const sip::incoming_call& incoming) {
    session_ = incoming.id;
    state_ = call_state::early;
    const auto invite = incoming.invite.view();
    call_id_ = invite.call_id();
    remote_tag_ = invite.from_tag();
    if (const auto from = invite.get<sip::header_id::from>()) {
        remote_ = from->uri.text;
        remote_name_ = sip::display_text(*from);
    }
    changes_.state = true;
    const auto refuse = [&](unsigned status, std::string why) {
        cause_ = std::move(why);
        reject(status);
        return false;
    };
    if (!open_media(now)) return refuse(480, "no RTP port is free");
    if (incoming.has_offer) {
        auto offer = sdp::parse(invite.body());
        if (!offer)
            return refuse(offer.error().suggested_status, fmt::format("unusable offer: {}", explain(offer.error())));
        if (auto taken = negotiator_.on_remote_offer(std::move(*offer)); !taken)
            return refuse(488, explain(taken.error()));
        // A call that could not be answered must not ring.
        auto trial = negotiator_;
        if (auto answer = trial.make_answer(able_, local_media(hold_wish::talk)); !answer)
            return refuse(488, explain(answer.error()));
    }
    around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.ring(at, session_, 180, {}, out);
    });
    return true;
}

bool call::answer(now_t now) {
    if (direction_ != call_direction::incoming || state_ != call_state::early) return false;
    const bool has_offer = negotiator_.current() == sdp::negotiator::phase::remote_offer;
    auto description = has_offer ? negotiator_.make_answer(able_, local_media(hold_wish::talk))
                                 : negotiator_.make_offer(able_, local_media(hold_wish::talk));
    if (!description) {
        cause_ = explain(description.error());
        reject(488);
        return false;
    }
    const auto text = sdp::to_text(*description);
    sip::error_code problem;
    around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        problem = core.answer(at, session_, text, out);
    });
    if (problem) return false;
    answered_at_ = now.mono;
    set_state(call_state::confirmed);
    if (has_offer) apply_agreement(now);
    return true;
}

void call::reject(unsigned status) {
    hung_up_here_ = true;
    sip_code_ = status;
    around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.reject(at, session_, static_cast<std::uint16_t>(status), {}, {}, out);
    });
}

void call::hang_up(now_t now, std::string_view why) {
    if (!is_live()) return;
    hung_up_here_ = true;
    release(now, why, {});
}

void call::release(now_t now, std::string_view why, std::string_view reason_header) {
    if (cause_.empty()) cause_ = why;
    end_media(now, why);
    around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.hang_up(at, session_, reason_header, out);
    });
}

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
    return true;
}

sdp::local_media call::local_media(hold_wish wish) const {
    return local_media_of(*ports_, hold_style_of(wish, around_->config), secrets_);
}

// ---- commands

void call::set_hold(hold_wish wish) {
    wish_ = wish;
    refused_ = false;
    changes_.state = true;
    follow_wish();
}

/// Offers the session that the user wants, as soon as no exchange is open. Called whenever one has ended.
void call::follow_wish() {
    const bool is_open = negotiator_.current() != sdp::negotiator::phase::stable;
    if (state_ != call_state::confirmed || is_open || offer_is_out_ || refused_) return;
    if (wish_ == agreed_ && !has_moved_) return;
    auto offer = negotiator_.make_offer(able_, local_media(wish_));
    if (!offer) return;
    const auto text = sdp::to_text(*offer);
    sip::error_code problem;
    offer_is_out_ = true;
    offered_ = wish_;
    around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        problem = core.reoffer(at, session_, text, out);
    });
    if (!problem) {
        has_moved_ = false;
        return;
    }
    // The user agent has an exchange open that we do not see yet (the ACK of an answer is still out): its end calls us
    // again.
    offer_is_out_ = false;
    negotiator_.rollback();
}

void call::set_muted(bool muted) {
    muted_ = muted;
    if (stream_) stream_->set_muted(muted);
    changes_.state = true;
}

bool call::send_digits(now_t now, std::string_view digits) {
    if (!stream_ || !stream_->is_running()) return false;
    const auto how = account_settings_->dtmf;
    const bool by_info = how == dtmf_method::info || how == dtmf_method::telephone_event_and_info;
    if (by_info) {
        if (!info_digits_.push(digits)) return false;
        send_next_info();
    }
    if (how == dtmf_method::info) return true;
    const bool taken = stream_->send_digits(now, digits, media_out_);
    flush(now);
    return taken || by_info;
}

void call::send_next_info() {
    while (!info_) {
        const auto next = info_digits_.next();
        if (!next) return;
        around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            const auto made =
                core.request_in_call(at, session_, sip::method::info, next->content_type, next->body, out);
            if (made) info_ = *made;
        });
        if (!info_) info_digits_.clear();
    }
}

// ---- what SIP says

sdp::negotiator& call::negotiator_of(std::uint32_t fork) {
    return forks_.try_emplace(fork, negotiator_).first->second;
}

void call::on(now_t now, const sip::call_progress& progress) {
    const auto response = progress.response.view();
    call_id_ = response.call_id();
    local_tag_ = response.from_tag();
    if (!response.to_tag().empty()) remote_tag_ = response.to_tag();
    is_alerting_ = is_alerting_ || response.status() == 180;
    set_state(response.to_tag().empty() ? call_state::proceeding : call_state::early);
    if (!progress.has_description) return;
    auto& fork = negotiator_of(progress.fork);
    if (fork.current() != sdp::negotiator::phase::local_offer) return;  // 13.2.1: the first description is the answer
    auto answer = sdp::parse(response.body());
    if (answer && fork.on_remote_answer(std::move(*answer))) return hear_early_media(now, progress.fork);
    // A preview that cannot be used may be followed by an answer that can; what was acknowledged is the answer.
    if (progress.is_reliable) give_up(now, "unusable answer", not_acceptable);
}

/// The first fork with media is heard; the others wait until one answers.
void call::hear_early_media(now_t now, std::uint32_t fork) {
    if (heard_fork_ && *heard_fork_ != fork) return;
    heard_fork_ = fork;
    const auto& lines = negotiator_of(fork).agreed().lines;
    if (lines.empty()) return;
    stream_->apply(now, lines.front(), rtp::peer_media::optional, media_out_);
    flush(now);
    changes_.media = true;
}

void call::on(now_t now, const sip::call_answered& answered) {
    const auto response = answered.response.view();
    call_id_ = response.call_id();
    local_tag_ = response.from_tag();
    remote_tag_ = response.to_tag();
    answered_at_ = now.mono;
    const auto fork = forks_.find(answered.fork);
    if (fork != forks_.end()) negotiator_ = std::move(fork->second);
    forks_.clear();
    set_state(call_state::confirmed);
    if (negotiator_.current() != sdp::negotiator::phase::local_offer) {
        apply_agreement(now);
        return follow_wish();
    }
    if (!answered.has_description) return give_up(now, "the answer has no session description", not_acceptable);
    take_answer(now, negotiator_, response);
}

void call::on(now_t, const sip::call_confirmed& confirmed) {
    local_tag_ = confirmed.ack.view().to_tag();
    changes_.state = true;
    follow_wish();
}

void call::on(now_t now, const sip::remote_offer& offer) {
    // Before the answer each fork negotiates for itself (RFC 6337 4).
    const bool is_early = direction_ == call_direction::outgoing && state_ != call_state::confirmed;
    auto& negotiator = is_early ? negotiator_of(offer.fork) : negotiator_;
    const auto answer_with = [&](const sdp::session& description) {
        const auto text = sdp::to_text(description);
        around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            (void)core.answer_offer(at, session_, text, out, offer.fork);
        });
    };
    const auto refuse = [&](unsigned status) {
        if (negotiator.current() == sdp::negotiator::phase::remote_offer) negotiator.rollback();
        around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            (void)core.refuse_offer(at, session_, static_cast<std::uint16_t>(status), out, offer.fork);
        });
    };
    // Glare (RFC 3261 14.2): the peer's offer has to wait, and ours stands as it is.
    if (negotiator.current() == sdp::negotiator::phase::local_offer) return refuse(491);
    if (offer.wanted_from_us) {
        // An offerless re-INVITE: what we want now (RFC 6337 5.2.4), its answer comes in the ACK.
        auto ours = negotiator.make_offer(able_, local_media(wish_));
        if (!ours) return refuse(500);
        offered_ = wish_;
        return answer_with(*ours);
    }
    auto theirs = sdp::parse(offer.carrier.view().body());
    if (!theirs) return refuse(theirs.error().suggested_status);
    if (auto taken = negotiator.on_remote_offer(std::move(*theirs)); !taken)
        return refuse(taken.error().suggested_status);
    offered_ = wish_;
    auto answer = negotiator.make_answer(able_, local_media(wish_));
    if (!answer) return refuse(answer.error().suggested_status);
    answer_with(*answer);
    if (is_early) return hear_early_media(now, offer.fork);
    agreed_ = offered_;
    apply_agreement(now);
}

void call::on(now_t now, const sip::remote_answer& answer) {
    offer_is_out_ = false;
    take_answer(now, negotiator_, answer.carrier.view());
}

void call::take_answer(now_t now, sdp::negotiator& of, sip::message_view carrier) {
    auto answer = sdp::parse(carrier.body());
    if (!answer) return give_up(now, fmt::format("unusable answer: {}", explain(answer.error())), not_acceptable);
    if (auto taken = of.on_remote_answer(std::move(*answer)); !taken)
        return give_up(now, fmt::format("unusable answer: {}", explain(taken.error())), not_acceptable);
    agreed_ = offered_;
    apply_agreement(now);
    follow_wish();
}

void call::on(now_t, const sip::offer_failed& failed) {
    if (failed.will_retry) return;  // the same offer goes out again: it stays open
    offer_is_out_ = false;
    negotiator_.rollback();
    // A glare that the peer's offer overtakes is no refusal: the wish is offered again behind it.
    refused_ = failed.status != 491;
    if (refused_) wish_ = agreed_;
    changes_.state = true;
    if (refused_) follow_wish();
}

void call::on(now_t now, const sip::offer_withdrawn& withdrawn) {
    if (const auto fork = forks_.find(withdrawn.fork); fork != forks_.end()) {
        if (fork->second.current() == sdp::negotiator::phase::remote_offer) fork->second.rollback();
        return;
    }
    if (negotiator_.current() != sdp::negotiator::phase::remote_offer) return;
    negotiator_.rollback();
    apply_agreement(now);
    follow_wish();
}

void call::on(now_t, const sip::session_refreshed&) {
    follow_wish();  // it may have had to wait for the refresh
}

void call::on(now_t, const sip::call_redirected& redirected) {
    remote_ = redirected.target;
    forks_.clear();
    heard_fork_.reset();
    is_alerting_ = false;
    set_state(call_state::trying);
    changes_.state = true;
}

void call::on(now_t, const sip::local_address_changed&) {
    has_moved_ = true;
    follow_wish();
}

void call::on(now_t, const sip::in_call_request& request) {
    // Digits are shown as those that come by RTP are.
    const auto message = request.request.view();
    if (message.method() != sip::method::info) return;
    if (const auto digit = digit_in(message)) keep_digit(*digit);
}

void call::on(now_t, const sip::request_completed&) {
    info_ = {};
    send_next_info();
}

void call::on(now_t now, const sip::call_ended& ended) {
    if (!is_live()) return;
    if (answered_at_) talked_ = std::chrono::duration_cast<std::chrono::milliseconds>(now.mono - *answered_at_);
    if (ended.status != 0) sip_code_ = ended.status;
    const auto say = [&](ended_by who, std::string_view why) {
        ended_ = hung_up_here_ ? ended_by::local : who;
        if (cause_.empty()) cause_ = why;
    };
    switch (ended.why) {
        case sip::end_reason::session_expired:
            say(ended_by::network, "the other side has not been heard of for a whole session interval");
            break;
        case sip::end_reason::replaced:
            say(ended_by::remote, "another call has taken its place");
            break;
        case sip::end_reason::local_hang_up:
            say(ended_by::network, "hung up");  // by us, but not by our user: see give_up()
            break;
        case sip::end_reason::remote_hang_up:
            say(ended_by::remote, "the other side hung up");
            break;
        case sip::end_reason::cancelled:
            say(ended_by::remote, "the caller gave up");
            break;
        case sip::end_reason::rejected: {
            const auto phrase = ended.cause ? ended.cause.view().reason() : std::string_view();
            say(ended_by::remote, phrase.empty() ? sip::reason_phrase(ended.status) : phrase);
            break;
        }
        case sip::end_reason::refused:
            say(ended_by::local, sip::reason_phrase(ended.status));
            break;
        case sip::end_reason::no_answer:
            say(ended_by::network, "no answer");
            break;
        case sip::end_reason::no_ack:
            say(ended_by::network, "the other side never confirmed the answer");
            break;
        case sip::end_reason::dialog_lost:
            say(ended_by::network, "the other side does not know the call any more");
            break;
        case sip::end_reason::transport:
            say(ended_by::network, ended.error ? ended.error.message() : "no way to the other side");
            break;
        case sip::end_reason::protocol_error:
            say(ended_by::network, "protocol error");
            break;
    }
    end_media(now, cause_);
    set_state(call_state::terminated);
}

void call::apply_agreement(now_t now) {
    const auto& lines = negotiator_.agreed().lines;
    if (!stream_ || lines.empty()) return;
    stream_->apply(now, lines.front(), rtp::peer_media::expected, media_out_);
    flush(now);
    changes_.media = changes_.state = true;
}

/// The session cannot go on: no answer that makes one, or no media. The peer is told why (RFC 3326).
void call::give_up(now_t now, std::string_view why, std::string_view reason_header) {
    if (is_live()) release(now, why, reason_header);
}

// ---- media

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

void call::keep_digit(char digit) {
    digits_ += digit;
    if (digits_.size() > most_digits_kept) digits_.erase(0, 1);
    changes_.quality = true;
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

call_summary call::summary(now_t now) const {
    call_summary out{};
    out.call = number_;
    out.account = account_;
    out.direction = direction_;
    out.state = state_;
    out.local = "sip:" + account_settings_->user_name + '@' + account_settings_->servers[0].host;
    out.remote = remote_;
    out.remote_name = remote_name_;
    const auto& lines = negotiator_.agreed().lines;
    out.held_by_us = agreed_ == hold_wish::hold;
    out.held_by_peer = state_ == call_state::confirmed && !lines.empty() && lines.front().remote_hold;
    out.muted = muted_;
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
