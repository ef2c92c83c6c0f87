#include "rtp/signal/tone.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rtp/signal/level.hpp"

namespace rtp {

cadence steady_tone(std::span<const tone_component> components) noexcept {
    cadence made;
    made.count = 1;
    std::copy_n(
        components.begin(), std::min(components.size(), made.steps[0].components.size()),
        made.steps[0].components.begin()
    );
    return made;
}

tone_player::tone_player(std::uint32_t sample_rate, cadence const& which) noexcept
    : cadence_(which), sample_rate_(sample_rate) {
    cadence_.count = std::min(cadence_.count, cadence::max_steps);
    ended_ = cadence_.count == 0;
    if (!ended_) start_step();
}

void tone_player::start_step() noexcept {
    auto const& step = cadence_.steps[step_];
    for (std::size_t n = 0; n < oscillators_.size(); ++n) {
        auto const& component = step.components[n];
        auto& wave = oscillators_[n];
        if (component.hertz == 0 || component.hertz * 2 >= sample_rate_) {
            wave.target = 0;  // fades out at the frequency it has
            continue;
        }
        auto const turn = 2 * std::numbers::pi * component.hertz / sample_rate_;
        wave.turn_cosine = std::cos(turn);
        wave.turn_sine = std::sin(turn);
        wave.target = sine_peak_of_dbm0(static_cast<double>(component.dbm0));
        wave.slope = std::max(wave.target, wave.amplitude) * 500 / sample_rate_;  // 2 ms
    }
    if (step.length.count() <= 0) {
        left_ = -1;
        return;
    }
    milliseconds_ += step.length.count();
    auto const end = milliseconds_ * static_cast<std::int64_t>(sample_rate_) / 1000;
    left_ = end - samples_;
    samples_ = end;
}

void tone_player::next_step() noexcept {
    // Steps that sound once have done so when the list starts over: mark them by taking them out.
    if (cadence_.steps[step_].repeat == step_repeat::once) {
        std::copy(
            cadence_.steps.begin() + static_cast<std::ptrdiff_t>(step_) + 1,
            cadence_.steps.begin() + static_cast<std::ptrdiff_t>(cadence_.count),
            cadence_.steps.begin() + static_cast<std::ptrdiff_t>(step_)
        );
        --cadence_.count;
    } else {
        ++step_;
    }
    ended_ = cadence_.count == 0;
    if (ended_) return;
    if (step_ >= cadence_.count) step_ = 0;
    start_step();
}

std::int16_t tone_player::next_sample() noexcept {
    double sum = 0;
    for (auto& wave : oscillators_) {
        if (wave.amplitude < wave.target) {
            wave.amplitude = std::min(wave.target, wave.amplitude + wave.slope);
        } else if (wave.amplitude > wave.target) {
            wave.amplitude = std::max(wave.target, wave.amplitude - wave.slope);
        } else if (wave.target == 0) {
            continue;
        }
        sum += wave.amplitude * wave.sine;
        auto const cosine = wave.cosine * wave.turn_cosine - wave.sine * wave.turn_sine;
        wave.sine = wave.sine * wave.turn_cosine + wave.cosine * wave.turn_sine;
        wave.cosine = cosine;
    }
    return static_cast<std::int16_t>(std::lround(std::clamp(sum, -32768.0, 32767.0)));
}

std::size_t tone_player::fill(std::span<std::int16_t> samples) noexcept {
    std::size_t sounded = 0;
    for (auto& sample : samples) {
        while (left_ == 0 && !ended_)
            next_step();
        if (ended_) {
            for (auto& wave : oscillators_)
                wave.target = 0;
        } else {
            ++sounded;
            if (left_ > 0) --left_;
        }
        sample = next_sample();
    }
    // Rounding lets the pointers grow or shrink by one part in 10^16 a sample: bring them back to length one.
    for (auto& wave : oscillators_) {
        auto const length = std::hypot(wave.cosine, wave.sine);
        wave.cosine /= length;
        wave.sine /= length;
    }
    return sounded;
}

}  // namespace rtp
