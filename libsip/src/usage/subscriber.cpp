#include "sip/usage/subscriber.hpp"

#include <algorithm>

#include "sip/dialog/destruction.hpp"

namespace sip {

namespace {

using std::chrono::seconds;

/// A notifier that raises its minimum for ever must not keep us busy.
constexpr std::uint8_t most_brief_rounds = 3;
/// A subscription that ends this soon after it began was of no use: the next one waits, whatever the notifier says.
constexpr seconds shortest_useful_life{10};
constexpr seconds longest_retry_after = std::chrono::hours(1);

/// What a refused first SUBSCRIBE promises for the next one. The first group says that this notifier will never serve
/// us; all else may pass.
bool is_final_refusal(std::uint16_t status) noexcept {
    switch (status) {
        case 401:  // challenges that we could not answer
        case 403:
        case 404:
        case 405:
        case 406:
        case 407:
        case 410:
        case 415:
        case 416:
        case 420:
        case 484:
        case 489:
        case 501:
        case 603:
        case 604:
            return true;
        default:
            return status < 400;  // a redirection is the user's to follow
    }
}

std::optional<duration> wait_of(message_view response) {
    auto const wanted = response.get<header_id::retry_after>();
    if (!wanted) return std::nullopt;
    return std::min<duration>(seconds(wanted->seconds), longest_retry_after);
}

}  // namespace

subscriber::subscriber(subscriber_settings settings, environment& env) : settings_(settings), environment_(&env) {}

subscriber subscriber::of_fork(time_point now, subscriber_settings settings, environment& env) {
    settings.renew = false;  // the subscription that forked is the one that is made again
    subscriber made(settings, env);
    made.asked_ = settings.expires;
    made.started_ = now;
    return made;
}

std::optional<time_point> subscriber::next_deadline() const noexcept {
    std::optional<time_point> earliest;
    for (auto const& at : {timer_n_, expiry_, refresh_at_, retry_at_})
        if (at && (!earliest || *at < *earliest)) earliest = at;
    return earliest;
}

subscriber::outcome subscriber::start(time_point now) {
    return send(now, settings_.expires == 0 ? 0 : std::max(settings_.expires, minimum_), true);
}

void subscriber::start_implicit(time_point now) {
    implicit_ = true;
    (void)send(now, settings_.expires, true);
}

subscriber::outcome subscriber::send(time_point now, std::uint32_t expires, bool fresh) {
    if (fresh) {
        state_ = state::subscribing;
        started_ = now;
        expiry_.reset();
    }
    retry_at_.reset();
    refresh_at_.reset();
    in_flight_ = true;
    notified_ = false;
    asked_ = expires;
    timer_n_ = now + transaction_life(settings_.timing);
    if (state_ == state::subscribing) forks_until_ = *timer_n_;
    return {.send = request{expires, fresh}, .news = std::nullopt};
}

subscriber::outcome subscriber::stop(time_point now) {
    if (state_ == state::leaving || state_ == state::ended) return {};
    if (!is_established()) return ended({});
    state_ = state::leaving;
    refresh_at_.reset();
    if (in_flight_) return {};  // its answer lets us go on
    return send(now, 0, false);
}

subscriber::outcome subscriber::refresh(time_point now) {
    if (in_flight_ || !is_established() || state_ == state::leaving) return {};
    return send(now, std::max(settings_.expires, minimum_), false);
}

// ---- responses

subscriber::outcome subscriber::on_response(time_point now, message_view response, error_code auth_error) {
    if (state_ == state::ended || state_ == state::waiting) return {};
    in_flight_ = false;
    auto const status = response.status();
    if (state_ == state::leaving) {
        if (asked_ != 0 && effect_of_failure(status) == failure_effect::transaction) return send(now, 0, false);
        if (status < 300) return {};  // Timer N waits for the last NOTIFY
        return ended({.status = status, .error = auth_error});
    }
    if (status == 423) return on_too_brief(now, response, auth_error);
    if (status >= 300) return on_refusal(now, response, auth_error);
    brief_rounds_ = 0;
    // RFC 5839: nothing has changed, and no NOTIFY will come.
    if (status == 204) timer_n_.reset();
    auto const expires = response.get<header_id::expires>();
    // 4.2.1.1: the notifier may shorten what was asked for, not lengthen it.
    auto const granted = expires ? std::min(*expires, asked_) : asked_;
    if (!is_established()) {
        if (granted != 0) asked_ = granted;  // for a NOTIFY that does not say how long
        return {};
    }
    // The NOTIFY may have been faster, and have said less.
    auto const left = notified_ && expiry_ ? std::min<duration>(seconds(granted), *expiry_ - now) : seconds(granted);
    lapse_at(now, left);
    return {};
}

subscriber::outcome subscriber::on_too_brief(time_point now, message_view response, error_code auth_error) {
    auto const minimum = response.get<header_id::min_expires>();
    bool const usable = minimum && *minimum > asked_ && asked_ != 0 && !implicit_;
    if (!usable || ++brief_rounds_ > most_brief_rounds) return on_refusal(now, response, auth_error);
    minimum_ = *minimum;
    return send(now, minimum_, false);
}

subscriber::outcome subscriber::on_refusal(time_point now, message_view response, error_code auth_error) {
    news const why{.status = response.status(), .error = auth_error, .reason = {}};
    auto const wait = wait_of(response);
    if (!is_established())
        return lost(now, is_final_refusal(why.status) ? resubscription::never : resubscription::later, wait, why);
    // 4.1.2.2, RFC 5057: what ends the usage, and what only fails this refresh.
    if (effect_of_failure(why.status) != failure_effect::transaction)
        return lost(now, why.status == 481 ? resubscription::at_once : resubscription::later, wait, why);
    return keep_until_expiry(now, wait, why);
}

subscriber::outcome subscriber::keep_until_expiry(time_point now, std::optional<duration> wait, news why) {
    timer_n_.reset();
    if (!expiry_) return lost(now, resubscription::later, wait, why);
    // Half of what is left, so that a short subscription is not given up after one try.
    auto const next =
        now + std::max(wait.value_or(duration::zero()), std::max<duration>((*expiry_ - now) / 2, seconds(1)));
    if (next < *expiry_) refresh_at_ = next;
    return {.send = std::nullopt, .news = why};
}

subscriber::outcome subscriber::on_failed(time_point now, errc why) {
    if (state_ == state::ended || state_ == state::waiting) return {};
    in_flight_ = false;
    news const told{.status = 0, .error = why, .reason = {}};
    if (state_ == state::leaving) return ended(told);
    // RFC 5057 5.2: no answer counts as 408, which ends the usage; without a way to the peer nothing was asked.
    if (is_established() && why != errc::transaction_timeout) return keep_until_expiry(now, std::nullopt, told);
    return lost(now, resubscription::later, std::nullopt, told);
}

// ---- notifications

subscriber::outcome subscriber::on_notify(time_point now, subscription_status const& status) {
    if (state_ == state::ended || state_ == state::waiting) return {};
    notified_ = true;
    if (status.phase == subscription_phase::terminated) {
        news const why{.status = 0, .error = {}, .reason = status.reason};
        if (state_ == state::leaving || asked_ == 0) return ended(why);
        std::optional<duration> wait;
        if (status.retry_after) wait = std::min<duration>(seconds(*status.retry_after), longest_retry_after);
        return lost(now, resubscription_after(status.reason), wait, why);
    }
    if (state_ == state::leaving) return {};  // it crossed our request; the last one is still to come
    if (asked_ == 0) return {};               // fetching: as before
    timer_n_.reset();
    auto const before = state_;
    state_ = status.phase == subscription_phase::pending ? state::pending : state::active;
    if (state_ == state::active) failures_ = 0;
    if (status.expires)
        lapse_at(now, seconds(*status.expires));
    else if (!expiry_)
        lapse_at(now, seconds(asked_));  // RFC 3265 let notifiers leave it out
    if (state_ == before) return {};
    return {.send = std::nullopt, .news = news{}};
}

/// The subscription ends then; the refresh comes early enough for one SUBSCRIBE to time out and another to get through,
/// half-way where it is short, and not together with everybody else's.
void subscriber::lapse_at(time_point now, duration granted) {
    expiry_ = now + granted;
    if (in_flight_) return;  // a refresh is out
    auto const margin = std::min<duration>(granted / 2, seconds(40));
    auto const spread = std::min<duration>(granted / 20, seconds(60));
    auto const earlier = spread.count() > 0
                             ? duration(environment_->random.below(static_cast<std::uint64_t>(spread.count())))
                             : duration{};
    refresh_at_ = *expiry_ - margin - earlier;
}

// ---- time and ends

subscriber::outcome subscriber::on_timeout(time_point now) {
    auto const is_due = [now](std::optional<time_point> const& at) { return at && *at <= now; };
    if (is_due(retry_at_)) return start(now);
    if (is_due(timer_n_)) {
        timer_n_.reset();
        news const why{.status = 0, .error = errc::transaction_timeout, .reason = {}};
        if (state_ == state::leaving || asked_ == 0) return ended(why);
        return lost(now, resubscription::later, std::nullopt, why);
    }
    if (is_due(expiry_)) {
        news const why{.status = 0, .error = {}, .reason = termination_reason::timeout};
        if (state_ == state::leaving) return ended(why);
        return lost(now, resubscription::at_once, std::nullopt, why);
    }
    if (is_due(refresh_at_)) {
        refresh_at_.reset();
        if (!in_flight_) return send(now, std::max(settings_.expires, minimum_), false);
    }
    return {};
}

subscriber::outcome subscriber::ended(news why) {
    state_ = state::ended;
    in_flight_ = false;
    timer_n_.reset();
    expiry_.reset();
    refresh_at_.reset();
    retry_at_.reset();
    return {.send = std::nullopt, .news = why};
}

subscriber::outcome subscriber::lost(time_point now, resubscription again, std::optional<duration> wait, news why) {
    if (!settings_.renew || again == resubscription::never || asked_ == 0) return ended(why);
    (void)ended(why);
    state_ = state::waiting;
    brief_rounds_ = 0;
    bool const was_useful = now - started_ >= shortest_useful_life;
    if (again == resubscription::at_once && was_useful && !wait) {
        failures_ = 0;
        retry_at_ = now;
    } else {
        retry_at_ = now + (wait ? std::max<duration>(*wait, seconds(1)) : back_off());
    }
    return {.send = std::nullopt, .news = why};
}

duration subscriber::back_off() {
    // Doubling steps up to the ceiling; the wait itself is drawn from the upper half of the step.
    auto step = settings_.retry_after_failure;
    for (std::uint32_t i = 0; i < failures_ && step < settings_.longest_retry; ++i)
        step *= 2;
    step = std::min(step, settings_.longest_retry);
    ++failures_;
    return step / 2 + duration(environment_->random.below(static_cast<std::uint64_t>((step / 2).count()) + 1));
}

}  // namespace sip
