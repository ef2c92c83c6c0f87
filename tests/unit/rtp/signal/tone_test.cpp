// Tones and cadences as samples.
// Covered: frequency, level and purity of one to four tones at several sample rates, phase over calls and steps, edges,
// cadence lengths to the sample over minutes, steps that sound once, the end, frequencies that a rate cannot hold.
// Not covered here: the grammar, countries, DTMF.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "rtp/signal/level.hpp"
#include "rtp/signal/tone.hpp"
#include "rtp/signal/tone_meter.hpp"

using namespace std::chrono_literals;
using rtp::cadence;
using rtp::step_repeat;
using rtp::tone_component;
using rtp::tone_player;

namespace {

std::vector<std::int16_t> play(tone_player& player, std::size_t count, std::size_t chunk = 80) {
    std::vector<std::int16_t> samples(count);
    for (std::size_t at = 0; at < count; at += chunk)
        player.fill(std::span(samples).subspan(at, std::min(chunk, count - at)));
    return samples;
}

rtp::cadence steps(std::initializer_list<rtp::tone_step> list) {
    rtp::cadence made;
    for (auto const& step : list)
        made.steps[made.count++] = step;
    return made;
}

constexpr rtp::tone_step on(
    std::uint16_t hertz, std::chrono::milliseconds length, step_repeat repeat = step_repeat::always
) {
    return {{{{hertz, -10}}}, length, repeat};
}

constexpr rtp::tone_step off(std::chrono::milliseconds length, step_repeat repeat = step_repeat::always) {
    return {{}, length, repeat};
}

bool is_silent(std::span<const std::int16_t> samples) {
    for (auto const sample : samples)
        if (sample != 0) return false;
    return true;
}

}  // namespace

TEST_CASE("a tone has its frequency, its level and nothing else, at any sample rate") {
    for (std::uint32_t rate : {8000U, 11025U, 16000U, 44100U, 48000U}) {
        for (std::uint16_t const hertz : std::array<std::uint16_t, 6>{200, 350, 425, 1004, 2400, 3400}) {
            CAPTURE(rate);
            CAPTURE(hertz);
            std::array const tone{tone_component{hertz, -10}};
            tone_player player(rate, rtp::steady_tone(tone));
            auto samples = play(player, rate / 2);
            auto const settled = std::span<const std::int16_t>(samples).subspan(rate / 100, rate / 5);
            auto const found = rtp::find_dominant_tone(settled, rate);
            CHECK(found.hertz == doctest::Approx(hertz).epsilon(0.0005));
            CHECK(rtp::dbm0_of_dbov(found.level_dbov) == doctest::Approx(-10).epsilon(0.01));
            CHECK(found.purity > 0.999);
            CHECK_FALSE(player.has_ended());
        }
    }
}

TEST_CASE("0 dBm0 lies 3.14 dB below a full-scale sine (G.711)") {
    std::array const tone{tone_component{1000, 0}};
    tone_player player(8000, rtp::steady_tone(tone));
    auto const samples = play(player, 8000);
    CHECK(rtp::level_dbov(std::span(samples).subspan(80)) == doctest::Approx(-3.01 - 3.14).epsilon(0.002));
}

TEST_CASE("up to four tones sound together, each at its own level") {
    std::array const tones{
        tone_component{350, -13}, tone_component{440, -16}, tone_component{1400, -20}, tone_component{2600, -12}};
    tone_player player(8000, rtp::steady_tone(tones));
    auto const samples = play(player, 4000);
    auto const settled = std::span(samples).subspan(400, 1600);
    for (auto const& tone : tones) {
        auto const level = rtp::tone_level_dbov(settled, 8000, tone.hertz);
        CHECK(rtp::dbm0_of_dbov(level) == doctest::Approx(static_cast<double>(tone.dbm0)).epsilon(0.01));
    }
    CHECK(rtp::tone_level_dbov(settled, 8000, 1000) < -80);
}

TEST_CASE("the sizes of the calls do not change a single sample") {
    auto const ring = steps({on(425, 333ms), off(111ms), on(950, 77ms)});
    tone_player one(11025, ring);
    tone_player many(11025, ring);
    auto const whole = play(one, 40000, 40000);
    auto const parts = play(many, 40000, 7);
    // The pointers are brought back to length one at different places: that is worth at most one step of rounding.
    int worst = 0;
    for (std::size_t n = 0; n < whole.size(); ++n)
        worst = std::max(worst, std::abs(whole[n] - parts[n]));
    CHECK(worst <= 1);
}

