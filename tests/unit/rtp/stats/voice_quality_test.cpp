// Covers: the E-model against published values, codecs, what is unknown, and the VoIP metrics block made of it. Not
// here: how losses are counted (burst_gap_test).
#include "rtp/stats/voice_quality.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "rtp/stats/e_model.hpp"

using namespace rtp;
using namespace std::chrono_literals;

namespace {

loss_figures losing(unsigned percent) {
    loss_figures figures;
    figures.expected = 10'000;
    figures.lost = percent * 100U;
    // Runs as random losses have them, so that the burst ratio is 1.
    figures.missing_runs = figures.lost;
    return figures;
}

}  // namespace

TEST_CASE("A connection with nothing wrong has R 93.2 (G.107 table 3)") {
    CHECK(transmission_rating({}) == doctest::Approx(93.2).epsilon(0.0005));
}

TEST_CASE("R becomes a mean opinion score by the table of G.107 annex B") {
    struct row {
        double r, mos;
    };
    for (auto const [r, mos] :
         {row{93.2, 4.41}, row{90, 4.34}, row{80, 4.03}, row{70, 3.60}, row{60, 3.10}, row{50, 2.58}}) {
        CAPTURE(r);
        CHECK(std::abs(mean_opinion_score(r) - mos) <= 0.0061);
    }
    CHECK(mean_opinion_score(-10) == 1);
    CHECK(mean_opinion_score(0) == 1);
    CHECK(mean_opinion_score(100) == 4.5);
    CHECK(mean_opinion_score(120) == 4.5);
    for (double r = 0; r < 100; r += 0.1) {
        REQUIRE(mean_opinion_score(r) >= 1);
        REQUIRE(mean_opinion_score(r + 0.1) >= mean_opinion_score(r) - 1e-9);
    }
}

TEST_CASE("Lost packets impair G.729A and G.723.1 as G.113 tabulates") {
    struct row {
        char const* codec;
        double percent;
        double tabulated;
    };
    std::vector<row> const table{
        {"G729", 0, 11}, {"G729", 1, 15},  {"G729", 2, 19}, {"G729", 3, 23},  {"G729", 4, 26},
        {"G729", 8, 36}, {"G729", 16, 49}, {"G723", 0, 15}, {"G723", 1, 19},  {"G723", 2, 24},
        {"G723", 3, 27}, {"G723", 4, 32},  {"G723", 8, 41}, {"G723", 16, 55}, {"PCMU", 0, 0},
    };
    for (auto const& [codec, percent, tabulated] : table) {
        CAPTURE(codec);
        CAPTURE(percent);
        auto const known = impairment_of(codec).value();
        e_model_parameters line;
        line.ie = known.ie;
        line.bpl = known.bpl;
        line.ppl = percent;
        // The table holds means of listening tests; the formula was fitted to them.
        CHECK(std::abs(effective_equipment_impairment(line) - tabulated) < 1.5);
    }
}

TEST_CASE("Delay costs nothing up to 100 ms, 3 at 200 ms and 24 at 400 ms (G.107 7.4)") {
    CHECK(delay_impairment(0) == 0);
    CHECK(delay_impairment(100) == 0);
    CHECK(delay_impairment(200) == doctest::Approx(3.04).epsilon(0.01));
    CHECK(delay_impairment(400) == doctest::Approx(24.07).epsilon(0.01));
    for (double t = 0; t < 2000; t += 10)
        REQUIRE(delay_impairment(t + 10) >= delay_impairment(t));
}

TEST_CASE("Echo is heard the more the later it comes, and sidetone that is too loud or too faint impairs") {
    auto const rating = [](double delay, double telr) {
        e_model_parameters line;
        line.t = line.t_a = delay;
        line.t_r = 2 * delay;
        line.telr = telr;
        return transmission_rating(line);
    };
    CHECK(rating(50, 65) > rating(150, 65));
    CHECK(rating(150, 65) > rating(150, 45));
    CHECK(rating(150, 45) > rating(150, 25));
    for (double const stmr : {2.0, 30.0}) {
        e_model_parameters line;
        line.stmr = stmr;
        line.t = 50;
        e_model_parameters usual;
        usual.t = 50;
        CHECK(transmission_rating(line) < transmission_rating(usual));
    }
}

