// Mixing many parties.
// Covered: everybody hears the others and not themselves, at sample rates and frame sizes of their own; levels and the
// talker; who gives too little or too much; parties that come and go; full scale from hundreds.
// Not covered here: the clipping curve (signal/measure_test.cpp), what it costs (tests/bench/rtp_mix_bench.cpp).
#include "rtp/voice/conference.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"

namespace {

struct party {
    party(rtp::conference& in, std::uint32_t its_rate, std::size_t frame_ms, double hertz, double peak = 3000)
        : id(in.add(its_rate).value()),
          rate(its_rate),
          frame(its_rate * frame_ms / 1000),
          tone(hertz),
          loudness(peak) {}

    /// Once each 10 ms: gives and takes when a frame is full.
    void run(rtp::conference& in) {
        for (due += rate / 100; due >= frame; due -= frame) {
            std::vector<std::int16_t> said(frame), period(frame);
            for (auto& sample : said)
                sample = static_cast<std::int16_t>(
                    loudness * std::sin(2 * std::numbers::pi * tone * static_cast<double>(spoken++) / rate)
                );
            in.give(id, said);
            in.take(id, period);
            heard.insert(heard.end(), period.begin(), period.end());
        }
    }
    [[nodiscard]] double level_of(double hertz) const {
        return rtp::tone_level_dbov(std::span(heard).last(rate / 2), rate, hertz);
    }

    rtp::party_id id;
    std::uint32_t rate;
    std::size_t frame;
    double tone, loudness;
    std::size_t spoken = 0, due = 0;
    std::vector<std::int16_t> heard;
};

void run(rtp::conference& in, std::vector<party*> const& parties, int periods) {
    for (int n = 0; n < periods; ++n) {
        for (auto* each : parties)
            each->run(in);
        in.mix();
    }
}

}  // namespace

TEST_CASE("everybody hears all others and not themselves, whatever their sample rates and frame sizes") {
    rtp::conference conference(16000);
    party a(conference, 8000, 20, 400), b(conference, 16000, 10, 700), c(conference, 48000, 20, 1000),
        d(conference, 8000, 30, 1300);
    std::vector<party*> const all{&a, &b, &c, &d};
    run(conference, all, 200);
    auto const level = rtp::dbov_of_mean_square(3000.0 * 3000 / 2);
    for (auto const* listener : all)
        for (auto const* speaker : all) {
            CAPTURE(listener->tone);
            CAPTURE(speaker->tone);
            if (listener == speaker)
                CHECK(listener->level_of(speaker->tone) < level - 40);
            else
                CHECK(listener->level_of(speaker->tone) == doctest::Approx(level).epsilon(0.02));
        }
    // A recorder hears them all.
    std::vector<std::int16_t> recorded;
    for (int n = 0; n < 50; ++n) {
        run(conference, all, 1);
        recorded.insert(recorded.end(), conference.whole().begin(), conference.whole().end());
    }
    for (auto const* speaker : all)
        CHECK(rtp::tone_level_dbov(recorded, 16000, speaker->tone) == doctest::Approx(level).epsilon(0.02));
}

TEST_CASE("levels are those of RFC 6464, and the loudest is the talker (RFC 6464 3)") {
    rtp::conference conference(8000);
    party loud(conference, 8000, 10, 500, 10000), soft(conference, 8000, 10, 900, 300),
        silent(conference, 8000, 10, 0, 0);
    CHECK(conference.talker() == rtp::party_id::none);
    run(conference, {&loud, &soft, &silent}, 50);
    CHECK(*conference.level(loud.id) == 13);
    CHECK(*conference.level(soft.id) == 44);
    CHECK(*conference.level(silent.id) == 127);
    CHECK(conference.talker() == loud.id);
    loud.loudness = 0;
    run(conference, {&loud, &soft, &silent}, 100);
    CHECK(conference.talker() == soft.id);
    soft.loudness = 0;
    run(conference, {&loud, &soft, &silent}, 150);
    CHECK(conference.talker() == rtp::party_id::none);
    CHECK_FALSE(conference.level(rtp::party_id{99}).has_value());
}

TEST_CASE("who gives too little is silent for as long, who gives too much loses the oldest, and nobody else notices") {
    rtp::conference conference(8000);
    party good(conference, 8000, 10, 600);
    auto const silent = conference.add(8000).value(), flooding = conference.add(8000).value();
    for (int n = 0; n < 100; ++n) {
        good.run(conference);
        conference.give(silent, std::vector<std::int16_t>(3, 1000));
        conference.give(flooding, std::vector<std::int16_t>(5000, 0));
        conference.mix();
    }
    std::vector<std::int16_t> heard(1600);
    conference.take(flooding, heard);
    CHECK(rtp::tone_level_dbov(heard, 8000, 600) == doctest::Approx(rtp::dbov_of_mean_square(4.5e6)).epsilon(0.02));
    // Only 200 ms were kept; what is taken beyond is silence.
    conference.take(flooding, heard);
    CHECK(std::all_of(heard.begin(), heard.end(), [](auto sample) { return sample == 0; }));
}

TEST_CASE("parties come and go; what is gone is neither heard nor hears, and its name is not used again") {
    rtp::conference conference(8000);
    party a(conference, 8000, 10, 400), b(conference, 8000, 10, 700);
    run(conference, {&a, &b}, 60);
    CHECK(a.level_of(700) > -30);
    conference.remove(b.id);
    CHECK(conference.parties() == 1);
    b.run(conference);
    run(conference, {&a}, 60);
    CHECK(a.level_of(700) < -60);
    std::vector<std::int16_t> heard(80, 5);
    conference.take(b.id, heard);
    CHECK(heard == std::vector<std::int16_t>(80));
    CHECK(conference.add(8000).value() != b.id);
    CHECK(conference.add(8050).error() == rtp::errc::invalid_argument);
    CHECK(conference.add(0).error() == rtp::errc::invalid_argument);
}

TEST_CASE("hundreds of full-scale voices neither overflow nor wrap, and one more than fit is refused") {
    rtp::conference conference(8000);
    std::vector<rtp::party_id> all;
    for (std::size_t n = 0; n < rtp::conference::most_parties; ++n)
        all.push_back(conference.add(8000).value());
    CHECK(conference.add(8000).error() == rtp::errc::queue_full);
    for (auto const id : all)
        conference.give(id, std::vector<std::int16_t>(80, -32768));
    conference.mix();
    for (auto const sample : conference.whole())
        CHECK(sample < -32700);
    std::vector<std::int16_t> heard(80);
    conference.take(all.front(), heard);
    for (auto const sample : heard)
        CHECK(sample < -32700);
}
