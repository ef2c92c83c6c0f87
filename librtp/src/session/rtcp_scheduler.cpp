#include "rtp/session/rtcp_scheduler.hpp"

#include <algorithm>
#include <chrono>
#include <numbers>

namespace rtp {

namespace {

using seconds_f = std::chrono::duration<double>;

constexpr double sender_share = 0.25;
constexpr duration longest = std::chrono::hours(24);
constexpr duration shortest = std::chrono::milliseconds(1);
// RFC 4585 3.4 d: time to learn the size of the group.
constexpr duration first_of_avpf = std::chrono::seconds(1);
// RFC 4585 3.4 h, T_max_fb_delay: what was not repaired by then has been played.
constexpr duration useful_feedback = std::chrono::milliseconds(500);

duration scaled(duration span, double factor) noexcept {
    return std::chrono::duration_cast<duration>(std::chrono::duration<double, duration::period>(span) * factor);
}

}  // namespace

duration deterministic_interval(
    rtcp_rates const& rates, rtcp_group const& group, double average_size, duration minimum
) noexcept {
    // RFC 3550 6.3.1 step 1: a few senders have a quarter of the bandwidth among themselves; many share all of it with
    // the rest.
    auto const members = static_cast<double>(group.members);
    auto const senders = static_cast<double>(group.senders);
    auto count = members;
    auto bandwidth = rates.bandwidth;
    if (senders <= members * sender_share) {
        count = group.we_sent ? senders : members - senders;
        bandwidth *= group.we_sent ? sender_share : 1 - sender_share;
    }
    auto const seconds = std::min(seconds_f(average_size * count / bandwidth), seconds_f(longest));
    return std::max(minimum, std::chrono::duration_cast<duration>(seconds));
}

rtcp_scheduler::rtcp_scheduler(time_point now, rtcp_rates rates, std::size_t first_size, environment& environment)
    : environment_(&environment), rates_(rates), tp_(now), avg_rtcp_size_(static_cast<double>(first_size)) {
    t_rr_ = random_interval({});
    tn_ = now + t_rr_;
}

void rtcp_scheduler::set_profile(rtcp_profile profile, duration regular_minimum) noexcept {
    profile_ = profile;
    regular_minimum_ = regular_minimum;
    if (profile == rtcp_profile::avp) on_feedback_dropped();
}

duration rtcp_scheduler::fixed_minimum() const noexcept {
    if (profile_ == rtcp_profile::avpf) return initial_ ? first_of_avpf : duration::zero();
    return initial_ ? rates_.minimum / 2 : rates_.minimum;
}

duration rtcp_scheduler::random_interval(rtcp_group const& group) const {
    auto const interval = deterministic_interval(rates_, group, avg_rtcp_size_, fixed_minimum());
    // RFC 3550 6.3.1 steps 4 and 5: between half and one and a half, made shorter since reconsideration makes it
    // longer.
    constexpr double compensation = std::numbers::e - 1.5;
    return std::max(scaled(interval, (environment_->random_fraction() + 0.5) / compensation), shortest);
}

bool rtcp_scheduler::is_time_to_send(time_point now, rtcp_group const& group) {
    if (now < tn_) return false;
    auto const& counted = leaving_ ? leaving_group_ : group;
    t_rr_ = random_interval(counted);
    auto const reconsidered = tp_ + t_rr_;
    if (!leaving_) pmembers_ = counted.members;
    if (reconsidered > now) {
        tn_ = reconsidered;
        return false;
    }
    if (!is_suppressed(now)) return true;
    schedule_next(now, counted);
    return false;
}

// RFC 4585 3.5.3: the first report and those that carry feedback always go out; others wait for T_rr_interval.
bool rtcp_scheduler::is_suppressed(time_point now) const {
    if (leaving_ || profile_ == rtcp_profile::avp || regular_minimum_ == duration::zero()) return false;
    if (!t_rr_last_ || waits_for_report_) return false;
    return *t_rr_last_ + scaled(regular_minimum_, environment_->random_fraction() + 0.5) > now;
}

void rtcp_scheduler::schedule_next(time_point now, rtcp_group const& group) {
    tp_ = now;
    t_rr_ = random_interval(group);
    tn_ = now + t_rr_;
    allow_early_ = true;
}

void rtcp_scheduler::on_sent(time_point now, std::size_t size, rtcp_group const& group) {
    on_received(size);
    // RFC 4585 3.5.3, 2b: a report that only feedback has brought about does not count as a regular one.
    if (!waits_for_report_ || !t_rr_last_) t_rr_last_ = now;
    waits_for_report_ = false;
    // As in A.7: the first interval after the first report is still drawn with the initial minimum.
    schedule_next(now, group);
    initial_ = false;
}

void rtcp_scheduler::on_skipped(time_point now, rtcp_group const& group) {
    schedule_next(now, group);
}

bool rtcp_scheduler::request_feedback(time_point now, rtcp_group const& group) {
    if (profile_ == rtcp_profile::avp || leaving_) return false;
    if (te_ || waits_for_report_) return true;
    // Between two there is nobody who could have said the same (3.4 g); in a group half of T_rr gives time to hear it.
    auto const dither = group.members <= 2 ? duration::zero() : t_rr_ / 2;
    if (allow_early_ && now + dither < tn_) {
        te_ = now + scaled(dither, environment_->random_fraction());
        return true;
    }
    waits_for_report_ = tn_ - now <= useful_feedback;
    return waits_for_report_;
}

// RFC 4585 3.5.2 step 6: one regular report is left out for it.
void rtcp_scheduler::on_early_sent(std::size_t size) noexcept {
    on_received(size);
    te_.reset();
    allow_early_ = false;
    auto const left_out = tn_;
    tn_ = tp_ + 2 * t_rr_;
    tp_ = left_out;
}

void rtcp_scheduler::on_feedback_dropped() noexcept {
    te_.reset();
    waits_for_report_ = false;
}

void rtcp_scheduler::on_received(std::size_t size) noexcept {
    avg_rtcp_size_ = static_cast<double>(size) / 16 + avg_rtcp_size_ * 15 / 16;
}

void rtcp_scheduler::on_group_changed(time_point now, rtcp_group const& group) noexcept {
    if (leaving_ || group.members >= pmembers_) return;
    auto const ratio = static_cast<double>(group.members) / static_cast<double>(pmembers_);
    tn_ = now + scaled(tn_ - now, ratio);
    tp_ = now - scaled(now - tp_, ratio);
    pmembers_ = group.members;
}

void rtcp_scheduler::leave(time_point now, std::size_t bye_size) {
    leaving_ = true;
    on_feedback_dropped();
    leaving_group_ = {};
    initial_ = true;
    pmembers_ = 1;
    avg_rtcp_size_ = static_cast<double>(bye_size);
    schedule_next(now, leaving_group_);
}

void rtcp_scheduler::on_bye_received(std::size_t size) noexcept {
    ++leaving_group_.members;
    on_received(size);
}

duration rtcp_scheduler::member_interval(rtcp_group const& group) const noexcept {
    // RFC 4585 3.5.4: T_rr_interval, where there is one, takes the place of the fixed minimum.
    bool const is_avpf = profile_ == rtcp_profile::avpf && regular_minimum_ > duration::zero();
    auto const minimum = is_avpf ? regular_minimum_ : duration(std::chrono::seconds(5));
    return deterministic_interval(rates_, {group.members, group.senders, false}, avg_rtcp_size_, minimum);
}

}  // namespace rtp
