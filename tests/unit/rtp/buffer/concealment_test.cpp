// Concealment and pitch on samples.
// Covered: how well an invented stretch continues a vowel and a tone at 8 and 16 kHz, joints without clicks, fading,
// cross-fade back, gaps in pieces, silence and noise and full scale, falling silent, cuts; pitch of known sounds.
// Not covered: recordings of real speech; the comparison with other concealments is in tests/playout.
#include <doctest/doctest.h>

#include <tuple>

#include "rtp/buffer/concealment.hpp"
#include "rtp/buffer/pitch.hpp"
#include "test_sounds.hpp"

using test::steepest;

namespace {

// Plays `sound` with one gap of `gap` samples at `at`; everything in pieces of `piece`.
std::vector<std::int16_t> with_gap(
    std::vector<std::int16_t> sound, std::uint32_t rate, std::size_t at, std::size_t gap, std::size_t piece
) {
    rtp::concealment concealment(rate);
    for (std::size_t n = 0; n < sound.size(); n += piece) {
        auto const part = std::span(sound).subspan(n, std::min(piece, sound.size() - n));
        if (n >= at && n < at + gap)
            concealment.conceal(part);
        else
            concealment.on_media(part);
    }
    return sound;
}

}  // namespace

TEST_CASE("20 ms invented in a vowel continue it: same period, same level, no click at either end") {
    for (auto const rate : {8000U, 16000U}) {
        for (auto const pitch : {80.0, 100.0, 131.0, 170.0}) {
            CAPTURE(rate);
            CAPTURE(pitch);
            std::size_t const ms = rate / 1000;
            auto const original = test::vowel(400 * ms, rate, pitch);
            auto const heard = with_gap(original, rate, 200 * ms, 20 * ms, 10 * ms);
            auto const lost = std::span(original).subspan(200 * ms, 20 * ms);
            auto const invented = std::span(heard).subspan(200 * ms, 20 * ms);
            CHECK(test::likeness_db(lost.first(10 * ms), invented.first(10 * ms)) > 9);
            auto const level = 10 * std::log10(test::power(invented) / test::power(lost));
            CHECK(level > -4);
            CHECK(level < 1);
            CHECK(steepest(std::span(heard).subspan(190 * ms, 60 * ms)) <= steepest(original) * 7 / 5);
            // Nothing else has been touched, but for the cross-fade of at most 4 ms behind the gap.
            for (std::size_t n = 0; n < original.size(); ++n)
                if (n < 200 * ms || n >= 224 * ms) CHECK(heard[n] == original[n]);
        }
    }
}

TEST_CASE("a tone goes on as a tone") {
    for (auto const hertz : {200.0, 425.0, 1000.0}) {
        CAPTURE(hertz);
        auto const original = test::tone(3200, 8000, hertz, 8000);
        auto const heard = with_gap(original, 8000, 1600, 80, 80);
        CHECK(test::likeness_db(std::span(original).subspan(1600, 80), std::span(heard).subspan(1600, 80)) > 12);
        CHECK(steepest(heard) <= steepest(original) * 5 / 4);
    }
}

TEST_CASE("sound that grows or fades has no click at the joint or where the invented rounds close") {
    for (auto const change : {1.004, 0.996}) {
        for (std::size_t at = 1200; at < 1250; at += 5) {  // all around one period of 50 samples
            CAPTURE(change);
            CAPTURE(at);
            auto sound = test::tone(2400, 8000, 160, 3000);
            for (std::size_t n = 0; n < sound.size(); ++n)
                sound[n] = static_cast<std::int16_t>(
                    std::clamp(sound[n] * std::pow(change, static_cast<double>(n) - 1200), -30000.0, 30000.0)
                );
            auto const heard = with_gap(sound, 8000, at, 400, 5);
            auto const before = steepest(std::span(heard).subspan(at - 60, 60));
            CHECK(steepest(std::span(heard).subspan(at - 2, 20)) <= before * 9 / 8);
            CHECK(
                steepest(std::span(heard).subspan(at - 2, 400)) <= before * 2
            );  // rounds of three periods span much change
        }
    }
}

TEST_CASE("invented sound is full for 20 ms and gone after 200") {
    auto const original = test::vowel(4800, 8000, 100);
    auto const heard = with_gap(original, 8000, 1600, 2400, 80);
    auto const level = [&](std::size_t from, std::size_t to) {
        auto const part = std::span(heard).subspan(1600 + from * 8, (to - from) * 8);
        return 10 * std::log10((test::power(part) + 1e-9) / test::power(original));
    };
    CHECK(level(0, 20) > -2);
    CHECK(level(60, 80) < level(0, 20) - 1);
    CHECK(level(120, 140) < level(60, 80) - 3);
    CHECK(level(180, 200) < -20);
    for (std::size_t n = 1600 + 1601; n < 1600 + 2400; ++n)
        CHECK(heard[n] == 0);
}

