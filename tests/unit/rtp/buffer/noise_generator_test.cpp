// Comfort noise as samples.
// Covered: level of white and coloured noise at every order, colour against the described prediction, twice the rate,
// fading in and out, the loudest and the most extreme descriptions, silence that stays untouched.
// Not covered: when it is heard (playout_test).
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "rtp/buffer/noise_generator.hpp"
#include "support/seeded_random.hpp"
#include "test_sounds.hpp"

namespace {

std::vector<std::int16_t> hear(rtp::comfort_noise const& noise, std::size_t count, std::uint32_t rate = 8000) {
    rtp::noise_generator generator(rate, 8000);
    generator.describe(noise);
    std::vector<std::int16_t> fade(rate / 10);
    generator.add(fade, true);
    std::vector<std::int16_t> samples(count);
    generator.add(samples, true);
    return samples;
}

double level_dbov(std::span<const std::int16_t> samples) {
    return 10 * std::log10(test::power(samples) / (32767.0 * 32767.0));
}

// Correlation of neighbours `lag` apart, 1 for a constant.
double correlation(std::span<const std::int16_t> samples, std::size_t lag) {
    double sum = 0;
    for (std::size_t n = lag; n < samples.size(); ++n)
        sum += static_cast<double>(samples[n]) * samples[n - lag];
    return sum / test::power(samples) / static_cast<double>(samples.size() - lag);
}

}  // namespace

TEST_CASE("Comfort noise has the level that was described, whatever its colour (RFC 3389 3.1)") {
    test::seeded_random random(3);
    for (int level = 20; level <= 70; level += 10)
        for (std::uint8_t order = 0; order <= 12; ++order) {
            CAPTURE(level);
            CAPTURE(order);
            rtp::comfort_noise noise;
            noise.level = static_cast<std::uint8_t>(level);
            noise.order = order;
            for (std::size_t n = 0; n < order; ++n)
                noise.reflection[n] = static_cast<float>(random.below(1200)) / 1000 - 0.6F;
            CHECK(level_dbov(hear(noise, 40000)) == doctest::Approx(-level).epsilon(0.03));
        }
}

TEST_CASE("Comfort noise has the colour that was described (RFC 3389 3.2)") {
    // Of the recursion 1 + k/z: neighbours resemble each other by -k.
    for (auto const k : {-0.9F, -0.5F, 0.0F, 0.5F, 0.9F}) {
        rtp::comfort_noise noise;
        noise.level = 30;
        noise.order = 1;
        noise.reflection[0] = k;
        auto const samples = hear(noise, 80000);
        CHECK(correlation(samples, 1) == doctest::Approx(-k).epsilon(0.03));
        CHECK(correlation(samples, 2) == doctest::Approx(k * k).epsilon(0.05));
    }
    // Two coefficients: by Levinson's recursion r1 = -k1, r2 = k1 * k1 - k2 * (1 - k1 * k1).
    rtp::comfort_noise noise;
    noise.level = 30;
    noise.order = 2;
    noise.reflection[0] = -0.6F;
    noise.reflection[1] = 0.4F;
    auto const samples = hear(noise, 80000);
    CHECK(correlation(samples, 1) == doctest::Approx(0.6).epsilon(0.03));
    CHECK(correlation(samples, 2) == doctest::Approx(0.36 - 0.4 * 0.64).epsilon(0.15));
}

TEST_CASE("At twice the described rate noise stays in its band") {
    rtp::comfort_noise noise;
    noise.level = 40;
    auto const samples = hear(noise, 80000, 16000);
    CHECK(level_dbov(samples) == doctest::Approx(-41.8).epsilon(0.02));  // what lies between two values is quieter
    CHECK(correlation(samples, 1) > 0.5);
}

TEST_CASE("Noise fades in and out within 10 ms, and what is not wanted leaves the samples alone") {
    rtp::noise_generator generator(8000, 8000);
    rtp::comfort_noise noise;
    noise.level = 20;
    generator.describe(noise);
    std::vector<std::int16_t> samples(800, 5);
    generator.add(samples, false);
    CHECK(samples == std::vector<std::int16_t>(800, 5));
    std::fill(samples.begin(), samples.end(), std::int16_t{0});
    generator.add(samples, true);
    CHECK(std::abs(samples[0]) < 120);
    CHECK(level_dbov(std::span(samples).first(20)) < -27);
    CHECK(level_dbov(std::span(samples).last(700)) > -21);
    std::fill(samples.begin(), samples.end(), std::int16_t{0});
    generator.add(samples, false);
    CHECK(test::power(std::span(samples).first(40)) > 0);
    CHECK(test::power(std::span(samples).subspan(81)) == 0);
}

TEST_CASE("The loudest noise and the narrowest filters stay within 16 bits and end") {
    for (auto const index : {0, 254}) {
        std::vector<std::byte> payload(17, static_cast<std::byte>(index));
        payload[0] = std::byte{0};
        auto const samples = hear(*rtp::read_comfort_noise(payload), 80000);
        CHECK(test::power(samples) <= 32768.0 * 32768.0);
        CHECK(level_dbov(std::span(samples).last(8000)) <= 0);
    }
    // From a narrow filter to none: what was in it is gone at once.
    rtp::noise_generator generator(8000, 8000);
    std::vector<std::byte> narrow(17, std::byte{254});
    generator.describe(*rtp::read_comfort_noise(narrow));
    std::vector<std::int16_t> samples(800);
    generator.add(samples, true);
    rtp::comfort_noise quiet;
    quiet.level = 90;
    generator.describe(quiet);
    generator.add(samples, true);
    std::fill(samples.begin(), samples.end(), std::int16_t{0});
    generator.add(samples, true);
    CHECK(level_dbov(samples) < -80);
}
