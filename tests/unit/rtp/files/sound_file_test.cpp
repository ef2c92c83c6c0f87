// Sound in files, in a folder of the test's own.
// Covered: recordings read back, of one leg, two legs and a conference; the longest recording; files of other rates and
// channels; a music on hold into a conference; files that are none, are missing, lie about their length or cannot be
// written.
#include "rtp/files/sound_file.hpp"

#include <doctest/doctest.h>

#include <sndfile.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numbers>

#include "rtp/signal/sound_player.hpp"
#include "rtp/signal/tone_meter.hpp"
#include "rtp/voice/conference.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace std::chrono_literals;

std::vector<std::int16_t> tone(std::size_t count, double rate, double hertz, double peak = 6000) {
    std::vector<std::int16_t> samples(count);
    for (std::size_t n = 0; n < count; ++n)
        samples[n] =
            static_cast<std::int16_t>(peak * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(n) / rate));
    return samples;
}

struct contents {
    SF_INFO info{};
    std::vector<std::int16_t> samples;
};

contents read_back(std::string const& path) {
    contents out;
    std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> const file(sf_open(path.c_str(), SFM_READ, &out.info), sf_close);
    REQUIRE(file);
    out.samples.resize(static_cast<std::size_t>(out.info.frames * out.info.channels));
    REQUIRE(
        sf_read_short(file.get(), out.samples.data(), static_cast<sf_count_t>(out.samples.size())) ==
        static_cast<sf_count_t>(out.samples.size())
    );
    return out;
}

void write_file(std::string const& path, int format, int rate, int channels, std::vector<std::int16_t> const& samples) {
    SF_INFO info{};
    info.samplerate = rate;
    info.channels = channels;
    info.format = format;
    std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> const file(sf_open(path.c_str(), SFM_WRITE, &info), sf_close);
    REQUIRE(file);
    REQUIRE(sf_write_short(file.get(), samples.data(), static_cast<sf_count_t>(samples.size())) > 0);
}

struct files {
    test::temporary_folder folder;
    [[nodiscard]] std::string at(std::string const& name) const { return folder.path + "/" + name; }
};

}  // namespace

TEST_CASE_FIXTURE(files, "a recording holds what was said, sample by sample, of one leg or of two") {
    auto const ours = tone(20000, 8000, 400), theirs = tone(20000, 8000, 700);
    {
        auto one = rtp::sound_recorder::create(at("one.wav"), {.rate = 8000, .channels = 1}).value();
        auto two = rtp::sound_recorder::create(at("two.wav"), {.rate = 8000, .channels = 2}).value();
        for (std::size_t n = 0; n < ours.size(); n += 80) {
            one.write(std::span(ours).subspan(n, 80));
            two.write(std::span(ours).subspan(n, 80), std::span(theirs).subspan(n, 80));
        }
        CHECK(one.length() == 2500ms);
        CHECK(two.close());
        CHECK(two.failure().empty());
    }
    auto const one = read_back(at("one.wav")), two = read_back(at("two.wav"));
    CHECK(one.info.samplerate == 8000);
    CHECK(one.info.channels == 1);
    CHECK(one.samples == ours);
    REQUIRE(two.samples.size() == 40000);
    for (std::size_t n = 0; n < ours.size(); ++n) {
        REQUIRE(two.samples[2 * n] == ours[n]);
        REQUIRE(two.samples[2 * n + 1] == theirs[n]);
    }
}

