// Sounds for tests: tones, noise, and something with the pitch, formants, syllables and pauses of a voice.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "support/seeded_random.hpp"

namespace test {

inline constexpr double two_pi = 6.283185307179586;

inline std::vector<std::int16_t> tone(std::size_t count, double rate, double hertz, double peak, double phase = 0) {
    std::vector<std::int16_t> samples(count);
    for (std::size_t n = 0; n < count; ++n)
        samples[n] = static_cast<std::int16_t>(
            std::lround(peak * std::sin(two_pi * hertz * static_cast<double>(n) / rate + phase))
        );
    return samples;
}

inline std::vector<std::int16_t> noise(std::size_t count, int peak, std::uint64_t seed) {
    seeded_random random(seed);
    std::vector<std::int16_t> samples(count);
    for (auto& sample : samples)
        sample =
            static_cast<std::int16_t>(static_cast<int>(random.below(static_cast<std::uint64_t>(2 * peak + 1))) - peak);
    return samples;
}

/// A steady vowel: harmonics of `pitch` under three formants.
inline std::vector<std::int16_t> vowel(std::size_t count, double rate, double pitch, double loudness = 2500) {
    constexpr std::array<double, 3> formants{600, 1200, 2500};
    std::vector<double> gains;
    for (int h = 1; h * pitch < std::min(3600.0, rate / 2); ++h) {
        double gain = 0.02;
        for (auto const formant : formants)
            gain += 1 / (1 + std::pow((h * pitch - formant) / 120, 2));
        gains.push_back(gain);
    }
    std::vector<std::int16_t> samples(count);
    for (std::size_t n = 0; n < count; ++n) {
        double value = 0;
        for (std::size_t h = 0; h < gains.size(); ++h)
            value += gains[h] * std::sin(two_pi * pitch * static_cast<double>(h + 1) * static_cast<double>(n) / rate);
        samples[n] = static_cast<std::int16_t>(std::clamp(value * loudness, -32000.0, 32000.0));
    }
    return samples;
}

/// Sentences of some seconds with pauses in between, over a little room noise.
inline std::vector<std::int16_t> voice(std::size_t seconds, std::uint64_t seed) {
    seeded_random random(seed);
    auto samples = noise(seconds * 8000, 12, seed);
    for (std::size_t at = 4000; at + 16000 < samples.size();) {
        auto const syllables = 4 + random.below(8);
        for (std::uint64_t n = 0; n < syllables && at + 2400 < samples.size(); ++n) {
            auto const length = 800 + random.below(1200);
            auto const sound = vowel(length, 8000, 90 + static_cast<double>(random.below(100)));
            for (std::size_t k = 0; k < sound.size(); ++k) {
                auto const envelope = std::sin(two_pi / 2 * static_cast<double>(k) / static_cast<double>(sound.size()));
                samples[at + k] = static_cast<std::int16_t>(samples[at + k] + envelope * sound[k]);
            }
            at += length + random.below(400);
        }
        at += 3000 + random.below(6000);
    }
    return samples;
}

/// The largest step between neighbours.
inline int steepest(std::span<const std::int16_t> samples) {
    int most = 0;
    for (std::size_t n = 1; n < samples.size(); ++n)
        most = std::max(most, std::abs(samples[n] - samples[n - 1]));
    return most;
}

inline double power(std::span<const std::int16_t> samples) {
    double sum = 0;
    for (auto const sample : samples)
        sum += static_cast<double>(sample) * sample;
    return samples.empty() ? 0 : sum / static_cast<double>(samples.size());
}

/// Power of the first over power of the difference, in dB.
inline double likeness_db(std::span<const std::int16_t> original, std::span<const std::int16_t> copy) {
    double difference = 1e-9;
    for (std::size_t n = 0; n < original.size(); ++n)
        difference += std::pow(original[n] - copy[n], 2);
    return 10 * std::log10(power(original) * static_cast<double>(original.size()) / difference + 1e-9);
}

}  // namespace test