TEST_CASE("sound that was fading when it was lost goes on fading for 20 ms") {
    auto original = test::vowel(3200, 8000, 100);
    for (std::size_t n = 1440; n < original.size(); ++n)  // 3 dB less each 10 ms, from 20 ms before the gap
        original[n] = static_cast<std::int16_t>(original[n] * std::pow(0.7079, static_cast<double>(n - 1440) / 80));
    auto const steady = test::vowel(3200, 8000, 100);
    auto const falls_by = [](std::vector<std::int16_t> const& sound) {
        auto const heard = with_gap(sound, 8000, 1600, 160, 80);
        return 10 *
               std::log10(
                   test::power(std::span(heard).subspan(1600, 80)) / test::power(std::span(heard).subspan(1680, 80))
               );
    };
    CHECK(falls_by(original) > 1.5);
    CHECK(std::abs(falls_by(steady)) < 0.5);
}

TEST_CASE("a gap sounds the same in one piece and in many") {
    auto const original = test::vowel(3200, 8000, 123);
    auto const whole = with_gap(original, 8000, 1600, 480, 160);
    for (std::size_t piece : {1U, 10U, 40U, 80U})
        CHECK(std::vector(whole.begin() + 1600, whole.begin() + 2080) == [&] {
            auto const other = with_gap(original, 8000, 1600, 480, piece);
            return std::vector(other.begin() + 1600, other.begin() + 2080);
        }());
}

TEST_CASE("silence, noise, full scale and the first packet ever are no trouble") {
    auto const nothing = with_gap(std::vector<std::int16_t>(1600), 8000, 800, 320, 80);
    CHECK(test::power(nothing) == 0);
    rtp::concealment fresh(8000);
    std::vector<std::int16_t> first(160, 99);
    fresh.conceal(first);
    CHECK(test::power(first) == 0);
    auto const rough = test::noise(3200, 8000, 4);
    auto const heard = with_gap(rough, 8000, 1600, 160, 80);
    auto const level = 10 * std::log10(test::power(std::span(heard).subspan(1600, 160)) / test::power(rough));
    CHECK(level > -6);
    CHECK(level < 2);
    std::vector<std::int16_t> square(3200);
    for (std::size_t n = 0; n < square.size(); ++n)
        square[n] = n / 40 % 2 == 0 ? std::int16_t{32767} : std::int16_t{-32768};
    auto const loud = with_gap(square, 8000, 1600, 320, 80);
    CHECK(test::power(std::span(loud).subspan(1600, 80)) > 1e8);
}

TEST_CASE("sound that returns fades in within 4 ms") {
    auto const original = test::tone(8000, 8000, 500, 8000);
    auto const after_long = with_gap(original, 8000, 1600, 1600, 80);
    CHECK(after_long[3200 + 32] == original[3200 + 32]);
    CHECK(steepest(std::span(after_long).subspan(3190, 40)) <= steepest(original) * 5 / 4);
    auto const after_short = with_gap(original, 8000, 1600, 80, 80);
    CHECK(after_short[1680 + 32] == original[1680 + 32]);
}

TEST_CASE("falling silent takes 5 ms and no click") {
    rtp::concealment concealment(8000);
    auto sound = test::vowel(1600, 8000, 110);
    auto const most = steepest(sound);
    concealment.on_media(sound);
    std::vector<std::int16_t> quiet(160, 77);
    concealment.fall_silent(quiet);
    sound.insert(sound.end(), quiet.begin(), quiet.end());
    CHECK(steepest(std::span(sound).last(200)) <= most * 5 / 4);
    for (std::size_t n = 40; n < quiet.size(); ++n)
        CHECK(quiet[n] == 0);
    concealment.fall_silent(quiet);
    CHECK(test::power(quiet) == 0);
}

TEST_CASE("samples left out are bridged") {
    rtp::concealment concealment(8000);
    auto sound = test::tone(3200, 8000, 300, 8000);
    auto const most = steepest(sound);
    concealment.on_media(std::span(sound).first(1600));
    concealment.on_cut();
    // 13 samples are missing: half a period of the tone, the worst place to join.
    auto next = std::vector(sound.begin() + 1613, sound.begin() + 1773);
    concealment.on_media(next);
    sound.resize(1600);
    sound.insert(sound.end(), next.begin(), next.end());
    CHECK(steepest(std::span(sound).subspan(1590, 80)) <= most * 5 / 4);
}

TEST_CASE("the pitch of periodic sounds is found, noise and silence have none") {
    for (auto const rate : {8000U, 16000U, 48000U})
        for (auto const hertz : {70.0, 100.0, 160.0, 198.0}) {
            CAPTURE(rate);
            CAPTURE(hertz);
            auto const found = rtp::find_pitch(test::vowel(rate / 10, rate, hertz), rate, rtp::voice_range(rate));
            auto const periods = static_cast<double>(found.period) / (rate / hertz);
            CHECK(std::abs(periods - std::round(periods)) < 0.04);
            CHECK(found.likeness > 0.85);
        }
    CHECK(rtp::find_pitch(test::noise(800, 5000, 9), 8000, rtp::voice_range(8000)).likeness < 0.6);
    CHECK(rtp::find_pitch(std::vector<std::int16_t>(800), 8000, rtp::voice_range(8000)).likeness <= 0);
    auto const short_one = rtp::find_pitch(std::vector<std::int16_t>(100), 8000, rtp::voice_range(8000));
    CHECK(short_one.period == 40);
    CHECK(short_one.likeness == 0);
}
