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
    tn_ = now + random_interval({});
}

duration rtcp_scheduler::random_interval(rtcp_group const& group) const {
    auto const minimum = initial_ ? rates_.minimum / 2 : rates_.minimum;
    auto const interval = deterministic_interval(rates_, group, avg_rtcp_size_, minimum);
    // RFC 3550 6.3.1 steps 4 and 5: between half and one and a half, made shorter since reconsideration makes it
    // longer.
    constexpr double compensation = std::numbers::e - 1.5;
    return std::max(scaled(interval, (environment_->random_fraction() + 0.5) / compensation), shortest);
}

bool rtcp_scheduler::is_time_to_send(time_point now, rtcp_group const& group) {
    if (now < tn_) return false;
    auto const& counted = leaving_ ? leaving_group_ : group;
    auto const reconsidered = tp_ + random_interval(counted);
    if (!leaving_) pmembers_ = counted.members;
    if (reconsidered <= now) return true;
    tn_ = reconsidered;
    return false;
}

void rtcp_scheduler::schedule_next(time_point now, rtcp_group const& group) {
    tp_ = now;
    tn_ = now + random_interval(group);
}

void rtcp_scheduler::on_sent(time_point now, std::size_t size, rtcp_group const& group) {
    on_received(size);
    // As in A.7: the first interval after the first report is still drawn with the initial minimum.
    schedule_next(now, group);
    initial_ = false;
}

void rtcp_scheduler::on_skipped(time_point now, rtcp_group const& group) {
    schedule_next(now, group);
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
    return deterministic_interval(
        rates_, {group.members, group.senders, false}, avg_rtcp_size_, std::chrono::seconds(5)
    );
}

}  // namespace rtp
