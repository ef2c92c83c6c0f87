// Level and tone measurement, and the mixer.
// Covered: dBov against its definition, silence and overload; tones in noise and beside other tones, purity, the limits
// of the scan; sums, saturation, and what each party of a conference hears.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "rtp/signal/level.hpp"
#include "rtp/signal/mixer.hpp"
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

TEST_CASE("a mix is the saturated sum, and each party hears it without itself") {
    rtp::mixer mixer(4);
    std::array<std::int16_t, 4> const a{1000, 30000, -30000, 5};
    std::array<std::int16_t, 4> const b{2000, 30000, -30000, -5};
    std::array<std::int16_t, 4> const c{-500, -32768, 20000, 0};
    std::array<std::int16_t, 4> out{};
    mixer.add(a);
    mixer.add(b);
    mixer.mix(out);
    CHECK(out == std::array<std::int16_t, 4>{3000, 32767, -32768, 0});
    mixer.add(c);
    mixer.mix(out);
    CHECK(out == std::array<std::int16_t, 4>{2500, 27232, -32768, 0});
    mixer.mix_without(c, out);
    CHECK(out == std::array<std::int16_t, 4>{3000, 32767, -32768, 0});  // the saturation of the sum is not inherited
    mixer.mix_without(a, out);
    CHECK(out == std::array<std::int16_t, 4>{1500, -2768, -10000, -5});
    auto in_place = b;
    mixer.mix_without(in_place, in_place);
    CHECK(in_place == std::array<std::int16_t, 4>{500, -2768, -10000, 5});
    mixer.clear();
    mixer.mix(out);
    CHECK(out == std::array<std::int16_t, 4>{});
}

TEST_CASE("a short source is silent behind its end, a long one is cut") {
    rtp::mixer mixer(4);
    std::array<std::int16_t, 2> const half{7, 8};
    std::array<std::int16_t, 6> const more{1, 1, 1, 1, 1, 1};
    std::array<std::int16_t, 4> out{};
    mixer.add(half);
    mixer.add(more);
    mixer.mix(out);
    CHECK(out == std::array<std::int16_t, 4>{8, 9, 1, 1});
    mixer.mix_without(half, out);
    CHECK(out == std::array<std::int16_t, 4>{1, 1, 1, 1});
}

TEST_CASE("thousands of full-scale voices do not overflow the sum") {
    rtp::mixer mixer(1);
    std::array<std::int16_t, 1> const loud{-32768};
    std::array<std::int16_t, 1> out{};
    for (int n = 0; n < 65'536; ++n)
        mixer.add(loud);
    mixer.mix(out);
    CHECK(out[0] == -32768);
}
