#include "sip/usage/publication.hpp"

#include <algorithm>
#include <utility>

namespace sip {

namespace {

using std::chrono::seconds;

/// A server that refuses every tag that it has given, or raises its minimum for ever, must not keep us busy.
constexpr std::uint8_t most_quick_rounds = 3;
constexpr seconds longest_retry_after = std::chrono::hours(1);

/// The server does not do what we want, and never will (RFC 3903 5).
bool is_final_refusal(std::uint16_t status) noexcept {
    switch (status) {
        case 401:
        case 403:
        case 404:
        case 405:
        case 407:
        case 415:
        case 489:
        case 501:
        case 603:
        case 604:
            return true;
        default:
            return status < 400;
    }
}

}  // namespace

publication::outcome publication::send(std::uint32_t expires, bool with_body) {
    deadline_.reset();
    in_flight_ = true;
    asked_ = expires;
    if (with_body) changed_ = false;
    return {.send = request{expires, tag_, with_body}, .news = std::nullopt};
}

publication::outcome publication::start(notification_body body) {
    body_ = std::move(body);
    return send(std::max(settings_.expires, minimum_), true);
}

publication::outcome publication::modify(notification_body body) {
    if (leaving_ || state_ == state::ended) return {};
    body_ = std::move(body);
    changed_ = true;
    if (in_flight_ || state_ == state::waiting) return {};
    return send(std::max(settings_.expires, minimum_), true);
}

publication::outcome publication::stop() {
    if (leaving_ || state_ == state::ended) return {};
    leaving_ = true;
    if (in_flight_) return {};  // its answer tells whether there is anything to remove
    if (tag_.empty()) return ended({});
    state_ = state::removing;
    return send(0, false);
}

publication::outcome publication::on_response(time_point now, message_view response, error_code auth_error) {
    if (state_ == state::ended) return {};
    in_flight_ = false;
    auto const status = response.status();
    news const told{.status = status, .error = auth_error};
    if (asked_ == 0) return ended(told);  // 4.5: a removal has no second try
    if (status < 300) return published(now, response);
    if (status == 412 && !tag_.empty() && ++quick_rounds_ <= most_quick_rounds) {
        // 4.3: the server has lost our state; it is published anew, whole.
        tag_.clear();
        if (leaving_) return ended(told);
        return send(std::max(settings_.expires, minimum_), true);
    }
    if (leaving_) return tag_.empty() ? ended(told) : (state_ = state::removing, send(0, false));
    if (status == 423) {
        auto const minimum = response.get<header_id::min_expires>();
        if (minimum && *minimum > asked_ && ++quick_rounds_ <= most_quick_rounds) {
            minimum_ = *minimum;
            return send(minimum_, true);
        }
    }
    if (is_final_refusal(status)) return ended(told);
    std::optional<duration> wait;
    if (auto const after = response.get<header_id::retry_after>())
        wait = std::min<duration>(seconds(after->seconds), longest_retry_after);
    return failed(now, wait, told);
}

publication::outcome publication::published(time_point now, message_view response) {
    // 4.1: every success brings a new tag. A server without one cannot be refreshed: the next request begins anew.
    tag_ = response.raw("SIP-ETag");
    quick_rounds_ = 0;
    failures_ = 0;
    if (leaving_) {
        if (tag_.empty()) return ended({.status = response.status(), .error = {}});
        state_ = state::removing;
        return send(0, false);
    }
    bool const is_news = state_ != state::published;
    state_ = state::published;
    outcome next;
    if (changed_) next = send(std::max(settings_.expires, minimum_), true);
    if (is_news) next.news = news{.status = response.status(), .error = {}};
    if (next.send) return next;
    auto const expires = response.get<header_id::expires>();
    auto const granted = seconds(expires ? std::min(*expires, asked_) : asked_);
    auto const margin = std::min<duration>(granted / 2, seconds(40));
    auto const spread = std::min<duration>(granted / 20, seconds(60));
    auto const earlier = spread.count() > 0
                             ? duration(environment_->random.below(static_cast<std::uint64_t>(spread.count())))
                             : duration{};
    deadline_ = now + std::max<duration>(granted - margin - earlier, seconds(1));
    return next;
}

publication::outcome publication::on_failed(time_point now, errc why) {
    if (state_ == state::ended) return {};
    in_flight_ = false;
    news const told{.status = 0, .error = why};
    if (asked_ == 0 || leaving_) return ended(told);  // the state will expire by itself
    return failed(now, std::nullopt, told);
}

publication::outcome publication::failed(time_point now, std::optional<duration> wait, news why) {
    state_ = state::waiting;
    quick_rounds_ = 0;
    changed_ = true;
    // Doubling steps up to the ceiling; the wait itself is drawn from the upper half of the step.
    auto step = settings_.retry_after_failure;
    for (std::uint32_t i = 0; i < failures_ && step < settings_.longest_retry; ++i)
        step *= 2;
    step = std::min(step, settings_.longest_retry);
    ++failures_;
    auto const drawn =
        step / 2 + duration(environment_->random.below(static_cast<std::uint64_t>((step / 2).count()) + 1));
    deadline_ = now + std::max(drawn, wait.value_or(duration::zero()));
    return {.send = std::nullopt, .news = why};
}

publication::outcome publication::on_timeout(time_point now) {
    if (!deadline_ || now < *deadline_ || in_flight_) return {};
    deadline_.reset();
    // 4.3: a refresh has no body; what the server may have lost or never had goes with one.
    return send(std::max(settings_.expires, minimum_), changed_ || tag_.empty());
}

publication::outcome publication::ended(news why) {
    state_ = state::ended;
    tag_.clear();
    deadline_.reset();
    return {.send = std::nullopt, .news = why};
}

}  // namespace sip
