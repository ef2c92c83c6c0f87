// Level and tone measurement, and the clipping of sums.
// Covered: dBov against its definition, silence and overload; tones in noise and beside other tones, purity, the limits
// of the scan; soft clipping over its whole range.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "rtp/signal/level.hpp"
#include "rtp/signal/soft_clip.hpp"
#include "rtp/signal/tone_meter.hpp"
#include "support/seeded_random.hpp"

namespace {

std::vector<std::int16_t> sine(std::size_t count, double rate, double hertz, double peak, double offset = 0) {
    std::vector<std::int16_t> samples(count);
    for (std::size_t n = 0; n < count; ++n)
        samples[n] = static_cast<std::int16_t>(
            std::lround(offset + peak * std::sin(2 * 3.14159265358979 * hertz * static_cast<double>(n) / rate + 0.3))
        );
    return samples;
}

}  // namespace

TEST_CASE("0 dBov is a full-scale square wave, a full-scale sine is 3.01 dB below (RFC 6464 3)") {
    std::vector<std::int16_t> square(800);
    for (std::size_t n = 0; n < square.size(); ++n)
        square[n] = n % 8 < 4 ? std::int16_t{32767} : std::int16_t{-32767};
    CHECK(rtp::level_dbov(square) == doctest::Approx(0).epsilon(0.001));
    CHECK(rtp::level_dbov(sine(8000, 8000, 400, 32767)) == doctest::Approx(-3.01).epsilon(0.001));
    CHECK(rtp::level_dbov(sine(8000, 8000, 400, 3276.7)) == doctest::Approx(-23.01).epsilon(0.001));
    CHECK(rtp::level_dbov(std::vector<std::int16_t>(80)) == rtp::silence_dbov);
    CHECK(rtp::level_dbov({}) == rtp::silence_dbov);
    std::vector<std::int16_t> const lowest(100'000, std::numeric_limits<std::int16_t>::min());
    CHECK(rtp::level_dbov(lowest) == doctest::Approx(0));
}

TEST_CASE("the dominant tone is found in noise, with an offset, and beside a weaker tone") {
    test::seeded_random random(7);
    auto samples = sine(1600, 8000, 1234.5, 5000, 700);
    auto const weaker = sine(1600, 8000, 1300, 2500);
    for (std::size_t n = 0; n < samples.size(); ++n)
        samples[n] = static_cast<std::int16_t>(samples[n] + weaker[n] + static_cast<int>(random() % 401) - 200);
    auto const found = rtp::find_dominant_tone(samples, 8000);
    CHECK(found.hertz == doctest::Approx(1234.5).epsilon(0.001));
    CHECK(found.level_dbov == doctest::Approx(20 * std::log10(5000 / 32768.0) - 3.01).epsilon(0.005));
    CHECK(found.purity == doctest::Approx(0.8).epsilon(0.03));  // 5000^2 against 2500^2 and some noise
}

TEST_CASE("purity tells a tone from noise and silence has no tone") {
    test::seeded_random random(11);
    std::vector<std::int16_t> noise(1600);
    for (auto& sample : noise)
        sample = static_cast<std::int16_t>(static_cast<int>(random() % 20001) - 10000);
    CHECK(rtp::find_dominant_tone(noise, 8000).purity < 0.05);
    CHECK(rtp::find_dominant_tone(sine(1600, 8000, 440, 100), 8000).purity > 0.99);
    CHECK(rtp::find_dominant_tone(std::vector<std::int16_t>(1600), 8000).hertz == 0);
    CHECK(rtp::find_dominant_tone(std::vector<std::int16_t>(1600, 500), 8000).hertz == 0);
    CHECK(rtp::find_dominant_tone({}, 8000).hertz == 0);
}

TEST_CASE("the scan looks only where it is told to") {
    auto samples = sine(1600, 8000, 300, 9000);
    auto const other = sine(1600, 8000, 2000, 3000);
    for (std::size_t n = 0; n < samples.size(); ++n)
        samples[n] = static_cast<std::int16_t>(samples[n] + other[n]);
    CHECK(rtp::find_dominant_tone(samples, 8000, 1000, 3000).hertz == doctest::Approx(2000).epsilon(0.001));
    CHECK(rtp::find_dominant_tone(samples, 8000).hertz == doctest::Approx(300).epsilon(0.001));
}

TEST_CASE("sums are softly clipped: unchanged up to 90 % of full scale, in order, without a corner, never beyond") {
    CHECK(rtp::soft_clip(0) == 0);
    CHECK(rtp::soft_clip(29491) == 29491);
    CHECK(rtp::soft_clip(-29491) == -29491);
    CHECK(rtp::soft_clip(29493) == 29492);
    CHECK(rtp::soft_clip(2'000'000'000) <= 32767);
    CHECK(rtp::soft_clip(-2'147'483'647 - 1) >= -32767);
    std::int16_t last = rtp::soft_clip(-70000);
    for (std::int32_t value = -69999; value <= 70000; ++value) {
        auto const now = rtp::soft_clip(value);
        REQUIRE(now - last >= 0);
        REQUIRE(now - last <= 1);
        REQUIRE(rtp::soft_clip(-value) == -now);
        last = now;
    }
}
