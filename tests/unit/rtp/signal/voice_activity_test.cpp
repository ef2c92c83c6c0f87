// When somebody speaks, and what silence sounds like.
// Covered: speech of four voices with pauses over noise: what is sent and what is saved; the end of words; marker and
// descriptions; a room that gets louder; steady loud sound; level and colour of described noise, through the octets of
// the payload and the receiver's generator.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "rtp/buffer/noise_generator.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/signal/voice_activity.hpp"
#include "support/seeded_random.hpp"
#include "support/sound_file.hpp"

namespace {

/// Noise with more low tones than high ones the greater `tilt` is, at a level in dBov.
std::vector<std::int16_t> noise(std::size_t count, double level, double tilt, std::uint64_t seed) {
    test::seeded_random random(seed);
    std::vector<double> values(count);
    double last = 0, power = 0;
    for (auto& value : values) {
        last = tilt * last + static_cast<double>(random() >> 11) * 0x1.0p-52 - 1;
        value = last;
        power += value * value / static_cast<double>(count);
    }
    auto const gain = 32768 * std::pow(10, level / 20) / std::sqrt(power);
    std::vector<std::int16_t> samples(count);
    for (std::size_t n = 0; n < count; ++n)
        samples[n] = static_cast<std::int16_t>(std::lround(values[n] * gain));
    return samples;
}

/// Speech with two seconds of silence after every four, over noise.
struct conversation {
    std::vector<std::int16_t> samples;
    std::vector<bool> is_loud;  // by packet of 20 ms: the speech is within 20 dB of its own level and above the noise

    conversation(std::string const& voice, double noise_level) {
        auto const speech = test::read_sound(std::string(SOUNDS) + "/speech-" + voice + ".wav").samples;
        samples = noise(60 * 8000, noise_level, 0.7, 1);
        std::size_t from = 0;
        for (std::size_t at = 16000; at + 160 <= samples.size(); at += 160) {
            if (at / 8000 % 6 < 2) continue;
            for (std::size_t n = 0; n < 160; ++n)
                samples[at + n] = static_cast<std::int16_t>(samples[at + n] + speech[from + n] / 2);
            from += 160;
        }
        auto const level = rtp::level_dbov(std::span(speech).first(from)) - 6;
        from = 0;
        for (std::size_t at = 0; at + 160 <= samples.size(); at += 160) {
            bool const speaks = at >= 16000 && at / 8000 % 6 >= 2;
            auto const now = rtp::level_dbov(std::span(speech).subspan(from, 160)) - 6;
            is_loud.push_back(speaks && now > std::max(level - 20, noise_level + 3));
            if (speaks) from += 160;
        }
    }
};

}  // namespace

TEST_CASE("speech is sent and silence is not: 99 % of what is audible, and 80 % of the pauses saved (RFC 3389 1)") {
    for (auto const* voice : {"slt", "rms", "awb", "kal16"})
        for (double const level : {-70.0, -60.0, -50.0}) {
            conversation const talk(voice, level);
            rtp::voice_activity activity({});
            std::size_t loud = 0, cut = 0, silent = 0, saved = 0, descriptions = 0;
            for (std::size_t n = 0; n < talk.is_loud.size(); ++n) {
                auto const verdict = activity.on_packet(std::span(talk.samples).subspan(n * 160, 160));
                loud += talk.is_loud[n];
                cut += talk.is_loud[n] && !verdict.is_voice;
                bool const is_pause = n * 160 / 8000 % 6 < 2;
                silent += is_pause;
                saved += is_pause && !verdict.is_voice && !verdict.description;
                descriptions += verdict.description.has_value();
            }
            CAPTURE(std::string(voice));
            CAPTURE(level);
            MESSAGE(
                std::string(voice) << " over noise at " << level << " dBov: " << cut << " of " << loud
                                   << " loud packets cut, " << saved << " of " << silent << " packets of pauses saved, "
                                   << descriptions << " descriptions"
            );
            CHECK(static_cast<double>(cut) < 0.01 * static_cast<double>(loud));
            CHECK(static_cast<double>(saved) > 0.8 * static_cast<double>(silent));
        }
}

