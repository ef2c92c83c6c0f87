// Covers: the file driver's microphone (tones, files, digits) and ear (which sounds, when, digits), and WAV files.
#include "phoned/tools/drv_file/microphone.hpp"
#include "phoned/tools/drv_file/wav.hpp"
#include "phoned/tools/ear.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace phoned::tools;

namespace {

// What an ear says of these samples, given in periods of 10 ms.
std::string heard(std::span<const std::int16_t> samples, std::uint32_t rate = 8000) {
    std::string all;
    ear listener{
        rate,
        {
            .sound =
                [&](const heard_sound& one) {
                    all += one.kind == sound::silence ? fmt::format("{} silence; ", one.begin_ms)
                           : one.kind == sound::tone
                               ? fmt::format("{} tone {}; ", one.begin_ms, std::lround(one.hertz / 10) * 10)
                               : fmt::format("{} other; ", one.begin_ms);
                },
            .digit = [&](const rtp::heard_digit& one) { all += fmt::format("digit {}; ", one.digit); },
        }};
    for (std::size_t at = 0; at + rate / 100 <= samples.size(); at += rate / 100)
        listener.hear(samples.subspan(at, rate / 100));
    return all;
}

std::vector<std::int16_t> from(microphone source, std::size_t count) {
    std::vector<std::int16_t> samples(count);
    for (std::size_t at = 0; at < count; at += 80)
        source.fill(std::span{samples}.subspan(at, std::min<std::size_t>(80, count - at)));
    return samples;
}

struct temporary_file {
    explicit temporary_file(const std::string& name)
        : path((std::filesystem::temp_directory_path() / fmt::format("offhook-{}-{}", ::getpid(), name)).string()) {}
    ~temporary_file() { std::filesystem::remove(path); }
    std::string path;
};

}  // namespace

// A tone fades out over 2 ms, so the window in which it ends is still a little sound: its end is told a window late.
TEST_CASE("a tone is heard as what it is, at 8 and 16 kHz, from where it begins") {
    for (const std::uint32_t rate : {8000u, 16000u}) {
        auto source = microphone::of_tone("0/800,440/800", -13, rate);
        REQUIRE(source.has_value());
        CHECK(heard(from(*source, rate * 32 / 10), rate) == "0 silence; 800 tone 440; 1680 silence; 2400 tone 440; ");
    }
}

TEST_CASE("ring-back of two close frequencies is one tone, its pauses are silence") {
    auto source = microphone::of_tone("440+480/2000,0/4000", -13, 8000);
    REQUIRE(source.has_value());
    const auto told = heard(from(*source, 8000 * 6));
    CHECK(std::count(told.begin(), told.end(), ';') == 2);
    CHECK(told.starts_with("0 tone 4"));
    CHECK(told.ends_with("2080 silence; "));
}

TEST_CASE("the tune is heard note by note, and begins again when it is over") {
    auto source = microphone::of_melody(-13, 8000);
    // E and F lie too close together for the ear to tell them apart; G, D and C do not.
    const auto told = heard(from(source, 8000 * 14));
    std::string notes;
    for (auto at = told.find(" tone "); at != std::string::npos; at = told.find(" tone ", at + 1))
        notes += told.substr(at + 6, 3) + " ";
    const std::string once = "660 780 700 590 520 590 660 590 660 780 700 590 520 590 660 590 520 ";
    CHECK(notes == once + "660 ");
    CHECK(told.find("other") == std::string::npos);
    CHECK(told.find("silence") > told.find("tone 520"));
}

TEST_CASE("a tone that sounds once is followed by silence") {
    auto source = microphone::of_tone("!440/800", -13, 8000);
    REQUIRE(source.has_value());
    CHECK(heard(from(*source, 8000 * 3)) == "0 tone 440; 880 silence; ");
}

TEST_CASE("noise is neither silence nor a tone") {
    std::vector<std::int16_t> noise(8000);
    std::uint32_t state = 12345;
    for (auto& sample : noise) {
        state = state * 1664525 + 1013904223;
        sample = static_cast<std::int16_t>(static_cast<int>(state >> 20) - 2048);
    }
    CHECK(heard(noise) == "0 other; ");
}

TEST_CASE("a sound that goes on is told once, and again after the device has rested") {
    const auto source = microphone::of_tone("440/0", -13, 8000);
    REQUIRE(source.has_value());
    const auto samples = from(*source, 8000);
    int told = 0;
    ear listener{8000, {.sound = [&](const heard_sound&) { ++told; }, .digit = {}}};
    listener.hear(samples);
    listener.hear(samples);
    CHECK(told == 1);
    listener.forget();
    listener.hear(samples);
    CHECK(told == 2);
}

TEST_CASE("digits in the audio are sent first and are heard in order") {
    auto source = microphone::of_silence(8000);
    source.dial("15*#0");
    std::string digits;
    const auto told = heard(from(source, 8000 * 2));
    for (const char digit : {'1', '5', '*', '#', '0'}) {
        const auto at = told.find(fmt::format("digit {}", digit));
        CHECK(at != std::string::npos);
    }
    CHECK(told.find("digit 1") < told.find("digit 5"));
    CHECK(told.ends_with("silence; "));
}

TEST_CASE("a bad tone says where and what is wrong") {
    const auto source = microphone::of_tone("440/1000,50/10", -13, 8000);
    REQUIRE_FALSE(source.has_value());
    CHECK(source.error().starts_with("`440/1000,50/10`, character 10: "));
}

TEST_CASE("what is recorded comes back from the file, once or again and again") {
    const temporary_file file{"tone.wav"};
    std::vector<std::int16_t> ramp(160);
    for (std::size_t i = 0; i < ramp.size(); ++i)
        ramp[i] = static_cast<std::int16_t>(i * 100 - 8000);
    {
        auto writer = wav_writer::create(file.path, 8000);
        REQUIRE(writer.has_value());
        writer->write(std::span{ramp}.first(80));
        writer->write(std::span{ramp}.subspan(80));
    }
    auto once = microphone::of_file(file.path, repeat::once, 8000);
    REQUIRE(once.has_value());
    auto samples = from(*once, 400);
    CHECK(std::equal(ramp.begin(), ramp.end(), samples.begin()));
    CHECK(std::all_of(samples.begin() + 160, samples.end(), [](std::int16_t sample) { return sample == 0; }));
    auto forever = microphone::of_file(file.path, repeat::forever, 8000);
    REQUIRE(forever.has_value());
    samples = from(*forever, 400);
    CHECK(std::equal(ramp.begin(), ramp.end(), samples.begin() + 160));
    const auto wrong_rate = microphone::of_file(file.path, repeat::once, 16000);
    REQUIRE_FALSE(wrong_rate.has_value());
    CHECK(
        wrong_rate.error() ==
        file.path + ": has 8000 samples a second, the phone's audio has 16000 (offhook.audio_rate)"
    );
}

TEST_CASE("a file that is none, or holds nothing, is refused with a reason") {
    CHECK_FALSE(read_wav("/nonexistent.wav", 8000).has_value());
    const temporary_file text{"text.wav"};
    std::ofstream{text.path} << "this is not sound";
    CHECK_FALSE(read_wav(text.path, 8000).has_value());
    const temporary_file empty{"empty.wav"};
    { CHECK(wav_writer::create(empty.path, 8000).has_value()); }
    const auto nothing = read_wav(empty.path, 8000);
    REQUIRE_FALSE(nothing.has_value());
    CHECK(nothing.error() == empty.path + ": holds no sound");
    CHECK_FALSE(wav_writer::create("/nonexistent/x.wav", 8000).has_value());
}
