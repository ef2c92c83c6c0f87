#include "phoned/tools/ear.hpp"

#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"

#include <algorithm>
#include <cmath>

namespace phoned::tools {
namespace {

constexpr double silent_below_dbov = -60;
constexpr double tone_from_purity = 0.4;  // two equal frequencies share the power
// Two frequencies 40 Hz apart beat within a window, which moves the strongest one between them.
constexpr double same_tone_hertz = 45;
constexpr std::uint32_t window_ms = 80;

heard_sound judged(std::span<const std::int16_t> window, std::uint32_t rate, std::uint64_t begin_ms) {
    heard_sound heard{.begin_ms = begin_ms, .level_dbov = rtp::level_dbov(window)};
    if (heard.level_dbov < silent_below_dbov) return heard;
    const auto tone = rtp::find_dominant_tone(window, rate);
    heard.kind = tone.purity >= tone_from_purity ? sound::tone : sound::other;
    heard.hertz = heard.kind == sound::tone ? tone.hertz : 0;
    heard.purity = tone.purity;
    return heard;
}

bool is_the_same(const heard_sound& before, const heard_sound& now) {
    return before.kind == now.kind && std::abs(before.hertz - now.hertz) < same_tone_hertz;
}

}  // namespace

ear::ear(std::uint32_t rate, callbacks call_back) : rate_(rate), callbacks_(std::move(call_back)), digits_(rate) {}

void ear::hear(std::span<const std::int16_t> samples) {
    digits_.feed(samples);
    while (const auto digit = digits_.next())
        callbacks_.digit(*digit);
    const std::size_t window_size = rate_ * window_ms / 1000;
    while (!samples.empty()) {
        const auto count = std::min(samples.size(), window_size - window_.size());
        window_.insert(window_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count));
        samples = samples.subspan(count);
        if (window_.size() == window_size) judge();
    }
}

void ear::forget() {
    heard_ += window_.size();
    window_.clear();
    told_.reset();
    candidate_.reset();
}

void ear::judge() {
    const auto heard = judged(window_, rate_, heard_ * 1000 / rate_);
    heard_ += window_.size();
    window_.clear();
    if (told_ && is_the_same(*told_, heard)) {
        candidate_.reset();
    } else if (candidate_ && is_the_same(*candidate_, heard)) {
        // The level is this window's: the one before may hold the end of what sounded earlier.
        told_ = heard;
        told_->begin_ms = candidate_->begin_ms;
        candidate_.reset();
        callbacks_.sound(*told_);
    } else {
        candidate_ = heard;
    }
}

}  // namespace phoned::tools
