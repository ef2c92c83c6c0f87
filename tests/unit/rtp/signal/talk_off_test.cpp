// Digits in the audio beside speech.
// Covered: no digit heard in minutes of speech by four voices, as recorded and faster and slower, loud and soft, plain
// and through both laws of G.711; digits that a voice talks over.
// The speech is that of tests/sounds: synthetic voices (Debian's flite), which are made of recordings of people, saying
// sentences written for this test. Not covered: people in a room.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "rtp/codec/g711.hpp"
#include "rtp/signal/dtmf.hpp"
#include "rtp/signal/level.hpp"
#include "support/sound_file.hpp"

namespace {

constexpr std::array voices{"slt", "rms", "awb", "kal16"};

std::vector<std::int16_t> speech(std::string const& voice) {
    auto const sound = test::read_sound(std::string(SOUNDS) + "/speech-" + voice + ".wav");
    REQUIRE(sound.rate == 8000);
    REQUIRE(sound.samples.size() > 80 * 8000);
    return sound.samples;
}

/// Played at another speed: pitch and formants move with it, so that other tones meet the digits' frequencies.
std::vector<std::int16_t> at_speed(std::vector<std::int16_t> const& sound, double speed, double gain) {
    std::vector<std::int16_t> out;
    for (double at = 0; at + 1 < static_cast<double>(sound.size()); at += speed) {
        auto const n = static_cast<std::size_t>(at);
        auto const part = at - static_cast<double>(n);
        auto const value = gain * (sound[n] * (1 - part) + sound[n + 1] * part);
        out.push_back(static_cast<std::int16_t>(std::clamp(value, -32768.0, 32767.0)));
    }
    return out;
}

std::string digits_in(std::span<const std::int16_t> samples) {
    rtp::dtmf_detector detector(8000);
    std::string heard;
    for (std::size_t at = 0; at < samples.size(); at += 160) {
        detector.feed(samples.subspan(at, std::min<std::size_t>(160, samples.size() - at)));
        while (auto const digit = detector.next())
            heard += digit->digit;
    }
    return heard;
}

}  // namespace

TEST_CASE("speech makes no digits, by whatever voice, at whatever speed and level (talk-off, ITU-T Q.24)") {
    double minutes = 0;
    for (auto const* voice : voices) {
        auto const recorded = speech(voice);
        for (auto const& [speed, gain] :
             {std::pair(1.0, 1.0), std::pair(0.87, 2.0), std::pair(0.94, 0.5), std::pair(1.07, 1.0),
              std::pair(1.15, 2.0)}) {
            CAPTURE(std::string(voice));
            CAPTURE(speed);
            auto const sound = at_speed(recorded, speed, gain);
            CHECK(digits_in(sound) == "");
            minutes += static_cast<double>(sound.size()) / 8000 / 60;
        }
    }
    MESSAGE("no digit in " << minutes << " minutes of speech");
    CHECK(minutes > 30);
}

TEST_CASE("the coarse steps of G.711 do not make digits of speech") {
    for (auto const* voice : voices) {
        CAPTURE(std::string(voice));
        auto mu_law = speech(voice);
        auto a_law = mu_law;
        for (auto& sample : mu_law)
            sample = rtp::g711::decode_mu_law(rtp::g711::encode_mu_law(sample));
        for (auto& sample : a_law)
            sample = rtp::g711::decode_a_law(rtp::g711::encode_a_law(sample));
        CHECK(digits_in(mu_law) == "");
        CHECK(digits_in(a_law) == "");
    }
}

TEST_CASE("digits are heard while a voice 18 dB below them talks on") {
    for (auto const* voice : voices) {
        CAPTURE(std::string(voice));
        auto sound = at_speed(speech(voice), 1, 1);
        sound.resize(30 * 8000);
        auto const gain =
            rtp::sine_peak_of_dbm0(-24) / std::sqrt(2) / 32768 / std::pow(10, rtp::level_dbov(sound) / 20);
        for (auto& sample : sound)
            sample = static_cast<std::int16_t>(std::lround(sample * gain));
        rtp::dtmf_player player(8000, {.tone = std::chrono::milliseconds(80), .pause = std::chrono::milliseconds(80)});
        std::string dialled;
        for (std::size_t at = 0; at + 1280 <= sound.size(); at += 1280) {
            dialled += rtp::dtmf_digits[dialled.size() % 16];
            REQUIRE_FALSE(player.push(dialled.back()));
            std::vector<std::int16_t> digit(1280);
            player.fill(digit);
            for (std::size_t n = 0; n < digit.size(); ++n)
                sound[at + n] = static_cast<std::int16_t>(sound[at + n] + digit[n]);
        }
        auto const heard = digits_in(sound);
        MESSAGE(std::string(voice) << ": " << heard.size() << " of " << dialled.size() << " digits");
        CHECK(heard.size() >= dialled.size() * 97 / 100);
        CHECK(heard.size() <= dialled.size());
    }
}
