// Time stretching on samples.
// Covered: splices of every size and their joints; tones and vowels of every pitch at three rates that keep level,
// pitch and smoothness; near silence by any amount; sound that must not be touched: noise, what is too short, too soon,
// too little; packets of every length. Not covered: recordings of real speech.
#include <doctest/doctest.h>

#include <cmath>

#include "rtp/buffer/pitch.hpp"
#include "rtp/buffer/time_stretch.hpp"
#include "test_sounds.hpp"

using test::steepest;

namespace {

struct stretched {
    std::vector<std::int16_t> sound;
    std::size_t changes = 0;
};

// Plays `sound` in packets, each of which is wished longer or shorter by this many samples.
stretched play(std::span<const std::int16_t> sound, std::uint32_t rate, std::size_t packet, std::int64_t wanted) {
    rtp::time_stretch stretch(rate);
    stretched made;
    std::vector<std::int16_t> room(packet * 2);
    for (std::size_t at = 0; at + packet <= sound.size(); at += packet) {
        std::copy_n(sound.begin() + static_cast<std::ptrdiff_t>(at), packet, room.begin());
        auto const size = stretch.change(room, packet, wanted);
        if (size != packet) ++made.changes;
        made.sound.insert(made.sound.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
    }
    return made;
}

}  // namespace

TEST_CASE("a splice changes the length by what was asked, begins as the original and ends as it") {
    auto const original = test::vowel(160, 8000, 100);
    for (std::size_t change = 0; change <= 120; ++change)
        for (std::size_t fade : {0U, 1U, 20U, 40U}) {
            auto shorter = original;
            REQUIRE(rtp::shorten(shorter, 160, change, fade) == 160 - change);
            for (std::size_t n = 0; n + change + fade < 160; ++n)
                CHECK(shorter[n] == original[n]);
            if (fade > 0) CHECK(std::abs(shorter[159 - change] - original[159]) <= steepest(original));
            auto longer = original;
            longer.resize(320);
            REQUIRE(rtp::lengthen(longer, 160, change, fade) == 160 + change);
            for (std::size_t n = 0; n + fade < 160; ++n)
                CHECK(longer[n] == original[n]);
            for (std::size_t n = 0; n < change; ++n)
                CHECK(longer[160 + change - 1 - n] == original[159 - n]);
        }
}

TEST_CASE("a splice by a whole period leaves a tone a tone") {
    auto const original = test::tone(160, 8000, 200, 8000);  // 40 samples a period
    auto shorter = original;
    rtp::shorten(shorter, 160, 40, 60);
    for (std::size_t n = 0; n < 120; ++n)
        CHECK(std::abs(shorter[n] - original[n]) <= 2);
    auto longer = original;
    longer.resize(200);
    rtp::lengthen(longer, 160, 40, 60);
    auto const wanted = test::tone(200, 8000, 200, 8000);
    for (std::size_t n = 0; n < 200; ++n)
        CHECK(std::abs(longer[n] - wanted[n]) <= 2);
}

TEST_CASE("a voice becomes longer or shorter by whole periods and keeps its pitch, its level and its smoothness") {
    for (auto const rate : {8000U, 16000U, 48000U})
        for (auto const pitch : {90.0, 120.0, 160.0, 200.0})
            for (auto const wanted : {-40, 40}) {
                CAPTURE(rate);
                CAPTURE(pitch);
                CAPTURE(wanted);
                auto const original = test::vowel(rate, rate, pitch);
                auto const heard = play(original, rate, rate / 50, wanted * static_cast<int>(rate) / 1000);
                // At most one packet in three is touched, and then by 2.5 to 12.5 ms.
                CHECK(heard.changes >= 14);
                CHECK(heard.changes <= 17);
                auto const longer = static_cast<double>(heard.sound.size()) - static_cast<double>(original.size());
                CHECK(longer * wanted > 0);
                CHECK(std::abs(longer) >= static_cast<double>(heard.changes * rate) * 0.0025);
                CHECK(std::abs(longer) <= static_cast<double>(heard.changes * rate) * 0.0130);
                CHECK(steepest(heard.sound) <= steepest(original) * 23 / 20);
                CHECK(10 * std::log10(test::power(heard.sound) / test::power(original)) > -0.5);
                auto const found = rtp::find_pitch(heard.sound, rate, rtp::voice_range(rate));
                auto const periods = static_cast<double>(found.period) / (rate / pitch);
                CHECK(std::abs(periods - std::round(periods)) < 0.05);
                CHECK(found.likeness > 0.85);
            }
}

TEST_CASE("near silence changes by what is wanted, up to half a packet, in every packet") {
    auto const room = test::noise(8000, 12, 3);
    auto const shorter = play(room, 8000, 160, -1000);
    CHECK(shorter.changes == 50);
    CHECK(shorter.sound.size() == 50 * 80);
    auto const longer = play(room, 8000, 160, 80);
    CHECK(longer.changes == 50);
    CHECK(longer.sound.size() == 50 * 240);
    auto const nothing = play(std::vector<std::int16_t>(8000), 8000, 160, -80);
    CHECK(nothing.sound.size() == 50 * 80);
    CHECK(test::power(nothing.sound) == 0);
}

TEST_CASE("sound that does not repeat itself is left alone, and so is everything if less than 10 ms are wanted") {
    CHECK(play(test::noise(8000, 9000, 5), 8000, 160, -320).changes == 0);
    CHECK(play(test::noise(8000, 9000, 5), 8000, 160, 320).changes == 0);
    CHECK(play(test::vowel(8000, 8000, 100), 8000, 160, -79).changes == 0);
    CHECK(play(test::vowel(8000, 8000, 100), 8000, 160, 79).changes == 0);
    CHECK(play(test::noise(8000, 12, 3), 8000, 160, 79).changes == 0);
}

TEST_CASE("packets of every length, the shortest ones too") {
    for (std::size_t packet = 1; packet <= 1600; packet = packet * 5 / 4 + 1)
        for (auto const wanted : {-4000, 4000}) {
            CAPTURE(packet);
            CAPTURE(wanted);
            auto const original = test::vowel(16000, 8000, 150);
            auto const heard = play(original, 8000, packet, wanted);
            CHECK(heard.sound.size() >= original.size() / 2);
            CHECK(heard.sound.size() <= original.size() * 3 / 2);
            CHECK(steepest(heard.sound) <= steepest(original) * 5 / 4);
            if (packet >= 80) CHECK(heard.changes > 5);
        }
}
