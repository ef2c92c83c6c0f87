// Covers: what the phone lets its user hear by itself: whose tones, in what rhythm, beside a voice. Not here: when
// which tone is played (the other files), the tables of countries (librtp), the lists' grammar (config).
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "phoned/config/load.hpp"
#include "phoned/phone/tones.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"

namespace {

using phoned::phone_tone;

phoned::tone_settings tones_of(const std::string& lines) {
    const auto text = "#!version:1.0.0.1\n" + lines;
    const phoned::config_source sources[] = {{"common.cfg", text}};
    return phoned::load_config(sources).values.tones;
}

/// So many milliseconds of it, beside silence.
std::vector<std::int16_t> heard(const phoned::tone_settings& tones, phone_tone tone, std::size_t milliseconds) {
    phoned::tone_desk desk(tones, 8000);
    desk.play(tone);
    std::vector<std::int16_t> out(milliseconds * 8);
    for (std::size_t at = 0; at < out.size(); at += 80)
        desk.add_to(std::span(out).subspan(at, 80));
    return out;
}
bool has(std::span<const std::int16_t> sound, double hertz) {
    return rtp::tone_level_dbov(sound, 8000, hertz) > -30;
}

}  // namespace

TEST_CASE("the tones of a country are those of voice.tone.country, whatever the lists say") {
    const auto german = tones_of("voice.tone.country = Germany\nvoice.tone.dial = 1000/0\n");
    const auto dial = heard(german, phone_tone::dial, 1000);
    CHECK(has(dial, 425));
    CHECK_FALSE(has(dial, 1000));
    const auto ring_back = heard(german, phone_tone::ring_back, 5000);  // a second in five
    CHECK(has(std::span(ring_back).first(7600), 425));
    CHECK(rtp::level_dbov(std::span(ring_back).subspan(8400, 30000)) < -60);

    const auto american = tones_of("voice.tone.country = United States\n");
    const auto busy = heard(american, phone_tone::busy, 400);
    CHECK(has(busy, 480));
    CHECK(has(busy, 620));
}

TEST_CASE("lists of one's own are played where no country is chosen, and a country's for what they leave out") {
    const auto own = tones_of("voice.tone.busy = 1000/200,0/200\n");
    const auto busy = heard(own, phone_tone::busy, 400);
    CHECK(has(std::span(busy).first(1500), 1000));
    CHECK(rtp::level_dbov(std::span(busy).subspan(1700, 1400)) < -60);
    const auto dial = heard(own, phone_tone::dial, 1000);
    CHECK(has(dial, 350));
    CHECK(has(dial, 440));
}

TEST_CASE("a tone is added to what is heard, and the same one again does not begin anew") {
    phoned::tone_settings tones = tones_of("voice.tone.callwaiting = 1000/100,0/900\n");
    phoned::tone_desk desk(tones, 8000);
    std::vector<std::int16_t> voice(80, 32767);
    desk.play(phone_tone::call_waiting);
    desk.add_to(voice);
    CHECK(*std::max_element(voice.begin(), voice.end()) == 32767);  // it does not run over
    CHECK(*std::min_element(voice.begin(), voice.end()) < 32767);
    std::vector<std::int16_t> rest(8000 - 80);
    for (std::size_t at = 0; at < rest.size(); at += 80) {
        desk.play(phone_tone::call_waiting);
        desk.add_to(std::span(rest).subspan(at, 80));
    }
    CHECK(rtp::level_dbov(std::span(rest).subspan(900)) < -60);
    CHECK_FALSE(desk.is_silent());
    desk.play(phone_tone::none);
    CHECK(desk.is_silent());
}
