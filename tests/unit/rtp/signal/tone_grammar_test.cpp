// The voice.tone.* grammar and the country table.
// Covered: every form of element, both readings of '!', blanks, limits, each error with its position; that every text
// of the table parses, sounds and has a plausible cadence; look-up by name and code.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "rtp/signal/countries.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_grammar.hpp"
#include "rtp/signal/tone_meter.hpp"

using namespace std::chrono_literals;
using rtp::step_repeat;
using error = rtp::tone_grammar_error;

namespace {

rtp::cadence parse(std::string_view text) {
    CAPTURE(text);
    auto const parsed = rtp::parse_cadence(text);
    REQUIRE(parsed.has_value());
    return *parsed;
}

void check_failure(std::string_view text, error expected, std::size_t position) {
    CAPTURE(text);
    auto const parsed = rtp::parse_cadence(text);
    REQUIRE(parsed.has_error());
    CHECK(rtp::describe(parsed.error().error) == rtp::describe(expected));
    CHECK(parsed.error().position == position);
}

}  // namespace

TEST_CASE("the guide's example parses into its three steps") {
    auto const made = parse("800+200/1000,0/100,500/1200");
    REQUIRE(made.count == 3);
    CHECK(made.steps[0].components[0].hertz == 800);
    CHECK(made.steps[0].components[1].hertz == 200);
    CHECK(made.steps[0].components[2].hertz == 0);
    CHECK(made.steps[0].length == 1000ms);
    CHECK(made.steps[1].components[0].hertz == 0);
    CHECK(made.steps[1].length == 100ms);
    CHECK(made.steps[2].components[0].hertz == 500);
    CHECK(made.steps[2].length == 1200ms);
    for (std::size_t n = 0; n < 3; ++n)
        CHECK(made.steps[n].repeat == step_repeat::always);
}

TEST_CASE("'!' in front of the list means the whole list once, elsewhere the element that carries it") {
    auto const whole = parse("!250/200,0/1000,200+300/500,200+500+800+600/1000");
    for (std::size_t n = 0; n < 4; ++n)
        CHECK(whole.steps[n].repeat == step_repeat::once);
    auto const second = parse("250/200,!0/1000,300/500");
    CHECK(second.steps[0].repeat == step_repeat::always);
    CHECK(second.steps[1].repeat == step_repeat::once);
    CHECK(second.steps[2].repeat == step_repeat::always);
    auto const first_two = parse("!250/200,!0/1000,300/500");
    CHECK(first_two.steps[0].repeat == step_repeat::once);
    CHECK(first_two.steps[1].repeat == step_repeat::once);
    CHECK(first_two.steps[2].repeat == step_repeat::always);
}

TEST_CASE("blanks between tokens, limits and silence inside a sum are accepted") {
    CHECK(parse("  ! 400 + 450 / 300 , 0 / 0 ") == parse("!400+450/300,0/0"));
    CHECK(parse("200/0").steps[0].length == 0ms);
    CHECK(parse("7000/30000").steps[0].length == 30000ms);
}

TEST_CASE("each mistake is named with its position") {
    check_failure("", error::empty, 0);
    check_failure("   ", error::empty, 3);
    check_failure("abc", error::expected_frequency, 0);
    check_failure("!", error::expected_frequency, 1);
    check_failure("!!400/100", error::expected_frequency, 1);
    check_failure("400+/100", error::expected_frequency, 4);
    check_failure("400/100,", error::expected_frequency, 8);
    check_failure("400/100,,500/100", error::expected_frequency, 8);
    check_failure("-400/100", error::expected_frequency, 0);
    check_failure("199/100", error::frequency_out_of_range, 0);
    check_failure("400+7001/100", error::frequency_out_of_range, 4);
    check_failure("99999999999999999999/100", error::frequency_out_of_range, 0);
    check_failure("300+400+500+600+700/100", error::too_many_frequencies, 16);
    check_failure("400", error::expected_slash, 3);
    check_failure("400,0/100", error::expected_slash, 3);
    check_failure("400 450/100", error::expected_slash, 4);
    check_failure("400/", error::expected_duration, 4);
    check_failure("400/x", error::expected_duration, 4);
    check_failure("400/-1", error::expected_duration, 4);
    check_failure("400/30001", error::duration_out_of_range, 4);
    check_failure("400/4294967396", error::duration_out_of_range, 4);
    check_failure("400/100;0/100", error::expected_comma, 7);
    check_failure("400/100.5", error::expected_comma, 7);
    check_failure("400/1,400/1,400/1,400/1,400/1,400/1,400/1,400/1,400/1", error::too_many_elements, 48);
}

TEST_CASE("every tone of every country parses, and no country is listed twice") {
    std::set<std::string_view> seen;
    for (auto const& entry : rtp::all_country_tones()) {
        CAPTURE(entry.country);
        CHECK(seen.insert(entry.country).second);
        CHECK(seen.insert(entry.code).second);
        for (auto which :
             {rtp::call_tone::dial, rtp::call_tone::ring_back, rtp::call_tone::busy, rtp::call_tone::congestion,
              rtp::call_tone::call_waiting}) {
            CAPTURE(static_cast<int>(which));
            auto const parsed = rtp::parse_cadence(rtp::text_of(entry, which));
            REQUIRE(parsed.has_value());
            CHECK(*parsed == rtp::cadence_of(entry, which));
            CHECK(parsed->steps[0].components[0].hertz != 0);  // a tone starts with sound
        }
        // E.180: ring-back pauses at least as long as it sounds; busy is a short even beat.
        auto const ring = rtp::cadence_of(entry, rtp::call_tone::ring_back);
        std::chrono::milliseconds sound{0};
        std::chrono::milliseconds pause{0};
        for (std::size_t n = 0; n < ring.count; ++n)
            (ring.steps[n].components[0].hertz != 0 ? sound : pause) += ring.steps[n].length;
        CHECK(sound >= 670ms);
        CHECK(pause >= 1.4 * sound);
        auto const busy = rtp::cadence_of(entry, rtp::call_tone::busy);
        CHECK(busy.steps[0].length == busy.steps[1].length);
    }
    CHECK(seen.size() >= 60);
}

TEST_CASE("countries are found by name and by code, without case") {
    REQUIRE(rtp::find_country("germany") != nullptr);
    CHECK(rtp::find_country("germany") == rtp::find_country("DE"));
    CHECK(rtp::find_country("United States") == rtp::find_country("us"));
    CHECK(rtp::find_country("Custom") == nullptr);
    CHECK(rtp::find_country("") == nullptr);
}

TEST_CASE("ring-back of the United States sounds 440 and 480 Hz for two seconds of six") {
    rtp::tone_player player(8000, rtp::cadence_of(*rtp::find_country("US"), rtp::call_tone::ring_back));
    std::vector<std::int16_t> samples(8000 * 6);
    for (int round = 0; round < 3; ++round) {
        player.fill(samples);
        auto const ringing = std::span<const std::int16_t>(samples).subspan(800, 8000);
        CHECK(rtp::dbm0_of_dbov(rtp::tone_level_dbov(ringing, 8000, 440)) == doctest::Approx(-13).epsilon(0.01));
        CHECK(rtp::dbm0_of_dbov(rtp::tone_level_dbov(ringing, 8000, 480)) == doctest::Approx(-13).epsilon(0.01));
        CHECK(rtp::level_dbov(std::span(samples).subspan(16100, 31800)) == rtp::silence_dbov);
    }
}
