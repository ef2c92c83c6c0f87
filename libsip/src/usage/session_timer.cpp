#include "sip/usage/session_timer.hpp"

#include <algorithm>
#include <string_view>

namespace sip {

namespace {

using std::chrono::seconds;

constexpr std::uint32_t absolute_minimum = 90;  // 4
/// A chain of proxies may raise Min-SE one after the other; more than this is a loop.
constexpr std::uint8_t most_refusals = 3;

bool knows_timers(message_view message) noexcept {
    for (auto const& tag : message.all<header_id::supported>())
        if (tag && detail::equal_ignoring_case(tag->token, "timer")) return true;
    return false;
}

std::optional<std::uint32_t> seconds_in(parsed<delta_seconds_view> const& value) noexcept {
    return value ? std::optional(value->seconds) : std::nullopt;
}

}  // namespace

session_timer::session_timer(session_timer_settings const& settings) : settings_(settings) {
    settings_.minimum = std::max(settings_.minimum, seconds(absolute_minimum));
    settings_.interval = std::max(settings_.interval, settings_.minimum);
}

std::uint32_t session_timer::floor() const noexcept {
    return std::max({absolute_minimum, min_se_, static_cast<std::uint32_t>(settings_.minimum.count())});
}

session_timer::request_headers session_timer::for_request() const {
    using enum session_timer_settings::refresher;
    request_headers headers;
    if (!is_known()) return headers;
    if (is_running()) {
        // 7.4: the interval that is in force, and the roles as they are.
        headers.session_expires =
            std::to_string(std::max(floor(), interval_)) + ";refresher=" + (we_refresh_ ? "uac" : "uas");
    } else if (settings_.when == session_timer_settings::use::requested) {
        headers.session_expires =
            std::to_string(std::max(floor(), static_cast<std::uint32_t>(settings_.interval.count())));
        if (settings_.who != automatic)
            headers.session_expires += settings_.who == caller ? ";refresher=uac" : ";refresher=uas";
    }
    if (min_se_ != 0 || (!headers.session_expires.empty() && settings_.minimum > seconds(absolute_minimum)))
        headers.min_se = std::to_string(floor());
    return headers;
}

bool session_timer::on_too_small(message_view response) {
    auto const least = seconds_in(response.get<header_id::min_se>());
    if (!is_known() || !least || *least <= min_se_ || ++refusals_ > most_refusals) return false;
    min_se_ = *least;
    return true;
}

void session_timer::on_success_received(time_point now, message_view success) {
    if (!is_known()) return;
    auto const asked = for_request();
    // 7.4: what proxies on the way of the first INVITE wanted counts no more once there is a dialog.
    if (!std::exchange(established_, true)) min_se_ = 0;
    refusals_ = 0;
    auto const granted = success.get<header_id::session_expires>();
    if (granted) return start(now, granted->seconds, granted->params.value("refresher") != "uas");
    // 7.2: the callee does not know session timers; who asked may use one all the same, and refreshes.
    if (!asked.session_expires.empty() && !knows_timers(success))
        return start(now, static_cast<std::uint32_t>(std::stoul(asked.session_expires)), true);
    stop();
}

std::optional<seconds> session_timer::too_small(message_view request) const noexcept {
    auto const wanted = seconds_in(request.get<header_id::session_expires>());
    // Whoever does not know timers could not do anything about a 422 (8.1).
    if (!is_known() || !wanted || !knows_timers(request) || seconds(*wanted) >= settings_.minimum) return std::nullopt;
    return settings_.minimum;
}

session_timer::answer session_timer::for_answer(message_view request) const noexcept {
    using enum session_timer_settings::refresher;
    answer made;
    if (!is_known()) return made;
    bool const peer_knows = knows_timers(request);
    auto const wanted = request.get<header_id::session_expires>();
    if (wanted) {
        made.interval = wanted->seconds;
        auto const role = wanted->params.value("refresher");
        made.we_refresh = !peer_knows || role == "uas" || (role.empty() && settings_.who == callee);
    } else if (peer_knows && settings_.when == session_timer_settings::use::requested) {
        auto const least = seconds_in(request.get<header_id::min_se>()).value_or(absolute_minimum);
        made.interval = std::max(least, static_cast<std::uint32_t>(settings_.interval.count()));
        made.we_refresh = settings_.who == callee;
    }
    made.require = made.interval != 0 && peer_knows;
    return made;
}

std::string session_timer::answer::session_expires() const {
    return std::to_string(interval) + ";refresher=" + (we_refresh ? "uas" : "uac");
}

void session_timer::on_success_sent(time_point now, message_view request, answer const& given) {
    if (!is_known()) return;
    established_ = true;
    if (auto const least = seconds_in(request.get<header_id::min_se>())) min_se_ = std::max(min_se_, *least);
    given.interval != 0 ? start(now, given.interval, given.we_refresh) : stop();
}

void session_timer::start(time_point now, std::uint32_t interval, bool we_refresh) noexcept {
    interval_ = std::max(interval, absolute_minimum);
    we_refresh_ = we_refresh;
    seconds const whole(interval_);
    // 10: half of the interval leaves time for a second try; BYE goes out before proxies and firewalls forget the call.
    refresh_at_ = we_refresh ? std::optional(now + whole / 2) : std::nullopt;
    expires_at_ = now + whole - std::min(seconds(32), whole / 3);
}

void session_timer::stop() noexcept {
    interval_ = 0;
    refresh_at_.reset();
    expires_at_.reset();
}

session_timer::due session_timer::pop_due(time_point now) noexcept {
    if (expires_at_ && *expires_at_ <= now) {
        stop();
        return due::expired;
    }
    if (!refresh_at_ || *refresh_at_ > now) return due::nothing;
    refresh_at_.reset();
    return due::refresh;
}

std::optional<time_point> session_timer::next_deadline() const noexcept {
    return refresh_at_ && (!expires_at_ || *refresh_at_ < *expires_at_) ? refresh_at_ : expires_at_;
}

void session_timer::refresh_later(time_point now, duration wait) noexcept {
    if (we_refresh()) refresh_at_ = now + wait;
}

void session_timer::refresh_failed(time_point now) noexcept {
    // 10: not over and over: each further try waits for half of what is left.
    if (!we_refresh() || !expires_at_) return;
    auto const left = *expires_at_ - now;
    if (left > seconds(10)) refresh_at_ = now + left / 2;
}

}  // namespace sip
