// Digits in the audio.
// Covered: the sixteen frequency pairs, player and detector for all digits at 8 and 16 kHz, with frequency error,
// twist, level, noise and G.711 coding; short and broken tones, repeated digits; talk-off on
// synthetic speech, chords and noise.
// Not covered: recordings of real speech.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "rtp/codec/g711.hpp"
#include "rtp/signal/dtmf.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"
#include "support/seeded_random.hpp"

using namespace std::chrono_literals;

namespace {

constexpr double pi = 3.14159265358979;

std::string drain(rtp::dtmf_detector& detector) {
    std::string digits;
    while (auto const heard = detector.next())
        digits += heard->digit;
    return digits;
}

std::string detect(std::span<const std::int16_t> samples, std::uint32_t rate = 8000) {
    rtp::dtmf_detector detector(rate);
    detector.feed(samples);
    std::vector<std::int16_t> const pause(rate / 10);
    detector.feed(pause);
    return drain(detector);
}

std::vector<std::int16_t> dial(std::string_view digits, std::uint32_t rate = 8000, rtp::dtmf_timing timing = {}) {
    rtp::dtmf_player player(rate, timing);
    std::vector<std::int16_t> samples;
    for (auto const digit : digits) {
        REQUIRE_FALSE(player.push(digit));
        std::vector<std::int16_t> part(rate * static_cast<std::size_t>((timing.tone + timing.pause).count()) / 1000);
        player.fill(part);
        samples.insert(samples.end(), part.begin(), part.end());
    }
    return samples;
}

// A digit with everything off nominal that a test wants.
std::vector<std::int16_t> pair(double low, double high, double low_dbm0, double high_dbm0, double milliseconds) {
    std::vector<std::int16_t> samples(static_cast<std::size_t>(milliseconds * 8));
    auto const a = rtp::sine_peak_of_dbm0(low_dbm0);
    auto const b = rtp::sine_peak_of_dbm0(high_dbm0);
    for (std::size_t n = 0; n < samples.size(); ++n) {
        auto const t = static_cast<double>(n) / 8000;
        samples[n] =
            static_cast<std::int16_t>(std::lround(a * std::sin(2 * pi * low * t) + b * std::sin(2 * pi * high * t)));
    }
    return samples;
}

void add_noise(std::vector<std::int16_t>& samples, double dbm0, test::seeded_random& random) {
    auto const spread = rtp::sine_peak_of_dbm0(dbm0) * std::sqrt(1.5);  // uniform noise of the same power
    for (auto& sample : samples) {
        auto const unit = static_cast<double>(random() >> 11) * 0x1.0p-52 - 1;
        sample = static_cast<std::int16_t>(sample + spread * unit);
    }
}

}  // namespace

TEST_CASE("the sixteen digits have the frequencies of ITU-T Q.23") {
    constexpr std::array<int, 4> rows{697, 770, 852, 941};
    constexpr std::array<int, 4> columns{1209, 1336, 1477, 1633};
    constexpr std::string_view keys = "123A456B789C*0#D";
    for (std::size_t n = 0; n < keys.size(); ++n) {
        auto const found = rtp::dtmf_frequencies(keys[n]);
        REQUIRE(found.has_value());
        CHECK((*found)[0] == rows[n / 4]);
        CHECK((*found)[1] == columns[n % 4]);
    }
    CHECK(rtp::dtmf_frequencies('a') == rtp::dtmf_frequencies('A'));
    for (char other : {'E', 'e', ' ', '+', '\0'})
        CHECK_FALSE(rtp::dtmf_frequencies(other).has_value());
}

TEST_CASE("what the player dials the detector hears, at 8 and 16 kHz, plain and through both laws") {
    for (std::uint32_t rate : {8000U, 16000U}) {
        auto samples = dial(rtp::dtmf_digits, rate);
        CHECK(detect(samples, rate) == rtp::dtmf_digits);
        auto mu_law = samples;
        auto a_law = samples;
        for (auto& sample : mu_law)
            sample = rtp::g711::decode_mu_law(rtp::g711::encode_mu_law(sample));
        for (auto& sample : a_law)
            sample = rtp::g711::decode_a_law(rtp::g711::encode_a_law(sample));
        CHECK(detect(mu_law, rate) == rtp::dtmf_digits);
        CHECK(detect(a_law, rate) == rtp::dtmf_digits);
    }
}

