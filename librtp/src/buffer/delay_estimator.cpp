#include "rtp/buffer/delay_estimator.hpp"

#include <algorithm>
#include <numeric>

namespace rtp {
namespace {

constexpr std::uint32_t one = 1U << 30;

// The fastest packet ever is this much faster than all before: the route has changed, and what was learned on the old
// one keeps the weight of a tenth of a second.
constexpr duration new_route = std::chrono::milliseconds(20);
constexpr duration old_weight = std::chrono::milliseconds(100);

constexpr std::int64_t bins_in(duration span) noexcept {
    return span / delay_estimator::bin_width;
}

}  // namespace

delay_estimator::delay_estimator(delay_estimator_settings const& settings)
    : settings_(settings),
      bins_(static_cast<std::size_t>(std::max<std::int64_t>(bins_in(settings.longest), 1))),
      target_(std::clamp(settings.start, bin_width, std::max(settings.longest, bin_width))) {}

void delay_estimator::restart() noexcept {
    settings_.start = target_;
    std::fill(bins_.begin(), bins_.end(), 0U);
    listened_ = duration::zero();
    started_ = false;
}

duration delay_estimator::on_packet(time_point arrival, duration transit, duration length) noexcept {
    if (!started_) {
        started_ = true;
        reference_ = fastest_now_ = fastest_before_ = transit;
        window_start_ = first_ = last_ = arrival;
    }
    follow_fastest(arrival, transit);
    auto const late = delay(transit);
    if (late < settings_.longest) count(late, length);
    set_target(arrival);
    return late;
}

void delay_estimator::follow_fastest(time_point arrival, duration transit) noexcept {
    if (arrival - window_start_ >= window) {
        fastest_before_ = fastest_now_;
        fastest_now_ = transit;
        window_start_ = arrival;
    }
    fastest_now_ = std::min(fastest_now_, transit);
    auto const fastest = std::min(fastest_now_, fastest_before_);
    auto const ahead = fastest - reference_;
    if (ahead < duration::zero()) {
        if (-ahead >= new_route) listened_ = std::min(listened_, old_weight);
        move_reference((ahead - bin_width + duration(1)) / bin_width);  // rounded away from zero
    } else if (ahead >= bin_width) {
        move_reference(bins_in(ahead));
    }
}

void delay_estimator::move_reference(std::int64_t bins) noexcept {
    reference_ += bins * bin_width;
    auto const count = static_cast<std::int64_t>(bins_.size());
    if (bins <= -count) {
        // Nothing known so far says anything about this path.
        std::fill(bins_.begin(), bins_.end(), 0U);
        return;
    }
    if (bins < 0) {  // every delay has become longer; what leaves the range has become unplannable
        std::move_backward(bins_.begin(), bins_.end() + bins, bins_.end());
        std::fill(bins_.begin(), bins_.begin() - bins, 0U);
    } else {
        auto const gone = std::min(bins, count);
        auto const shortest = std::accumulate(bins_.begin(), bins_.begin() + gone, 0U);
        std::move(bins_.begin() + gone, bins_.end(), bins_.begin());
        std::fill(bins_.end() - gone, bins_.end(), 0U);
        bins_[0] += shortest;
    }
}

void delay_estimator::count(duration late, duration length) noexcept {
    // Each packet takes its share of the memory, more while there is little of it: then all count alike.
    length = std::clamp(length, duration(std::chrono::milliseconds(1)), settings_.memory);
    listened_ = std::min(listened_ + length, settings_.memory);
    auto const share = static_cast<std::uint64_t>(length.count()) * one / static_cast<std::uint64_t>(listened_.count());
    for (auto& bin : bins_)
        bin -= static_cast<std::uint32_t>(bin * share / one);
    auto const at = std::clamp<std::int64_t>(bins_in(late), 0, static_cast<std::int64_t>(bins_.size()) - 1);
    bins_[static_cast<std::size_t>(at)] += static_cast<std::uint32_t>(share);
}

duration delay_estimator::percentile() const noexcept {
    std::uint64_t const total = std::accumulate(bins_.begin(), bins_.end(), std::uint64_t{0});
    auto const allowed = total * static_cast<std::uint64_t>(settings_.late_per_mille) / 1000;
    std::uint64_t above = 0;
    for (auto n = bins_.size(); n-- > 0;) {
        above += bins_[n];
        if (above > allowed) return static_cast<std::int64_t>(n + 1) * bin_width;
    }
    return bin_width;
}

void delay_estimator::set_target(time_point arrival) noexcept {
    auto const wanted = percentile();
    auto const passed = std::clamp(arrival - last_, duration::zero(), duration(std::chrono::seconds(1)));
    last_ = std::max(last_, arrival);
    if (wanted >= target_) {
        target_ = wanted;
        return;
    }
    auto const fall = settings_.fall_per_second * passed.count() / duration(std::chrono::seconds(1)).count();
    auto const floor = arrival - first_ < learning ? std::min(settings_.start, target_) : wanted;
    target_ = std::max({target_ - fall, wanted, floor});
}

}  // namespace rtp