TEST_CASE_FIXTURE(files, "a conference is recorded with music on hold in it, and the music is not heard by itself") {
    write_file(at("music.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 2, tone(32000, 32000, 600));
    auto const music = rtp::read_sound_file(at("music.wav"), 8000);
    REQUIRE(music.has_value());
    rtp::sound_player player(*music, rtp::sound_repeat::for_ever);
    rtp::conference conference(8000);
    auto const source = conference.add(8000).value(), talker = conference.add(8000).value();
    auto recorder = rtp::sound_recorder::create(at("mix.wav"), {.rate = 8000}).value();
    auto const speech = tone(80, 8000, 1000);
    std::vector<std::int16_t> heard;
    for (int n = 0; n < 300; ++n) {
        std::vector<std::int16_t> period(80);
        player.fill(period);
        conference.give(source, period);
        conference.give(talker, speech);
        conference.mix();
        recorder.write(conference.whole());
        conference.take(talker, period);
        heard.insert(heard.end(), period.begin(), period.end());
    }
    REQUIRE(recorder.close());
    auto const mix = read_back(at("mix.wav")).samples;
    CHECK(rtp::tone_level_dbov(std::span(mix).last(8000), 8000, 600) > -20);
    CHECK(rtp::tone_level_dbov(std::span(mix).last(8000), 8000, 1000) > -20);
    CHECK(rtp::tone_level_dbov(std::span(heard).last(8000), 8000, 600) > -20);
    CHECK(rtp::tone_level_dbov(std::span(heard).last(8000), 8000, 1000) < -60);
}

TEST_CASE_FIXTURE(files, "files of any rate, channels and format become one channel at the rate that is wanted") {
    for (int const rate : {8000, 11100, 44100, 48000})
        for (int const channels : {1, 2}) {
            auto const name = at("sound-" + std::to_string(rate) + "-" + std::to_string(channels) + ".flac");
            auto const mono = tone(static_cast<std::size_t>(rate), rate, 500);
            std::vector<std::int16_t> samples;
            for (auto const sample : mono)
                samples.insert(samples.end(), static_cast<std::size_t>(channels), sample);
            write_file(name, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, rate, channels, samples);
            auto const read = rtp::read_sound_file(name, 16000);
            CAPTURE(name);
            REQUIRE(read.has_value());
            CHECK(static_cast<double>(read->size()) == doctest::Approx(16000).epsilon(0.01));
            CHECK(
                rtp::tone_level_dbov(std::span(*read).subspan(2000, 12000), 16000, 500) ==
                doctest::Approx(-17.8).epsilon(0.02)
            );
        }
}

TEST_CASE_FIXTURE(files, "what is too long is cut, when reading and when recording") {
    write_file(at("long.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, tone(80000, 8000, 500));
    CHECK(rtp::read_sound_file(at("long.wav"), 8000, 3s)->size() == 24000);
    auto recorder = rtp::sound_recorder::create(at("short.wav"), {.rate = 8000, .longest = 1s}).value();
    for (int n = 0; n < 300; ++n)
        recorder.write(std::vector<std::int16_t>(80, 5));
    CHECK(recorder.is_full());
    CHECK(recorder.length() == 1000ms);
    CHECK(recorder.close());
    CHECK(read_back(at("short.wav")).samples.size() == 8000);
}

TEST_CASE_FIXTURE(files, "what cannot be read or written is refused with the file's name and the reason") {
    CHECK(rtp::read_sound_file(at("missing.wav"), 8000).error().text.find("missing.wav: ") != std::string::npos);
    std::ofstream(at("text.wav")) << "this is no sound";
    CHECK(rtp::read_sound_file(at("text.wav"), 8000).has_error());
    write_file(at("empty.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, tone(1, 8000, 500));
    CHECK(rtp::read_sound_file(at("empty.wav"), 8050).error().text.find("8050 Hz") != std::string::npos);
    CHECK(rtp::sound_recorder::create(at("no/such/folder.wav"), {}).has_error());
    CHECK(rtp::sound_recorder::create(at("three.wav"), {.channels = 3}).has_error());
    // A header that promises two gigabytes.
    write_file(at("liar.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, tone(800, 8000, 500));
    std::fstream liar(at("liar.wav"), std::ios::in | std::ios::out | std::ios::binary);
    liar.seekp(40);
    std::uint32_t const promised = 0x7FFF0000;
    liar.write(reinterpret_cast<char const*>(&promised), 4);
    liar.close();
    auto const read = rtp::read_sound_file(at("liar.wav"), 8000);
    if (read) CHECK(read->size() <= 800);
}

TEST_CASE("a full disk stops a recording and says so") {
    auto recorder = rtp::sound_recorder::create("/dev/full", {.rate = 8000});
    if (recorder.has_error()) return;  // refused at once is as good
    for (int n = 0; n < 300; ++n)
        recorder->write(std::vector<std::int16_t>(80, 5));
    CHECK_FALSE(recorder->close());
    CHECK(recorder->failure().find("/dev/full") != std::string::npos);
}

TEST_CASE("a player repeats without a gap, or ends in silence") {
    rtp::sound_player twice({1, 2, 3}, rtp::sound_repeat::for_ever), once({1, 2, 3}, rtp::sound_repeat::once),
        none({}, rtp::sound_repeat::for_ever);
    std::vector<std::int16_t> out(7);
    CHECK(twice.fill(out) == 7);
    CHECK(out == std::vector<std::int16_t>{1, 2, 3, 1, 2, 3, 1});
    CHECK_FALSE(twice.has_ended());
    CHECK(once.fill(out) == 3);
    CHECK(out == std::vector<std::int16_t>{1, 2, 3, 0, 0, 0, 0});
    CHECK(once.has_ended());
    CHECK(none.fill(out) == 0);
}
