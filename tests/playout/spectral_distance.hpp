// How far one sound is from another to the ear that hears spectra: the log-spectral distance.
#pragma once

#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <span>

namespace playout_test {

inline constexpr std::size_t spectral_frame = 160;  // 20 ms at 8 kHz

/// Between two frames of spectral_frame samples at 8 kHz, in dB: the root mean square of the differences of their
/// Hann-windowed power spectra from 60 to 3800 Hz. What is fainter than a quiet room does not count.
class spectral_distance {
public:
    double operator()(std::span<const std::int16_t> a, std::span<const std::int16_t> b) const {
        auto const one = spectrum(a);
        auto const other = spectrum(b);
        constexpr std::size_t from = 2;     // 62.5 Hz
        constexpr std::size_t until = 122;  // 3812.5 Hz
        double sum = 0;
        for (std::size_t n = from; n < until; ++n)
            sum += std::pow(one[n] - other[n], 2);
        return std::sqrt(sum / static_cast<double>(until - from));
    }

private:
    static constexpr std::size_t size = 256;  // of the transform: the frame and zeros
    using decibels = std::array<double, size / 2>;

    static decibels spectrum(std::span<const std::int16_t> samples) {
        std::array<std::complex<double>, size> values{};
        for (std::size_t n = 0; n < spectral_frame; ++n) {
            auto const angle = 2 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(spectral_frame);
            values[n] = samples[n] * (0.5 - 0.5 * std::cos(angle));
        }
        transform(values);
        // A sine of 1 at the peak has the power of (frame / 4) squared; the floor is a sine of 8, -72 dBov.
        constexpr double floor = 8.0 * 8.0 * spectral_frame * spectral_frame / 16.0;
        decibels made;
        for (std::size_t n = 0; n < made.size(); ++n)
            made[n] = 10 * std::log10(std::norm(values[n]) + floor);
        return made;
    }

    // Fast Fourier transform, in place, for a power of two.
    static void transform(std::span<std::complex<double>> values) {
        auto const count = values.size();
        for (std::size_t n = 1, other = 0; n < count; ++n) {
            auto bit = count >> 1;
            for (; (other & bit) != 0; bit >>= 1)
                other ^= bit;
            other ^= bit;
            if (n < other) std::swap(values[n], values[other]);
        }
        for (std::size_t length = 2; length <= count; length <<= 1) {
            auto const turn = std::polar(1.0, -2 * std::numbers::pi / static_cast<double>(length));
            for (std::size_t at = 0; at < count; at += length) {
                std::complex<double> factor = 1;
                for (std::size_t n = 0; n < length / 2; ++n, factor *= turn) {
                    auto const even = values[at + n];
                    auto const odd = values[at + n + length / 2] * factor;
                    values[at + n] = even + odd;
                    values[at + n + length / 2] = even - odd;
                }
            }
        }
    }
};

}  // namespace playout_test