TEST_CASE("neither a step from tone to tone nor on and off makes a click") {
    // A step in amplitude or phase would show as a jump larger than the steepest slope of the tones themselves.
    auto const sequence = steps({on(400, 101ms), on(425, 53ms), off(31ms), on(400, 77ms), off(20ms)});
    tone_player player(8000, sequence);
    auto const samples = play(player, 8000);
    auto const peak = rtp::sine_peak_of_dbm0(-10);
    auto const steepest = peak * (2 * 3.14159 * 425 / 8000 + 500.0 / 8000) + 2;
    for (std::size_t n = 1; n < samples.size(); ++n)
        CHECK(std::abs(samples[n] - samples[n - 1]) <= steepest);
}

TEST_CASE("a cadence keeps its lengths to the sample and repeats without adding up rounding errors") {
    // 11,025 Hz: no step is a whole number of samples.
    tone_player player(11025, steps({on(1000, 333ms), off(333ms)}));
    std::vector<std::int16_t> block(11025);
    std::int64_t at = 0;
    for (int second = 0; second < 600; ++second) {
        player.fill(block);
        at += 11025;
    }
    // After ten minutes: 600,000 ms = 900 pairs and 600 ms: the tone begins 66 ms later and ends after 333 ms more.
    auto const samples = play(player, 6000);
    auto const end_of_tone = static_cast<std::size_t>((901LL * 666 + 333) * 11025 / 1000 - at);
    CHECK_FALSE(is_silent(std::span(samples).subspan(end_of_tone - 12, 12)));
    CHECK(is_silent(std::span(samples).subspan(end_of_tone + 23)));
}

TEST_CASE("steps that sound once are left out when the list repeats; if all do, the cadence ends") {
    tone_player player(8000, steps({on(800, 100ms, step_repeat::once), on(400, 100ms), off(100ms)}));
    auto const samples = play(player, 8000);
    auto const part = [&](std::size_t n) { return std::span(samples).subspan(n * 800 + 40, 720); };
    CHECK(rtp::find_dominant_tone(part(0), 8000).hertz == doctest::Approx(800).epsilon(0.01));
    for (std::size_t n : {1U, 3U, 5U, 7U}) {
        CHECK(rtp::find_dominant_tone(part(n), 8000).hertz == doctest::Approx(400).epsilon(0.01));
        CHECK(is_silent(part(n + 1)));
    }

    tone_player twice(
        8000, steps({on(400, 50ms, step_repeat::once), off(50ms, step_repeat::once), on(400, 50ms, step_repeat::once)})
    );
    std::vector<std::int16_t> out(2000, 77);
    CHECK(twice.fill(out) == 1200);
    CHECK(twice.has_ended());
    CHECK(is_silent(std::span(out).subspan(1216)));
    CHECK(twice.fill(out) == 0);
    CHECK(is_silent(out));
}

TEST_CASE("length 0 lasts until stopped; a cadence without steps is over at once") {
    tone_player steady(8000, steps({on(425, 100ms), on(500, 0ms), on(600, 100ms)}));
    auto const samples = play(steady, 80000);
    CHECK(rtp::find_dominant_tone(std::span(samples).last(1600), 8000).hertz == doctest::Approx(500).epsilon(0.001));
    tone_player nothing(8000, {});
    CHECK(nothing.has_ended());
    std::vector<std::int16_t> out(80, 77);
    CHECK(nothing.fill(out) == 0);
    CHECK(is_silent(out));
}

TEST_CASE("a frequency that the sample rate cannot hold is left out instead of sounding as another") {
    std::array const tones{tone_component{7000, -10}, tone_component{425, -13}};
    tone_player narrow(8000, rtp::steady_tone(tones));
    auto const low = play(narrow, 2400);
    auto const found = rtp::find_dominant_tone(std::span(low).subspan(800), 8000);
    CHECK(found.hertz == doctest::Approx(425).epsilon(0.001));
    CHECK(found.purity > 0.999);
    tone_player wide(16000, rtp::steady_tone(tones));
    auto const high = play(wide, 4800);
    CHECK(
        rtp::dbm0_of_dbov(rtp::tone_level_dbov(std::span(high).subspan(1600), 16000, 7000)) ==
        doctest::Approx(-10).epsilon(0.01)
    );
}

TEST_CASE("tones that are too loud together are clipped, not wrapped") {
    std::array const tones{tone_component{400, 3}, tone_component{450, 3}};
    tone_player player(8000, rtp::steady_tone(tones));
    auto const samples = play(player, 8000);
    for (std::size_t n = 1; n < samples.size(); ++n)
        CHECK(std::abs(samples[n] - samples[n - 1]) < 25000);
}
