// How near a copy of a sound is to the original: its delay, its signal-to-noise ratio, and for codecs that keep the
// spectrum but not the waveform, the distance of the spectra.
#pragma once

#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "rtp/codec/codec.hpp"
#include "unit/rtp/buffer/test_sounds.hpp"

namespace test {

/// The voice of test_sounds.hpp at a multiple of 8 kHz, by straight lines between its samples: little is above 4 kHz.
inline std::vector<std::int16_t> voice_at(std::uint32_t rate, std::size_t seconds, std::uint64_t seed) {
    auto const with_pauses = voice(seconds + 3, seed);
    auto const slow = std::span(with_pauses).subspan(4000);  // where it begins to speak
    auto const times = rate / 8000;
    std::vector<std::int16_t> samples(seconds * rate);
    for (std::size_t n = 0; n < samples.size(); ++n) {
        auto const part = static_cast<double>(n % times) / static_cast<double>(times);
        samples[n] = static_cast<std::int16_t>(slow[n / times] * (1 - part) + slow[n / times + 1] * part);
    }
    return samples;
}

/// How many samples the copy is late, at most `most`.
inline std::size_t delay_of(
    std::span<const std::int16_t> original, std::span<const std::int16_t> copy, std::size_t most
) {
    // A part of the sound says it as well as the whole.
    auto const from = original.size() / 2;
    auto const to = std::min(original.size(), from + 4000);
    std::size_t best = 0;
    double best_product = 0;
    for (std::size_t lag = 0; lag <= most; ++lag) {
        double product = 0;
        for (std::size_t n = from; n + lag < copy.size() && n < to; ++n)
            product += static_cast<double>(original[n]) * copy[n + lag];
        if (product > best_product) {
            best_product = product;
            best = lag;
        }
    }
    return best;
}

/// In dB, after the copy's delay is taken out.
inline double signal_to_noise(std::span<const std::int16_t> original, std::span<const std::int16_t> copy) {
    auto const lag = delay_of(original, copy, 400);
    auto const size = std::min(original.size(), copy.size() - lag);
    return likeness_db(original.first(size), copy.subspan(lag, size));
}

/// The mean over every third frame of 256 samples, if there is sound in it, of the difference between the levels in 16
/// bands, in dB.
inline double spectral_distance(std::span<const std::int16_t> original, std::span<const std::int16_t> copy) {
    constexpr std::size_t frame = 256, bands = 16;
    auto const lag = delay_of(original, copy, 400);
    auto const size = std::min(original.size(), copy.size() - lag);
    auto const levels = [](std::span<const std::int16_t> samples) {
        std::array<double, bands> out{};
        for (std::size_t bin = 1; bin < frame / 2; ++bin) {
            std::complex<double> sum;
            auto const turn = std::polar(1.0, -two_pi * static_cast<double>(bin) / frame);
            std::complex<double> wave(1);
            for (auto const sample : samples) {
                sum += static_cast<double>(sample) * wave;
                wave *= turn;
            }
            out[bin * bands * 2 / frame] += std::norm(sum);
        }
        // 30 dB below the loudest band nobody hears a difference.
        auto const loudest = *std::max_element(out.begin(), out.end());
        for (auto& level : out)
            level = 10 * std::log10(level + loudest / 1000 + 1);
        return out;
    };
    double sum = 0;
    std::size_t frames = 0;
    for (std::size_t at = 0; at + frame <= size; at += 3 * frame) {
        if (power(original.subspan(at, frame)) < 10000) continue;
        auto const a = levels(original.subspan(at, frame));
        auto const b = levels(copy.subspan(lag + at, frame));
        for (std::size_t n = 0; n < bands; ++n)
            sum += std::abs(a[n] - b[n]) / bands;
        ++frames;
    }
    return frames == 0 ? 0 : sum / static_cast<double>(frames);
}

/// The peak of the sine of this frequency in the samples, which hold a whole number of its periods.
inline double tone_peak(std::span<const std::int16_t> samples, double rate, double hertz) {
    std::complex<double> sum;
    for (std::size_t n = 0; n < samples.size(); ++n)
        sum += static_cast<double>(samples[n]) * std::polar(1.0, -two_pi * hertz * static_cast<double>(n) / rate);
    return 2 * std::abs(sum) / static_cast<double>(samples.size());
}

/// Encodes and decodes packet by packet; packets that need not be sent are concealed or silent.
inline std::vector<std::int16_t> through(
    rtp::codec const& which, std::span<const std::int16_t> samples, std::size_t packet,
    rtp::encoder_settings settings = {}
) {
    rtp::encoder encoder(which, settings);
    rtp::decoder decoder(which);
    std::vector<std::int16_t> heard;
    std::vector<std::byte> octets(packet / which.properties.frame_samples * which.properties.max_frame_octets);
    for (std::size_t at = 0; at + packet <= samples.size(); at += packet) {
        auto const size = encoder.encode(samples.subspan(at, packet), octets).value();
        heard.resize(at + packet);
        auto const out = std::span(heard).subspan(at);
        if (size > 0)
            static_cast<void>(decoder.decode(std::span(octets).first(size), out).value());
        else if (decoder.has_concealment())
            decoder.conceal(out);
    }
    return heard;
}

}  // namespace test
