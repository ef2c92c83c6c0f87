#include "voice_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "support/seeded_random.hpp"

namespace playout_test {
namespace {

constexpr std::size_t formant_count = 4;
using formants = std::array<double, formant_count>;

// Of the vowels of a grown-up, in Hz; the fourth is always there.
constexpr formants vowels[] = {{730, 1090, 2440, 3400}, {530, 1840, 2480, 3500}, {270, 2290, 3010, 3600},
                               {570, 840, 2410, 3300},  {300, 870, 2240, 3300},  {660, 1720, 2410, 3450},
                               {490, 1350, 1690, 3300}};
constexpr formants bandwidths{70, 90, 130, 200};

// A two-pole filter that is 1 at frequency 0.
class resonator {
public:
    void tune(double hertz, double bandwidth, double rate) {
        auto const radius = std::exp(-std::numbers::pi * bandwidth / rate);
        b_ = 2 * radius * std::cos(2 * std::numbers::pi * hertz / rate);
        c_ = -radius * radius;
        a_ = 1 - b_ - c_;
    }
    double operator()(double in) {
        auto const out = a_ * in + b_ * one_ + c_ * two_;
        two_ = one_;
        one_ = out;
        return out;
    }

private:
    double a_ = 1, b_ = 0, c_ = 0, one_ = 0, two_ = 0;
};

class speaker {
public:
    speaker(std::uint64_t seed, std::uint32_t rate) : random_(seed), rate_(rate) {
        base_pitch_ = between(85, 210);
        size_ = between(0.95, 1.15);  // of the vocal tract, against the table's
        target_ = current_ = vowels[0];
    }

    std::vector<std::int16_t> say(std::size_t count) {
        while (sound_.size() < count)
            sentence();
        sound_.resize(count);
        std::vector<std::int16_t> samples(count);
        for (std::size_t n = 0; n < count; ++n) {
            auto const room = 6 * noise();
            samples[n] = static_cast<std::int16_t>(std::lround(std::clamp(sound_[n] + room, -32000.0, 32000.0)));
        }
        return samples;
    }

private:
    double between(double low, double high) {
        return low + (high - low) * static_cast<double>(random_.below(1'000'000)) / 1e6;
    }
    double noise() { return between(-1, 1); }
    std::size_t samples(double milliseconds) const { return static_cast<std::size_t>(milliseconds * rate_ / 1000); }

    void sentence() {
        auto const syllables = 4 + random_.below(10);
        pitch_ = base_pitch_ * between(1.05, 1.25);
        auto const fall = std::pow(0.8, 1 / static_cast<double>(syllables));
        for (std::uint64_t n = 0; n < syllables; ++n) {
            auto const begin = random_.below(10);
            if (begin < 3)
                fricative(between(50, 110));
            else if (begin < 5)
                stop();
            vowel(between(70, 220));
            pitch_ *= fall;
            if (random_.chance(20)) rest(between(20, 60));
        }
        rest(between(250, 900));
    }

    void rest(double length) { sound_.insert(sound_.end(), samples(length), 0.0); }

    void stop() {
        rest(between(30, 60));
        auto const count = samples(between(8, 20));
        for (std::size_t n = 0; n < count; ++n)
            sound_.push_back(2500 * noise() * (1 - static_cast<double>(n) / static_cast<double>(count)));
    }

    void fricative(double length) {
        resonator high;
        high.tune(between(2200, 3600), 900, rate_);
        auto const count = samples(length);
        double before = 0;
        for (std::size_t n = 0; n < count; ++n) {
            auto const shape = std::sin(std::numbers::pi * static_cast<double>(n) / static_cast<double>(count));
            auto const value = high(noise());
            sound_.push_back(900 * shape * (value - before));
            before = value;
        }
    }

    void vowel(double length) {
        target_ = vowels[random_.below(std::size(vowels))];
        auto const count = samples(length);
        auto const loudness = between(0.5, 1.2);
        auto const bend = between(-0.12, 0.12);
        for (std::size_t n = 0; n < count; ++n) {
            auto const done = static_cast<double>(n) / static_cast<double>(count);
            if (n % samples(2) == 0) glide();
            auto value = 0.02 * noise() + glottis(pitch_ * (1 + bend * done));
            for (auto& formant : tract_)
                value = formant(value);
            auto const shape = std::min({1.0, done * length / 15, (1 - done) * length / 25});
            sound_.push_back(2300 * loudness * shape * value);
        }
    }

    // The flow through the vocal folds, differentiated: it rises slowly and is cut off. No two periods are quite alike.
    double glottis(double pitch) {
        phase_ += pitch * wobble_ / rate_;
        if (phase_ >= 1) {
            phase_ -= 1;
            wobble_ = 1 + 0.012 * noise();
            strength_ = 1 + 0.06 * noise();
        }
        auto const open = phase_ / 0.62;
        return open < 1 ? strength_ * (2 * open - 3 * open * open) : 0;
    }

    void glide() {
        for (std::size_t n = 0; n < formant_count; ++n) {
            current_[n] += (target_[n] * size_ - current_[n]) * 0.06;
            tract_[n].tune(std::min(current_[n], 0.46 * rate_), bandwidths[n], rate_);
        }
    }

    test::seeded_random random_;
    double rate_;
    double base_pitch_ = 0, size_ = 1;
    double pitch_ = 0, phase_ = 0, wobble_ = 1, strength_ = 1;
    formants target_{}, current_{};
    std::array<resonator, formant_count> tract_;
    std::vector<double> sound_;
};

}  // namespace

std::vector<std::int16_t> speak(std::size_t seconds, std::uint64_t seed, std::uint32_t sample_rate) {
    return speaker(seed, sample_rate).say(seconds * sample_rate);
}

}  // namespace playout_test