TEST_CASE("a digit is told with its place and length, to a block") {
    std::vector<std::int16_t> samples(4000);
    auto const digit = pair(770, 1336, -10, -8, 250);
    samples.insert(samples.end(), digit.begin(), digit.end());
    samples.resize(samples.size() + 1000);
    rtp::dtmf_detector detector(8000);
    std::size_t first_heard = 0;
    for (std::size_t at = 0; at < samples.size(); at += 80) {
        detector.feed(std::span(samples).subspan(at, std::min<std::size_t>(80, samples.size() - at)));
        if (first_heard == 0 && detector.sounding() == '5') first_heard = at + 80;
    }
    auto const heard = detector.next();
    REQUIRE(heard.has_value());
    CHECK(heard->digit == '5');
    CHECK(static_cast<double>(heard->begin) == doctest::Approx(4000).epsilon(0.03));
    CHECK(static_cast<double>(heard->length) == doctest::Approx(2000).epsilon(0.11));
    CHECK(first_heard - 4000 <= 320);  // known within 40 ms
    CHECK_FALSE(detector.sounding().has_value());
    CHECK_FALSE(detector.next().has_value());
}

TEST_CASE("digits within the limits of ITU-T Q.24 are heard: 1.5 % off, 40 ms, twist, quiet, noisy") {
    auto const is_heard = [](std::vector<std::int16_t> samples) {
        std::vector<std::int16_t> padded(333);
        padded.insert(padded.end(), samples.begin(), samples.end());
        return detect(padded);
    };
    for (double off : {-0.015, -0.01, 0.0, 0.01, 0.015})
        for (std::size_t row = 0; row < 4; ++row)
            for (std::size_t column = 0; column < 4; ++column) {
                auto const digit = std::string_view("123A456B789C*0#D")[row * 4 + column];
                auto const tones = *rtp::dtmf_frequencies(digit);
                CAPTURE(digit);
                CAPTURE(off);
                CHECK(is_heard(pair(tones[0] * (1 + off), tones[1] * (1 + off), -10, -8, 60)) == std::string(1, digit));
            }
    CHECK(is_heard(pair(697, 1477, -10, -8, 40)) == "3");
    CHECK(is_heard(pair(697, 1477, -14, -8, 60)) == "3");  // the column 6 dB up
    CHECK(is_heard(pair(697, 1477, -6, -14, 60)) == "3");  // the row 8 dB up
    CHECK(is_heard(pair(697, 1477, -30, -30, 60)) == "3");
    CHECK(is_heard(pair(697, 1477, -3.5, -3.5, 60)) == "3");
    test::seeded_random random(3);
    auto noisy = pair(941, 1209, -10, -10, 60);
    add_noise(noisy, -22, random);
    CHECK(is_heard(noisy) == "*");
}

TEST_CASE(
    "tones outside the limits are no digits: 3.5 % off, 20 ms, strong twist, one tone alone, three tones, too quiet"
) {
    CHECK(detect(pair(697 * 1.04, 1336 * 1.04, -10, -8, 100)) == "");
    CHECK(detect(pair(697 * 0.96, 1336 * 0.96, -10, -8, 100)) == "");
    CHECK(detect(pair(697 * 1.035, 1336, -10, -8, 100)) == "");
    CHECK(detect(pair(697 * 0.965, 1336, -10, -8, 100)) == "");
    CHECK(detect(pair(770, 1209 * 1.03, -10, -8, 100)) == "");
    CHECK(detect(pair(697, 1336, -10, -8, 20)) == "");
    CHECK(detect(pair(697, 1336, -20, -8, 100)) == "");
    CHECK(detect(pair(697, 1336, -6, -19, 100)) == "");
    CHECK(detect(pair(697, 1336, -10, -80, 100)) == "");
    CHECK(detect(pair(697, 1336, -45, -45, 100)) == "");
    auto third = pair(697, 1336, -10, -10, 100);
    auto const voice = pair(1000, 2000, -10, -80, 100);
    for (std::size_t n = 0; n < third.size(); ++n)
        third[n] = static_cast<std::int16_t>(third[n] + voice[n]);
    CHECK(detect(third) == "");
}

