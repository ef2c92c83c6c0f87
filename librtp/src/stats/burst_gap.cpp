#include "rtp/stats/burst_gap.hpp"

#include <algorithm>

namespace rtp {

namespace {

double fraction(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

duration mean_length(std::uint64_t packets, std::uint64_t periods, duration packet_time) noexcept {
    return periods == 0 ? duration::zero()
                        : packet_time * static_cast<std::int64_t>(packets) / static_cast<std::int64_t>(periods);
}

}  // namespace

double loss_figures::loss_rate() const noexcept {
    return fraction(lost, expected);
}
double loss_figures::discard_rate() const noexcept {
    return fraction(discarded, expected);
}
double loss_figures::missing_rate() const noexcept {
    return fraction(missing(), expected);
}
double loss_figures::burst_density() const noexcept {
    return fraction(burst_missing, burst_packets);
}
double loss_figures::gap_density() const noexcept {
    return fraction(missing() - burst_missing, gap_packets());
}

duration loss_figures::burst_duration(duration packet_time) const noexcept {
    return mean_length(burst_packets, bursts, packet_time);
}
duration loss_figures::gap_duration(duration packet_time) const noexcept {
    return mean_length(gap_packets(), std::max<std::uint64_t>(bursts, 1), packet_time);
}

double loss_figures::burst_ratio() const noexcept {
    if (missing_runs == 0) return 1;
    auto const run = static_cast<double>(missing()) / static_cast<double>(missing_runs);
    // Independent losses of probability p come in runs of 1 / (1 - p).
    return std::max(run * (1 - missing_rate()), 1.0);
}

loss_pattern::loss_pattern(std::uint8_t gap_threshold) noexcept
    : gap_threshold_(std::max<std::uint8_t>(gap_threshold, 1)), played_since_(gap_threshold_) {}

void loss_pattern::count(packet_fate fate) noexcept {
    ++closed_.expected;
    if (fate == packet_fate::received) {
        ++played_since_;
        return;
    }
    ++(fate == packet_fate::lost ? closed_.lost : closed_.discarded);
    if (played_since_ > 0) ++closed_.missing_runs;
    if (played_since_ >= gap_threshold_) {
        close_candidate(closed_);
        candidate_missing_ = 1;
        candidate_packets_ = 1;
    } else {
        ++candidate_missing_;
        candidate_packets_ += played_since_ + 1;
    }
    played_since_ = 0;
}

// A missing packet alone between Gmin played ones belongs to the gap.
void loss_pattern::close_candidate(loss_figures& into) const noexcept {
    if (candidate_missing_ < 2) return;
    ++into.bursts;
    into.burst_packets += candidate_packets_;
    into.burst_missing += candidate_missing_;
}

loss_figures loss_pattern::figures() const noexcept {
    auto result = closed_;
    close_candidate(result);
    return result;
}

void packet_trace::settle_until(std::int64_t end) noexcept {
    for (; base_ < end; ++base_)
        settled_.count(base_ < end_ ? fates_[static_cast<std::size_t>(base_ % depth)] : packet_fate::lost);
}

void packet_trace::on_received(std::int64_t extended) noexcept {
    if (!is_started_) {
        is_started_ = true;
        base_ = extended;
        end_ = extended;
    }
    if (extended < base_) return;
    if (extended >= end_) {
        settle_until(extended - depth + 1);
        for (auto missing = std::max(end_, base_); missing < extended; ++missing)
            fates_[static_cast<std::size_t>(missing % depth)] = packet_fate::lost;
        end_ = extended + 1;
    }
    fates_[static_cast<std::size_t>(extended % depth)] = packet_fate::received;
}

void packet_trace::on_discarded(std::int64_t extended) noexcept {
    if (extended < base_ || extended >= end_) return;
    fates_[static_cast<std::size_t>(extended % depth)] = packet_fate::discarded;
}

void packet_trace::restart() noexcept {
    if (is_started_) settle_until(end_);
    is_started_ = false;
}

loss_figures packet_trace::figures() const noexcept {
    auto copy = *this;
    copy.restart();
    return copy.settled_.figures();
}

}  // namespace rtp
