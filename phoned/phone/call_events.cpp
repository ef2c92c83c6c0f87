// What SIP says about a call: its answers, the peer's offers, its end.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "phoned/phone/call.hpp"
#include "phoned/phone/identity.hpp"
#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"
#include "sip/syntax/multipart.hpp"

namespace phoned {

namespace {

/// RFC 3264 6.1: an offer that sends nothing is answered the same way by whoever holds and by whoever does not.
bool sends_media(const sdp::session& offer) {
    return std::any_of(offer.media_lines.begin(), offer.media_lines.end(), [&](const sdp::media& line) {
        return sdp::sends(sdp::effective_direction(offer, line));
    });
}

}  // namespace

sdp::negotiator& call::negotiator_of(std::uint32_t fork) {
    return forks_.try_emplace(fork, negotiator_).first->second;
}

void call::on(now_t now, const sip::call_progress& progress) {
    const auto response = progress.response.view();
    call_id_ = response.call_id();
    local_tag_ = response.from_tag();
    if (!response.to_tag().empty()) remote_tag_ = response.to_tag();
    show_callee(response, progress.callee.is_trusted);
    note_alerting(response.status(), progress.has_description);
    set_state(response.to_tag().empty() ? call_state::proceeding : call_state::early);
    if (!progress.has_description) return;
    auto& fork = negotiator_of(progress.fork);
    if (fork.current() != sdp::negotiator::phase::local_offer) return;  // 13.2.1: the first description is the answer
    auto answer = sdp::parse(sip::session_description(response));
    if (answer && fork.on_remote_answer(std::move(*answer))) return hear_early_media(now, progress.fork);
    // A preview that cannot be used may be followed by an answer that can; what was acknowledged is the answer.
    if (progress.is_reliable) give_up(now, "unusable answer", not_acceptable);
}

/// The guide's order: whom the network names, else whom we called.
void call::show_callee(sip::message_view response, bool is_trusted) {
    if (account_settings_->callee == callee_source::dialled) return;
    const auto reached = callee_of(response, is_trusted);
    if (!reached || (reached->uri == remote_ && reached->name == remote_name_)) return;
    remote_ = reached->uri;
    remote_name_ = reached->name;
    changes_.state = true;
}

void call::on(now_t, const sip::identity_changed& changed) {
    const bool is_own_word = changed.who.source == sip::identity_source::address;  // RFC 4916: nothing proves it
    if (account_settings_->callee == callee_source::dialled) return;
    if (is_own_word && account_settings_->callee != callee_source::connected) return;
    const auto now_there = caller_of(changed.carrier.view(), changed.who);
    remote_ = now_there.uri;
    remote_name_ = now_there.name;
    changes_.state = true;
}

/// 180 means ring-back, early media is heard in its place; phone_setting.is_deal180 says whether a later 180 brings it
/// back.
void call::note_alerting(unsigned status, bool has_description) {
    if (status == 180)
        is_alerting_ = is_alerting_ || !has_early_media() || around_->config.ringing_after_media;
    else if (has_description)
        is_alerting_ = false;
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
    show_callee(response, answered.callee.is_trusted);
    if (const auto contact = response.get<sip::header_id::contact>()) contact_ = contact->uri.text;
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
        std::string formal_answer;  // to an offer that came in a response (RFC 3261 13.2.2.4)
        if (negotiator.current() == sdp::negotiator::phase::remote_offer) {
            if (!offer.carrier.view().is_request())
                if (auto made = negotiator.make_refusal(local_media(wish_))) formal_answer = sdp::to_text(*made);
            if (negotiator.current() == sdp::negotiator::phase::remote_offer) negotiator.rollback();
        }
        around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
            auto const code = static_cast<std::uint16_t>(status);
            (void)core.refuse_offer(at, session_, code, out, offer.fork, formal_answer);
        });
    };
    // Glare (RFC 3261 14.2): the peer's offer has to wait, and ours stands as it is.
    if (negotiator.current() == sdp::negotiator::phase::local_offer) return refuse(491);
    if (offer.wanted_from_us) {
        // An offerless re-INVITE: what we want now (RFC 6337 5.2.4), its answer comes in the ACK.
        auto ours = negotiator.make_offer(able(wish_), local_media(wish_));
        if (!ours) return refuse(500);
        offered_ = wish_;
        return answer_with(*ours);
    }
    auto theirs = sdp::parse(sip::session_description(offer.carrier.view()));
    if (!theirs) return refuse(theirs.error().suggested_status);
    const bool can_tell_wish = sends_media(*theirs);
    if (auto taken = negotiator.on_remote_offer(std::move(*theirs)); !taken)
        return refuse(taken.error().suggested_status);
    offered_ = wish_;
    auto answer = negotiator.make_answer(able(wish_), local_media(wish_));
    if (!answer) return refuse(answer.error().suggested_status);
    answer_with(*answer);
    if (is_early) return hear_early_media(now, offer.fork);
    if (can_tell_wish) agreed_ = offered_;
    apply_agreement(now);
    follow_wish();
}

void call::on(now_t now, const sip::remote_answer& answer) {
    offer_is_out_ = false;
    take_answer(now, negotiator_, answer.carrier.view());
}

void call::take_answer(now_t now, sdp::negotiator& of, sip::message_view carrier) {
    auto answer = sdp::parse(sip::session_description(carrier));
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
    if (failed.status == 488 && offered_ == hold_wish::hold && music_) return set_music(std::nullopt);
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
    if (ended.why == sip::end_reason::rejected && follow_redirection(ended)) return;
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

}  // namespace phoned
