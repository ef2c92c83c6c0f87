#include "rtp/stats/source.hpp"

#include <algorithm>
#include <cmath>

namespace rtp {

namespace {

constexpr std::int64_t window_size = 64;

constexpr sequence_t wrapped(std::int64_t extended) noexcept {
    return static_cast<sequence_t>(static_cast<std::uint16_t>(extended));
}

}  // namespace

source::verdict source::on_packet(time_point arrival, sequence_t sequence, timestamp_t timestamp) noexcept {
    auto result = verdict::ordinary;
    if (!is_valid()) {
        // RFC 3550 A.1: a source is valid after min_sequential packets in sequence.
        if (started_ && sequence == expected_next_) {
            --probation_;
        } else {
            started_ = true;
            probation_ = std::max(settings_.min_sequential, 1) - 1;
        }
        expected_next_ = advance(sequence, 1);
        if (probation_ > 0) return verdict::probation;
        start_counting(sequence);
        result = verdict::validated;
    } else {
        result = on_valid_packet(sequence);
        if (result == verdict::jump) return result;
    }
    ++received_;
    if (result == verdict::duplicate) {
        ++interval_duplicates_;
        return result;
    }
    trace_.on_received(highest_ + distance(wrapped(highest_), sequence));
    measure_jitter(arrival, timestamp);
    return result;
}

void source::start_counting(sequence_t sequence) noexcept {
    base_ = static_cast<std::int64_t>(sequence);
    highest_ = base_;
    suspect_ = -1;
    window_ = 1;
    received_ = 0;
    expected_prior_ = 0;
    received_prior_ = 0;
    has_transit_ = false;
    interval_begin_ = base_;
    interval_duplicates_ = 0;
    interval_jitter_ = {};
    trace_.restart();
}

source::verdict source::on_valid_packet(sequence_t sequence) noexcept {
    auto const ahead = std::int64_t{distance(wrapped(highest_), sequence)};
    if (ahead > 0 && ahead < settings_.max_dropout) {
        window_ = ahead < window_size ? window_ << ahead | 1U : 1U;
        highest_ += ahead;
        suspect_ = -1;
        return verdict::ordinary;
    }
    if (ahead <= 0 && ahead > -std::int64_t{settings_.max_misorder}) {
        return is_known(-ahead) ? verdict::duplicate : verdict::ordinary;
    }
    // RFC 3550 A.1: two packets in sequence on the far side mean that the sender restarted without telling.
    if (static_cast<std::int32_t>(sequence) == suspect_) {
        start_counting(sequence);
        return verdict::restart;
    }
    suspect_ = static_cast<std::int32_t>(advance(sequence, 1));
    return verdict::jump;
}

// Looks the packet that is `behind` the highest up in the window, and enters it. Older ones than the window count as
// new.
bool source::is_known(std::int64_t behind) noexcept {
    if (behind >= window_size) return false;
    auto const bit = std::uint64_t{1} << behind;
    bool const known = (window_ & bit) != 0;
    window_ |= bit;
    return known;
}

// RFC 3550 A.8, in integers: the estimate is kept times 16 and moves by 1/16 of the difference, rounded.
void source::measure_jitter(time_point arrival, timestamp_t timestamp) noexcept {
    auto const arrival_units = static_cast<std::uint32_t>(to_units(arrival.time_since_epoch(), rate_));
    auto const transit = arrival_units - static_cast<std::uint32_t>(timestamp);
    if (has_transit_) {
        auto const difference = std::int64_t{static_cast<std::int32_t>(transit - transit_)};
        auto const size = static_cast<std::uint64_t>(difference < 0 ? -difference : difference);
        auto const decay = (jitter_times_16_ + 8) >> 4;
        jitter_times_16_ += size - decay;
        interval_jitter_.add(static_cast<std::uint32_t>(size));
    }
    transit_ = transit;
    has_transit_ = true;
}

void source::set_clock_rate(clock_rate rate) noexcept {
    if (rate == rate_) return;
    rate_ = rate;
    has_transit_ = false;
    jitter_times_16_ = 0;
}

std::uint64_t source::expected() const noexcept {
    return is_valid() ? static_cast<std::uint64_t>(highest_ - base_ + 1) : 0;
}

std::int64_t source::lost() const noexcept {
    return static_cast<std::int64_t>(expected()) - static_cast<std::int64_t>(received_);
}

std::uint32_t source::jitter() const noexcept {
    constexpr std::uint64_t largest = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::min(jitter_times_16_ >> 4, largest));
}

reception_interval source::take_interval() noexcept {
    auto const expected_now = expected();
    reception_interval interval;
    interval.begin = wrapped(interval_begin_);
    interval.end = wrapped(highest_ + 1);
    interval.expected = static_cast<std::int64_t>(expected_now - expected_prior_);
    interval.received = static_cast<std::int64_t>(received_ - received_prior_);
    interval.duplicates = interval_duplicates_;
    interval.jitter = interval_jitter_.take();
    expected_prior_ = expected_now;
    received_prior_ = received_;
    interval_begin_ = highest_ + 1;
    interval_duplicates_ = 0;
    return interval;
}

std::uint8_t reception_interval::fraction_lost() const noexcept {
    auto const lost = expected - received;
    if (expected <= 0 || lost <= 0) return 0;
    return static_cast<std::uint8_t>(std::min<std::int64_t>((lost << 8) / expected, 255));
}

void source::on_discarded(sequence_t sequence) noexcept {
    if (is_valid()) trace_.on_discarded(highest_ + distance(wrapped(highest_), sequence));
}

void source::spread_meter::add(std::uint32_t value) noexcept {
    ++count_;
    least_ = std::min(least_, value);
    largest_ = std::max(largest_, value);
    sum_ += value;
    sum_of_squares_ += static_cast<double>(value) * value;
}

std::optional<xr_spread<std::uint32_t>> source::spread_meter::take() noexcept {
    auto const taken = *this;
    *this = {};
    if (taken.count_ == 0) return std::nullopt;
    auto const mean = taken.sum_ / taken.count_;
    auto const variance = std::max(taken.sum_of_squares_ / taken.count_ - mean * mean, 0.0);
    return xr_spread<std::uint32_t>{
        taken.least_, taken.largest_, static_cast<std::uint32_t>(std::lround(mean)),
        static_cast<std::uint32_t>(std::lround(std::sqrt(variance)))};
}

}  // namespace rtp