TEST_CASE("Losses in bursts impair more than as many that come singly (G.107 7.5)") {
    e_model_parameters line;
    line.ppl = 2;
    line.bpl = 25.1;
    auto const single = effective_equipment_impairment(line);
    line.burst_r = 2;
    CHECK(effective_equipment_impairment(line) > single);
}

TEST_CASE("Codecs are known by their SDP name in any case; without published factors there is none") {
    CHECK(impairment_of("pcmu") == impairment_of("PCMU"));
    CHECK(impairment_of("PCMA").has_value());
    for (auto const* unknown : {"opus", "G722", "GSM", "telephone-event", ""}) {
        CAPTURE(unknown);
        CHECK_FALSE(impairment_of(unknown).has_value());
    }
}

TEST_CASE("Nothing is claimed before anything was measured: no packet, no codec, no round trip") {
    voice_measurements measured;
    measured.codec = impairment_of("PCMU");
    measured.round_trip = 40ms;
    auto quality = estimate_quality(measured);
    CHECK_FALSE(quality.mos_lq.has_value());
    CHECK_FALSE(quality.conversational_r.has_value());

    measured.losses = losing(0);
    measured.codec.reset();
    CHECK_FALSE(estimate_quality(measured).listening_r.has_value());

    measured.codec = impairment_of("PCMU");
    measured.round_trip.reset();
    quality = estimate_quality(measured);
    CHECK(quality.mos_lq.value() == doctest::Approx(4.41).epsilon(0.005));
    CHECK_FALSE(quality.mos_cq.has_value());
    CHECK_FALSE(one_way_delay(measured).has_value());
}

TEST_CASE("Loss lowers the listening score, delay the conversational one only") {
    voice_measurements measured;
    measured.codec = impairment_of("PCMU");
    measured.losses = losing(0);
    measured.round_trip = 20ms;
    measured.end_system_delay = 50ms;
    auto const good = estimate_quality(measured);
    CHECK(good.conversational_r.value() <= good.listening_r.value());
    measured.round_trip = 600ms;
    auto const late = estimate_quality(measured);
    CHECK(late.mos_lq == good.mos_lq);
    CHECK(late.mos_cq.value() < good.mos_cq.value() - 0.5);
    measured.losses = losing(10);
    auto const lossy = estimate_quality(measured);
    CHECK(lossy.mos_lq.value() < good.mos_lq.value() - 0.5);
    measured.losses = losing(100);
    CHECK(estimate_quality(measured).mos_lq.value() >= 1);
}

TEST_CASE("The one-way delay is half the round trip and both ends' own delay (RFC 3611 4.7.3)") {
    voice_measurements measured;
    measured.round_trip = 100ms;
    measured.end_system_delay = 60ms;
    CHECK(one_way_delay(measured) == 110ms);
    measured.peer_end_system_delay = 20ms;
    CHECK(one_way_delay(measured) == 90ms);
}

TEST_CASE("The VoIP metrics block has the RFC's scales and says what is unavailable (RFC 3611 4.7)") {
    voice_measurements measured;
    measured.codec = impairment_of("PCMA");
    measured.losses = losing(5);
    measured.losses.discarded = 250;
    measured.round_trip = 70ms;
    measured.end_system_delay = 80ms;
    playout_configuration const playout{concealment_kind::enhanced, jitter_buffer_kind::adaptive, 60ms, 300ms, 90s};
    auto const metrics = to_voip_metrics(ssrc_t{7}, measured, 20ms, playout);
    CHECK(metrics.source == ssrc_t{7});
    CHECK(metrics.loss_rate == 12);
    CHECK(metrics.discard_rate == 6);
    CHECK(metrics.round_trip == 70);
    CHECK(metrics.end_system_delay == 80);
    CHECK(metrics.gap_threshold == 16);
    CHECK(metrics.r_factor.has_value());
    CHECK(metrics.mos_lq.has_value());
    CHECK_FALSE(metrics.external_r_factor.has_value());
    CHECK_FALSE(metrics.signal_level.has_value());
    CHECK(metrics.jitter_buffer_maximum == 300);
    CHECK(metrics.jitter_buffer_absolute_maximum == 65'535);
    auto const unknown = to_voip_metrics(ssrc_t{7}, {}, 20ms, {});
    CHECK_FALSE(unknown.r_factor.has_value());
    CHECK_FALSE(unknown.mos_lq.has_value());
    CHECK_FALSE(unknown.mos_cq.has_value());
    CHECK(unknown.loss_rate == 0);
    CHECK(unknown.round_trip == 0);
}
