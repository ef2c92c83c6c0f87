// The microphone's sound before it is encoded.
// Covered: echo return loss enhancement (ERLE) over a synthetic echo path (a device's delay, a decaying room), with the
// delay told exactly, 40 ms too long and 40 ms too short, with and without the margin that makes that harmless; a delay
// that changes; both sides talking; noise and gain; that nothing is changed where nothing is asked for.
// The far and near speech is that of tests/sounds. Not covered: real rooms, and loudspeakers that distort.
#include "rtp/voice/voice_processor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "rtp/signal/level.hpp"
#include "support/seeded_random.hpp"
#include "support/sound_file.hpp"

namespace {

using namespace std::chrono_literals;

std::vector<std::int16_t> speech(std::string const& voice, std::size_t seconds, double level) {
    auto samples = test::read_sound(std::string(SOUNDS) + "/speech-" + voice + ".wav").samples;
    samples.resize(seconds * 8000);
    auto const gain = std::pow(10, (level - rtp::level_dbov(samples)) / 20);
    for (auto& sample : samples)
        sample = static_cast<std::int16_t>(std::clamp(sample * gain, -32768.0, 32767.0));
    return samples;
}

/// What the loudspeaker's sound is in the microphone: late by the device's delay, then a room of 50 ms that decays.
std::vector<std::int16_t> echo_of(std::vector<std::int16_t> const& played, rtp::duration delay) {
    test::seeded_random random(5);
    std::vector<double> room(400);
    for (std::size_t n = 0; n < room.size(); ++n)
        room[n] = 0.25 * (static_cast<double>(random() >> 11) * 0x1.0p-52 - 1) * std::exp(-static_cast<double>(n) / 80);
    room[0] = 0.5;
    auto const late = static_cast<std::size_t>(delay / 125us);
    std::vector<std::int16_t> heard(played.size());
    for (std::size_t n = late; n < heard.size(); ++n) {
        double sum = static_cast<double>(random() >> 11) * 0x1.0p-50 - 4;  // the noise of a converter, -80 dBov
        for (std::size_t k = 0; k < room.size() && k + late <= n; ++k)
            sum += room[k] * played[n - late - k];
        heard[n] = static_cast<std::int16_t>(std::lround(sum));
    }
    return heard;
}

std::vector<std::int16_t> process(
    rtp::voice_processor& processor, std::vector<std::int16_t> const& played, std::vector<std::int16_t> captured
) {
    auto const period = processor.period();
    for (std::size_t at = 0; at + period <= captured.size(); at += period) {
        processor.on_played(std::span(played).subspan(at, period));
        processor.process(std::span(captured).subspan(at, period));
    }
    return captured;
}

/// How much quieter the echo has become, in dB, over the second half.
double erle(std::vector<std::int16_t> const& before, std::vector<std::int16_t> const& after) {
    auto const half = before.size() / 2;
    return rtp::level_dbov(std::span(before).subspan(half)) - rtp::level_dbov(std::span(after).subspan(half));
}

double erle_with(rtp::voice_processing const& settings, rtp::duration delay, rtp::duration told) {
    auto const played = speech("slt", 10, -20);
    auto const captured = echo_of(played, delay);
    rtp::voice_processor processor(settings);
    processor.set_delay(told);
    return erle(captured, process(processor, played, captured));
}

}  // namespace

TEST_CASE(
    "an echo is taken out where the delay is known, and a delay told wrong by 40 ms ruins it unless a margin allows "
    "for it"
) {
    rtp::voice_processing tight;
    tight.echo_tail = 64ms;
    tight.delay_margin = 0ms;
    rtp::voice_processing const usual;
    auto const delay = 120ms;
    struct row {
        rtp::duration error;
        double tight, usual;
    };
    std::vector<row> rows;
    for (auto const error : {-40ms, -20ms, 0ms, 20ms, 40ms})
        rows.push_back({error, erle_with(tight, delay, delay + error), erle_with(usual, delay, delay + error)});
    for (auto const& [error, of_tight, of_usual] : rows)
        MESSAGE(
            "delay told wrong by " << error / 1ms << " ms: ERLE " << of_tight << " dB without margin, " << of_usual
                                   << " dB with 40 ms"
        );
    CHECK(rows[2].tight > 20);
    CHECK(rows[4].tight < 6);                  // the echo comes before its reference
    CHECK(rows[0].tight < rows[2].tight - 6);  // the end of the room lies behind the filter's
    for (auto const& each : rows)
        CHECK(each.usual > 20);
}

