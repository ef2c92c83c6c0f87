// One call: how it begins, what the user does with it, how it ends. What SIP says is in call_events.cpp, media in
// call_media.cpp.
#include "phoned/phone/call.hpp"

#include <utility>

#include <fmt/format.h>

#include "phoned/phone/identity.hpp"
#include "phoned/phone/referrals.hpp"
#include "sdp/model/parse.hpp"
#include "sdp/model/print.hpp"
#include "sip/syntax/multipart.hpp"

namespace phoned {

std::string explain(const sdp::failure& failure) {
    return failure.line == 0 ? std::string(failure.reason) : fmt::format("line {}: {}", failure.line, failure.reason);
}

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
    now_t now, sip::account_id account, call_target target, std::chrono::seconds ring_limit
) {
    sip_account_ = account;
    target_ = std::move(target);
    ring_limit_ = ring_limit;
    changes_.state = true;
    if (!open_media(now)) return "no RTP port is free (network.port.min_rtpport, max_rtpport)";
    return invite();
}

/// Sends the INVITE. Each is a new session with an offer of its own.
std::optional<std::string> call::invite() {
    remote_ = target_.uri;
    negotiator_ = sdp::negotiator(own_origin(around_->random));
    auto offer = negotiator_.make_offer(able_, local_media(hold_wish::talk));
    if (!offer) return "no codec is switched on that this phone can encode";
    sip::invite_options options{target_.uri};
    options.with_offer(sdp::to_text(*offer));
    options.headers = target_.headers;
    options.replaces = target_.replaces;
    if (target_.is_anonymous) options.with_identity(sip::own_identity::anonymous());
    if (ring_limit_.count() > 0) options.ring_limit = ring_limit_;
    std::optional<std::string> problem;
    around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        auto made = core.invite(at, sip_account_, options, out);
        if (made)
            session_ = *made;
        else
            problem = made.error().message();
    });
    return problem;
}

/// Where a 3xx points the call goes on (RFC 3261 8.1.3.4). The guide has a new Call-ID for that, so it is a new session
/// under the same number; further targets of the same 3xx are tried when one refuses.
bool call::follow_redirection(const sip::call_ended& ended) {
    const bool is_redirected = ended.status >= 300 && ended.status < 400;
    // 21.6: whoever was reached and declines is asked nowhere else.
    if (direction_ == call_direction::incoming || hung_up_here_ || !ended.cause || ended.status >= 600) return false;
    const auto response = ended.cause.view();
    redirects_.add(response, target_.uri);
    const auto next = redirects_.next(most_redirections);
    if (!next) {
        if (is_redirected) cause_ = "forwarded in a circle, too often, or to nowhere";
        return false;
    }
    target_.uri = *next;
    if (is_redirected) pass_on_diversion(response, target_.headers);
    forks_.clear();
    heard_fork_.reset();
    is_alerting_ = false;
    state_ = call_state::trying;
    changes_.state = changes_.redirected = true;
    if (auto problem = invite()) {
        cause_ = std::move(*problem);
        return false;
    }
    return true;
}

bool call::receive(now_t now, const sip::incoming_call& incoming) {
    session_ = incoming.id;
    state_ = call_state::early;
    const auto invite = incoming.invite.view();
    call_id_ = invite.call_id();
    remote_tag_ = invite.from_tag();
    const auto caller = caller_of(invite, incoming.caller);
    remote_ = caller.uri;
    remote_name_ = caller.name;
    is_anonymous_ = caller.is_anonymous;
    if (around_->config.shows_diversion) diverted_by_ = diverted_by(invite);
    referred_by_ = referred_by(invite);
    changes_.state = true;
    const auto refuse = [&](unsigned status, std::string why) {
        cause_ = std::move(why);
        reject(status);
        return false;
    };
    if (!open_media(now)) return refuse(480, "no RTP port is free");
    if (incoming.has_offer) {
        auto offer = sdp::parse(sip::session_description(invite));
        if (!offer)
            return refuse(offer.error().suggested_status, fmt::format("unusable offer: {}", explain(offer.error())));
        if (auto taken = negotiator_.on_remote_offer(std::move(*offer)); !taken)
            return refuse(488, explain(taken.error()));
        // A call that could not be answered must not ring.
        auto trial = negotiator_;
        if (auto answer = trial.make_answer(able_, local_media(hold_wish::talk)); !answer)
            return refuse(488, explain(answer.error()));
    }
    return true;
}

void call::ring() {
    around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.ring(at, session_, 180, {}, out);
    });
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

void call::forward(std::string_view contact, std::string_view diversion_reason) {
    hung_up_here_ = true;
    sip_code_ = 302;
    cause_ = fmt::format("forwarded to {}", contact);
    const auto headers = redirection_headers(contact, local_uri(), diversion_reason);
    around_->sip.run([&](sip::user_agent_core& core, sip::now_t at, sip::outbox& out) {
        (void)core.reject(at, session_, 302, {}, headers, out);
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

// ---- commands

void call::set_hold(hold_wish wish) {
    if (wish == hold_wish::talk)
        drop_music();
    else if (wish_ == hold_wish::talk)
        awaits_music_ = has_music_server() && !account_settings_->music_after_hold;
    wish_ = wish;
    refused_ = false;
    changes_.state = true;
    follow_wish();
}

/// Offers the session that the user wants, as soon as no exchange is open. Called whenever one has ended.
void call::follow_wish() {
    const bool is_open = negotiator_.current() != sdp::negotiator::phase::stable;
    if (state_ != call_state::confirmed || is_open || offer_is_out_ || refused_) return;
    if ((wish_ == agreed_ && !has_moved_) || awaits_music_) return;
    auto offer = negotiator_.make_offer(able(wish_), local_media(wish_));
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
    changes_.state = true;
    follow_mute();
}

void call::set_in_conference(bool is_in) {
    changes_.state = changes_.state || is_in != in_conference_;
    in_conference_ = is_in;
    follow_mute();
}

/// In a conference the user alone is muted, in the mix: the others go on hearing each other.
void call::follow_mute() {
    if (stream_) stream_->set_muted(muted_ && !in_conference_);
}

}  // namespace phoned