TEST_CASE("a drop-out of 10 ms does not double a digit; a pause of 40 ms does separate two") {
    auto const half = pair(852, 1477, -10, -8, 80);
    auto const with_gap = [&](std::size_t gap) {
        auto samples = half;
        samples.resize(samples.size() + gap * 8);
        samples.insert(samples.end(), half.begin(), half.end());
        return detect(samples);
    };
    CHECK(with_gap(10) == "9");
    CHECK(with_gap(40) == "99");
    CHECK(detect(dial("1111222", 8000, {40ms, 40ms})) == "1111222");
}

TEST_CASE("one digit may follow another without a pause") {
    auto samples = pair(697, 1209, -10, -8, 100);
    auto const next = pair(941, 1633, -10, -8, 100);
    samples.insert(samples.end(), next.begin(), next.end());
    CHECK(detect(samples) == "1D");
}

TEST_CASE("synthetic speech, chords and noise make no digits (talk-off)") {
    // Speech is imitated as voiced sounds with a moving pitch under three moving formants, fricatives and pauses. It is
    // richer in steady harmonics than real speech, thus a hard case for talk-off.
    test::seeded_random random(2024);
    auto const unit = [&] { return static_cast<double>(random() >> 11) * 0x1.0p-53; };
    rtp::dtmf_detector detector(8000);
    std::vector<std::int16_t> block(8000);
    double phase = 0;
    for (int second = 0; second < 40; ++second) {
        auto const pitch = 80 + 170 * unit();
        auto const glide = (unit() - 0.5) * 60;
        std::array<double, 3> const formants{300 + 600 * unit(), 900 + 1300 * unit(), 2300 + 900 * unit()};
        auto const loudness = 1000 + 6000 * unit();
        for (std::size_t n = 0; n < block.size(); ++n) {
            auto const t = static_cast<double>(n) / 8000;
            auto const f0 = pitch + glide * t;
            phase += 2 * pi * f0 / 8000;
            double value = 0;
            for (int h = 1; h * f0 < 3600; ++h) {
                double gain = 0.02;
                for (auto const formant : formants)
                    gain += 1 / (1 + std::pow((h * f0 - formant) / 90, 2));
                value += gain * std::sin(h * phase);
            }
            auto const syllable = std::max(0.0, std::sin(2 * pi * 4 * t));
            block[n] = static_cast<std::int16_t>(std::clamp(value * loudness * syllable * 0.5, -32000.0, 32000.0));
        }
        detector.feed(block);
    }
    CHECK(drain(detector) == "");
    for (int second = 0; second < 20; ++second) {
        auto const root = 100 + 400 * unit();
        for (std::size_t n = 0; n < block.size(); ++n) {
            double value = 0;
            for (auto const ratio : {1.0, 1.26, 1.5, 2.0, 3.0})
                value += 2500 * std::sin(2 * pi * root * ratio * static_cast<double>(n) / 8000);
            block[n] = static_cast<std::int16_t>(value);
        }
        detector.feed(block);
        for (auto& sample : block)
            sample = static_cast<std::int16_t>(20000 * (unit() - 0.5));
        detector.feed(block);
    }
    CHECK(drain(detector) == "");
}

TEST_CASE("the player refuses what is no digit and what does not fit its queue") {
    rtp::dtmf_player player(8000);
    CHECK(player.is_idle());
    CHECK(player.push('x') == rtp::errc::invalid_digit);
    for (std::size_t n = 0; n < rtp::dtmf_player::max_waiting; ++n)
        CHECK_FALSE(player.push('7'));
    CHECK(player.push('7') == rtp::errc::queue_full);
    std::vector<std::int16_t> samples(8000);
    std::size_t sounded = 0;
    std::string heard;
    rtp::dtmf_detector detector(8000);
    while (!player.is_idle()) {
        sounded += player.fill(samples);
        detector.feed(samples);
        heard += drain(detector);
    }
    CHECK(sounded == 32 * 1600);
    CHECK(heard == std::string(32, '7'));
}

TEST_CASE("the detector keeps the last 32 digits if nobody fetches them") {
    rtp::dtmf_detector detector(8000);
    detector.feed(dial(std::string(10, '1') + std::string(32, '2'), 8000, {50ms, 50ms}));
    CHECK(drain(detector) == std::string(32, '2'));
}
