#include "rtp/buffer/delay_estimator.hpp"

#include <algorithm>
#include <numeric>

namespace rtp {
namespace {

// Weights begin here, and are scaled down again before they could overflow.
constexpr std::uint64_t first_weight = 1U << 16;
constexpr std::uint64_t largest_total = std::uint64_t{1} << 34;
constexpr int scaling_bits = 14;

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
      target_(std::clamp(settings.start, bin_width, std::max(settings.longest, bin_width))) {
    settings_.late_cost = std::clamp(settings.late_cost, duration::zero(), duration(std::chrono::seconds(10)));
}

void delay_estimator::restart() noexcept {
    settings_.start = target_;
    forget();
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

void delay_estimator::forget() noexcept {
    std::fill(bins_.begin(), bins_.end(), 0U);
    total_ = 0;
    cheapest_ = 0;
}

void delay_estimator::move_reference(std::int64_t bins) noexcept {
    reference_ += bins * bin_width;
    // A single step is the drift of the clocks or the luck of one packet, and says nothing about the others: to those
    // heard before, the fastest was what it was then.
    if (bins == 1 || bins == -1) return;
    auto const count = static_cast<std::int64_t>(bins_.size());
    if (bins <= -count) return forget();  // nothing known so far says anything about this path
    if (bins < 0) {                       // every delay has become longer; what leaves the range is not planned for
        std::move_backward(bins_.begin(), bins_.end() + bins, bins_.end());
        std::fill(bins_.begin(), bins_.begin() - bins, 0U);
    } else {
        auto const gone = std::min(bins, count);
        auto const shortest = std::accumulate(bins_.begin(), bins_.begin() + gone, std::uint64_t{0});
        std::move(bins_.begin() + gone, bins_.end(), bins_.begin());
        std::fill(bins_.end() - gone, bins_.end(), 0U);
        bins_[0] += shortest;
    }
    total_ = std::accumulate(bins_.begin(), bins_.end(), std::uint64_t{0});
    find_cheapest();
}

void delay_estimator::count(duration late, duration length) noexcept {
    // Each packet takes its share of the memory, more while there is little of it: then all count alike.
    using std::chrono::microseconds;
    length = std::clamp(length, duration(std::chrono::milliseconds(1)), settings_.memory / 2);
    listened_ = std::min(listened_ + length, settings_.memory);
    auto const share = static_cast<std::uint64_t>(length / microseconds(1));
    auto const rest = static_cast<std::uint64_t>((listened_ - length) / microseconds(1));
    auto const weight = total_ == 0 || rest == 0 ? first_weight : std::max<std::uint64_t>(total_ * share / rest, 1);
    auto const at = std::clamp<std::int64_t>(bins_in(late), 0, static_cast<std::int64_t>(bins_.size()) - 1);
    bins_[static_cast<std::size_t>(at)] += weight;
    total_ += weight;
    if (total_ > largest_total) {
        for (auto& bin : bins_)
            bin >>= scaling_bits;
        total_ = std::accumulate(bins_.begin(), bins_.end(), std::uint64_t{0});
    }
    find_cheapest();
}

// In bins times weight: a cost is below 2^19 bins and the weights below 2^34, so nothing overflows.
void delay_estimator::find_cheapest() noexcept {
    auto const cost = static_cast<std::uint64_t>(settings_.late_cost * 100 / bin_width);
    auto late = total_;
    auto least = ~std::uint64_t{0};
    for (std::size_t n = 0; n < bins_.size(); ++n) {
        auto const waiting = (n + 1) * total_;
        if (waiting >= least) return;  // from here on waiting alone costs more
        late -= bins_[n];
        if (auto const whole = waiting + cost * late; whole < least) {
            least = whole;
            cheapest_ = n;
        }
    }
}

std::uint64_t delay_estimator::above(duration delay) const noexcept {
    auto const count = static_cast<std::int64_t>(bins_.size());
    auto const from = std::clamp<std::int64_t>(delay / bin_width, 0, count);
    return std::accumulate(bins_.begin() + from, bins_.end(), std::uint64_t{0});
}

int delay_estimator::later_per_mille(duration so_far, duration needed) const noexcept {
    auto const all = above(so_far);
    return all == 0 ? 0 : static_cast<int>(above(needed) * 1000 / all);
}

void delay_estimator::set_target(time_point arrival) noexcept {
    auto const wanted = static_cast<std::int64_t>(cheapest_ + 1) * bin_width;
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
