#include "rtp/buffer/concealment.hpp"

#include <algorithm>
#include <cmath>

namespace rtp {
namespace {

// In milliseconds. How long invented sound is as loud as what it continues, and when it has faded to nothing; the
// distances to what was lost that docs/playout.md shows were least for these.
constexpr std::size_t full = 20;
constexpr std::size_t gone = 200;
// Sound that was already fading goes on fading for so long; over how much that is measured.
constexpr std::size_t trend_lasts = 20;
constexpr std::size_t trend_seen = 10;
constexpr float trend_followed = 0.7F;
// What comes back is joined quickly: the real sound is better than any blend.
constexpr std::size_t shortest_join = 2;
constexpr std::size_t longest_join = 4;

std::int16_t to_sample(float value) noexcept {
    return static_cast<std::int16_t>(std::lrintf(std::clamp(value, -32768.0F, 32767.0F)));
}

}  // namespace

// Three periods of up to 15 ms, and a quarter more to blend with.
concealment::concealment(std::uint32_t sample_rate)
    : sample_rate_(sample_rate), history_(sample_rate * 50UL / 1000), source_(history_.size()) {}

void concealment::remember(std::span<const std::int16_t> samples) noexcept {
    auto const size = history_.size();
    if (samples.size() >= size) {
        std::copy(samples.end() - static_cast<std::ptrdiff_t>(size), samples.end(), history_.begin());
        return;
    }
    std::move(history_.begin() + static_cast<std::ptrdiff_t>(samples.size()), history_.end(), history_.begin());
    std::copy(samples.begin(), samples.end(), history_.end() - static_cast<std::ptrdiff_t>(samples.size()));
}

void concealment::begin_gap() noexcept {
    is_in_gap_ = true;
    source_ = history_;  // same size: no allocation
    period_ = find_pitch(source_, sample_rate_, voice_range(sample_rate_)).period;
    at_ = source_.size() - period_;
    step_ = static_cast<float>(source_.back()) - static_cast<float>(source_[at_ - 1]);
    periods_ = 1;
    filled_ = 0;
    gain_ = 1;
    find_trend();
}

// By how much each sample is fainter than the one before, if the end of the history is fainter than what precedes it.
void concealment::find_trend() noexcept {
    auto const count = in_samples(trend_seen);
    float now = 1;
    float before = 1;
    for (std::size_t n = 0; n < count; ++n) {
        auto const a = static_cast<float>(source_[source_.size() - 1 - n]);
        auto const b = static_cast<float>(source_[source_.size() - 1 - n - count]);
        now += a * a;
        before += b * b;
    }
    auto const change = std::clamp(now / before, 0.1F, 1.0F);  // of the power
    trend_ = std::pow(change, trend_followed / 2 / static_cast<float>(count));
}

float concealment::next() noexcept {
    auto const end = source_.size();
    auto const blend = period_ / 4;
    if (at_ == end) at_ -= periods_ * period_;
    // How far the next round goes back is settled before this one ends. The more of the gap is filled, the more periods
    // are taken in turn: one alone would hum.
    if (at_ == end - blend) periods_ = std::min<std::size_t>(filled_ / in_samples(10) + 1, 3);
    auto value = static_cast<float>(source_[at_]);
    if (at_ >= end - blend) {
        // The end of a round becomes what precedes the beginning of the next, so that the two join smoothly.
        auto const share = static_cast<float>(at_ - (end - blend) + 1) / static_cast<float>(blend + 1);
        value += (static_cast<float>(source_[at_ - periods_ * period_]) - value) * share;
    }
    if (filled_ < blend) value += step_ * (1 - static_cast<float>(filled_ + 1) / static_cast<float>(blend + 1));
    value *= gain_;
    ++at_;
    ++filled_;
    if (filled_ < in_samples(trend_lasts)) gain_ *= trend_;
    if (filled_ > in_samples(full)) gain_ = std::max(0.0F, gain_ - 1 / static_cast<float>(in_samples(gone - full)));
    return value;
}

void concealment::conceal(std::span<std::int16_t> samples) noexcept {
    if (!is_in_gap_) begin_gap();
    for (auto& sample : samples)
        sample = to_sample(next());
    remember(samples);
}

void concealment::fall_silent(std::span<std::int16_t> samples) noexcept {
    if (!is_in_gap_) begin_gap();
    auto const slope = 1 / static_cast<float>(in_samples(5));
    for (auto& sample : samples) {
        gain_ = std::max(0.0F, gain_ - slope);
        sample = gain_ > 0 ? to_sample(next()) : std::int16_t{0};
    }
    remember(samples);
}

void concealment::on_cut() noexcept {
    if (!is_in_gap_) begin_gap();
}

void concealment::on_media(std::span<std::int16_t> samples) noexcept {
    if (samples.empty()) return;  // does not end a gap
    if (is_in_gap_) {
        auto const wanted = std::min(in_samples(shortest_join) + filled_ / 20, in_samples(longest_join));
        auto const fade = std::min(wanted, samples.size());
        for (std::size_t n = 0; n < fade; ++n) {
            auto const share = static_cast<float>(n + 1) / static_cast<float>(fade + 1);
            samples[n] = to_sample(static_cast<float>(samples[n]) * share + next() * (1 - share));
        }
        is_in_gap_ = false;
    }
    remember(samples);
}

}  // namespace rtp
