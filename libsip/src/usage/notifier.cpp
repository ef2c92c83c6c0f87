#include "sip/usage/notifier.hpp"

#include <algorithm>
#include <utility>

namespace sip {

namespace {

using std::chrono::seconds;

/// 4.2.1.1: a notifier may call less than this too brief, and nothing above it.
constexpr std::uint32_t longest_minimum = 3600;
constexpr seconds usual_wait{5};

}  // namespace

std::optional<std::uint32_t> notifier::grant(
    notifier_settings const& settings, std::optional<std::uint32_t> wanted
) noexcept {
    if (!wanted) return settings.preferred;
    if (*wanted == 0) return 0;
    if (*wanted < std::min(settings.shortest, longest_minimum)) return std::nullopt;
    return std::min(*wanted, settings.longest);
}

void notifier::last_for(time_point now, std::uint32_t granted) {
    expiry_ = now + seconds(granted);
    owed_at_ = now + settings_.timing.t1;
    not_before_ = std::min(not_before_, now);  // 4.2.1.2: it is not one that the interval holds back
}

error_code notifier::put(notification_body body) {
    if (settings_.scope == body_scope::full) waiting_.clear();
    if (waiting_.size() >= most_waiting) return errc::limit_reached;
    waiting_.push_back(std::move(body));
    return {};
}

std::optional<time_point> notifier::next_notify() const noexcept {
    if (in_flight_) return std::nullopt;
    if (!waiting_.empty()) return not_before_;
    if (owed_at_) return std::max(*owed_at_, not_before_);
    return std::nullopt;
}

bool notifier::is_due(time_point now) const noexcept {
    auto const at = next_notify();
    return at && *at <= now;
}

notification_body notifier::take(time_point now) {
    on_its_way_ = {};
    if (!waiting_.empty()) {
        on_its_way_ = std::move(waiting_.front());
        waiting_.pop_front();
    }
    in_flight_ = true;
    owed_at_.reset();
    not_before_ = now + settings_.interval;
    return on_its_way_;
}

subscription_status notifier::status(time_point now) const noexcept {
    auto const left = expiry_ ? std::max(*expiry_ - now, duration::zero()) : duration::zero();
    // Rounded up, so that a subscription never reads as over while it lives.
    auto const whole = std::chrono::ceil<seconds>(left).count();
    return {.phase = phase_, .expires = static_cast<std::uint32_t>(whole)};
}

void notifier::on_delivered() noexcept {
    in_flight_ = false;
    failures_ = 0;
}

bool notifier::on_failed(time_point now, std::optional<duration> wait) {
    in_flight_ = false;
    if (++failures_ >= most_failures) return false;
    not_before_ = std::max(not_before_, now + wait.value_or(usual_wait));
    if (settings_.scope == body_scope::partial || waiting_.empty()) waiting_.push_front(std::move(on_its_way_));
    return true;
}

std::optional<time_point> notifier::next_deadline() const noexcept {
    auto const notify = next_notify();
    if (!expiry_) return std::nullopt;
    return notify ? std::min(*notify, *expiry_) : *expiry_;
}

}  // namespace sip