TEST_CASE("when the device's delay changes and is told, the canceller learns again") {
    auto const played = speech("awb", 24, -20);
    auto captured = echo_of(played, 60ms);
    auto const later = echo_of(played, 260ms);
    std::copy(later.begin() + 96000, later.end(), captured.begin() + 96000);
    rtp::voice_processor processor({});
    processor.set_delay(60ms);
    auto const first =
        process(processor, {played.begin(), played.begin() + 96000}, {captured.begin(), captured.begin() + 96000});
    CHECK(erle({captured.begin(), captured.begin() + 96000}, first) > 20);
    processor.set_delay(260ms);
    std::vector<std::int16_t> const rest(captured.begin() + 96000, captured.end());
    // The delay line still holds what was played before the change.
    auto const second = process(processor, {played.begin() + 96000, played.end()}, rest);
    CHECK(erle(rest, second) > 20);
}

TEST_CASE("while both talk, the near voice comes through and the echo does not") {
    auto const played = speech("slt", 24, -22);
    auto const echo = echo_of(played, 80ms);
    auto const near = speech("rms", 24, -24);
    auto captured = echo;
    // First the far end alone, so that the room is known; then both.
    for (std::size_t n = 96000; n < captured.size(); ++n)
        captured[n] = static_cast<std::int16_t>(std::clamp(echo[n] + near[n], -32768, 32767));
    rtp::voice_processor processor({});
    processor.set_delay(80ms);
    auto const heard = process(processor, played, captured);
    // Where the near voice pauses, only the echo is left: it must stay away although the near voice disturbs learning.
    std::vector<std::int16_t> echo_before, echo_after, voice_before, voice_after;
    for (std::size_t at = 96000; at + 160 <= captured.size(); at += 160) {
        auto const level = rtp::level_dbov(std::span(near).subspan(at, 160));
        auto const take = [at](std::vector<std::int16_t> const& from, std::vector<std::int16_t>& into) {
            into.insert(into.end(), from.begin() + static_cast<long>(at), from.begin() + static_cast<long>(at + 160));
        };
        if (level < -55) take(captured, echo_before), take(heard, echo_after);
        if (level > -30) take(near, voice_before), take(heard, voice_after);
    }
    REQUIRE(echo_before.size() > 8000);
    REQUIRE(voice_before.size() > 16000);
    auto const kept = rtp::level_dbov(voice_after) - rtp::level_dbov(voice_before);
    auto const gone = rtp::level_dbov(echo_before) - rtp::level_dbov(echo_after);
    MESSAGE("both talk: ERLE in the near voice's pauses " << gone << " dB, the near voice " << kept << " dB");
    CHECK(gone > 10);
    CHECK(std::abs(kept) < 3);
}

TEST_CASE("steady noise is suppressed, speech is not") {
    test::seeded_random random(9);
    auto const voice = speech("rms", 12, -22);
    std::vector<std::int16_t> captured(voice.size());
    for (std::size_t n = 0; n < captured.size(); ++n)
        captured[n] =
            static_cast<std::int16_t>(static_cast<int>(random.below(1000)) - 500 + (n >= 24000 ? voice[n] : 0));
    rtp::voice_processor processor({.cancels_echo = false, .suppresses_noise = true});
    auto const heard = process(processor, captured, captured);
    auto const level = [](std::vector<std::int16_t> const& samples, std::size_t from, std::size_t to) {
        return rtp::level_dbov(std::span(samples).subspan(from, to - from));
    };
    MESSAGE("noise " << level(captured, 12000, 24000) << " -> " << level(heard, 12000, 24000) << " dBov");
    CHECK(level(heard, 12000, 24000) < level(captured, 12000, 24000) - 10);
    CHECK(level(heard, 24000, 96000) > level(captured, 24000, 96000) - 2);
}

TEST_CASE("a soft voice becomes louder, and a loud one does not clip") {
    rtp::voice_processing const settings{.cancels_echo = false, .controls_gain = true};
    auto const gained = [&](double level) {
        auto const captured = speech("awb", 20, level);
        rtp::voice_processor processor(settings);
        auto const heard = process(processor, captured, captured);
        return std::pair(
            rtp::level_dbov(std::span(heard).last(80000)) - rtp::level_dbov(std::span(captured).last(80000)),
            std::count_if(heard.begin(), heard.end(), [](int sample) { return sample > 32700 || sample < -32700; })
        );
    };
    CHECK(gained(-42).first > 9);
    CHECK(gained(-42).second == 0);
    CHECK(gained(-14).first < 3);
    CHECK(gained(-14).second < 80);
}

TEST_CASE("what is not asked for does not change a sample") {
    auto const captured = speech("slt", 2, -20);
    rtp::voice_processor processor({.cancels_echo = false});
    CHECK(process(processor, captured, captured) == captured);
}

TEST_CASE("periods of another length than 10 ms are left alone") {
    rtp::voice_processor processor({.sample_rate = 16000, .suppresses_noise = true});
    CHECK(processor.period() == 160);
    std::vector<std::int16_t> odd(100, 77);
    processor.on_played(odd);
    processor.process(odd);
    CHECK(odd == std::vector<std::int16_t>(100, 77));
}