TEST_CASE(
    "silence begins with a description, is described again each second, and speech after it with the marker (RFC 3389 "
    "4, RFC 3551 4.1)"
) {
    rtp::voice_activity activity({});
    auto const quiet = noise(40 * 8000, -60, 0.5, 2);
    auto const loud = noise(8000, -20, 0.9, 3);
    auto const packet = [](std::vector<std::int16_t> const& from, std::size_t n) {
        return std::span(from).subspan(n % (from.size() / 160) * 160, 160);
    };
    std::size_t n = 0;
    for (; n < 50; ++n)
        CHECK(activity.on_packet(packet(loud, n)).is_voice);
    // 200 ms of patience.
    for (n = 0; n < 10; ++n)
        CHECK(activity.on_packet(packet(quiet, n)).is_voice);
    auto const first = activity.on_packet(packet(quiet, n++));
    CHECK_FALSE(first.is_voice);
    REQUIRE(first.description.has_value());
    CHECK(int{first.description->level} == doctest::Approx(60).epsilon(0.04));
    std::size_t descriptions = 0;
    for (; n < 511; ++n)
        if (activity.on_packet(packet(quiet, n)).description) ++descriptions;
    CHECK(descriptions == 10);
    auto const again = activity.on_packet(packet(loud, 0));
    CHECK(again.is_voice);
    CHECK(again.begins_talkspurt);
    CHECK_FALSE(activity.on_packet(packet(loud, 1)).begins_talkspurt);
}

TEST_CASE("noise that changes is described anew, but not more often than each 100 ms") {
    rtp::voice_activity activity({});
    auto const soft = noise(2 * 8000, -68, 0.2, 4);
    auto const louder = noise(2 * 8000, -63, 0.2, 5);
    for (std::size_t n = 0; n < 100; ++n)
        static_cast<void>(activity.on_packet(std::span(soft).subspan(n * 160, 160)));
    std::vector<std::size_t> at;
    std::uint8_t last = 0;
    for (std::size_t n = 0; n < 100; ++n)
        if (auto const verdict = activity.on_packet(std::span(louder).subspan(n * 160, 160)); verdict.description) {
            at.push_back(n);
            last = verdict.description->level;
        }
    REQUIRE(at.size() >= 2);
    for (std::size_t n = 1; n < at.size(); ++n)
        CHECK(at[n] - at[n - 1] >= 5);
    CHECK(int{last} == doctest::Approx(63).epsilon(0.04));
}

TEST_CASE("a louder room becomes the silence within seconds; what is really loud never does") {
    rtp::voice_activity activity({});
    auto const heard_as_voice = [&](std::vector<std::int16_t> const& sound) {
        std::size_t voice = 0;
        for (std::size_t n = 0; n + 160 <= sound.size(); n += 160)
            voice += activity.on_packet(std::span(sound).subspan(n, 160)).is_voice;
        return static_cast<double>(voice) * 160 / static_cast<double>(sound.size());
    };
    CHECK(heard_as_voice(noise(8000 * 5, -65, 0.5, 6)) < 0.3);
    CHECK(heard_as_voice(noise(8000 * 10, -48, 0.5, 7)) < 0.5);
    CHECK(heard_as_voice(noise(8000 * 2, -48, 0.5, 8)) == 0);
    CHECK(heard_as_voice(noise(8000 * 20, -30, 0.5, 9)) == 1);
}

TEST_CASE("what a receiver makes of the description is as loud as the noise and of its colour (RFC 3389 3)") {
    for (double const tilt : {-0.6, 0.0, 0.6, 0.9}) {
        auto const room = noise(16000, -45, tilt, 10);
        rtp::noise_analyser analyser;
        for (std::size_t n = 0; n < room.size(); n += 160)
            analyser.add(std::span(room).subspan(n, 160));
        auto const described = analyser.describe();
        std::array<std::byte, 17> payload{};
        auto const size = rtp::write_comfort_noise(described, payload);
        CHECK(size == 1 + rtp::noise_analyser::order);
        auto const read = rtp::read_comfort_noise(std::span(payload).first(size));
        REQUIRE(read.has_value());
        rtp::noise_generator generator(8000, 8000);
        generator.describe(*read);
        std::vector<std::int16_t> made(16000);
        generator.add(made, true);
        auto const kept = std::span(made).subspan(1600);
        CAPTURE(tilt);
        CHECK(rtp::level_dbov(kept) == doctest::Approx(-45).epsilon(0.04));
        // The correlation of neighbours is what the tilt is.
        double product = 0, square = 0;
        for (std::size_t n = 1; n < kept.size(); ++n) {
            product += static_cast<double>(kept[n]) * kept[n - 1];
            square += static_cast<double>(kept[n]) * kept[n];
        }
        CHECK(product / square == doctest::Approx(tilt).epsilon(0.1).scale(1));
    }
}

TEST_CASE("digital silence is described without a colour") {
    rtp::noise_analyser analyser;
    analyser.add(std::vector<std::int16_t>(160));
    CHECK(analyser.describe().level >= 96);
    CHECK(analyser.describe().order == 0);
}
