// The whole way from packets to samples.
// Covered: tones and voice through PCMU and PCMA on a clean line, with loss, with drift for ten minutes, with too much
// delay in pauses and in sound that never pauses; packets and periods of many lengths; comfort noise, telephone-events
// and unknown types; timestamps that make no sense; no allocation while it runs.
// Not covered: payload types and codecs (playout_payloads_test), whole networks (tests/playout), real speech.
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>

#include "support/allocation_counter.hpp"
#include "talker.hpp"

using namespace std::chrono_literals;
using rtp::packet_content;
using test::best_likeness, test::listen, test::never, test::period_kind;
using test::line_start, test::make_playout, test::talker;

TEST_CASE("on a clean line the sound arrives as G.711 left it, for packets of 10 to 60 ms and any period") {
    auto const sound = test::vowel(48000, 8000, 120);
    for (std::size_t packet : {80U, 160U, 240U, 320U, 480U, 100U, 37U}) {
        for (std::size_t period : {80U, 160U, 240U, 33U}) {
            CAPTURE(packet);
            CAPTURE(period);
            auto playout = make_playout();
            auto const got = listen(playout, sound, never, packet, period);
            // Once the delay has settled.
            auto const part = std::span(sound).subspan(43000, 800);
            CHECK(best_likeness(part, std::span(got.sound).subspan(42800), 700) > 30);
            CHECK(playout.buffer().statistics().lost == 0);
            CHECK(playout.buffer().statistics().concealed_units == 0);
        }
    }
}

TEST_CASE("PCMA and PCMU may alternate within a stream") {
    auto playout = make_playout();
    auto const sound = test::vowel(8000, 8000, 120);
    talker talker(playout, sound);
    std::vector<std::int16_t> all;
    std::array<std::int16_t, 160> samples{};
    for (int n = 0; n < 48; ++n) {
        talker.type = rtp::payload_type{n % 3 == 0 ? std::uint8_t{8} : std::uint8_t{0}};
        talker.send(line_start + n * 20ms);
        playout.get(line_start + n * 20ms, samples);
        all.insert(all.end(), samples.begin(), samples.end());
    }
    CHECK(best_likeness(std::span(sound).subspan(800, 2400), std::span(all).subspan(800), 1600) > 30);
}

TEST_CASE("5 % of a voice lost: the sound goes on, close to what was said, and never clicks") {
    auto const sound = test::voice(30, 11);
    auto playout = make_playout();
    auto clean = make_playout();
    test::seeded_random random(42);
    auto const got = listen(playout, sound, [&] { return random.chance(5); });
    auto const whole = listen(clean, sound, never);
    CHECK(playout.buffer().statistics().lost >= 50);
    auto const concealed = std::count(got.trace.begin(), got.trace.end(), 'C');
    CHECK(concealed <= static_cast<long>(got.trace.size()) * 8 / 100);
    CHECK(std::count(got.trace.begin() + 20, got.trace.end(), '.') == 0);
    CHECK(test::steepest(got.sound) <= test::steepest(whole.sound) * 3 / 2);
    auto const change = 10 * std::log10(test::power(got.sound) / test::power(whole.sound));
    CHECK(std::abs(change) < 0.5);
}

TEST_CASE("a tone with 5 % loss stays a tone without holes") {
    auto const sound = test::tone(8000 * 20, 8000, 425, 6000);
    auto playout = make_playout();
    test::seeded_random random(3);
    auto const got = listen(playout, sound, [&] { return random.chance(5); });
    int holes = 0;
    auto const level = test::power(sound);
    for (std::size_t at = 1600; at + 80 <= got.sound.size(); at += 80)
        if (test::power(std::span(got.sound).subspan(at, 80)) < level / 8) ++holes;
    CHECK(holes <= 12);  // where two or three in a row were lost the invented sound has begun to fade
}

TEST_CASE("clocks that drift by 200 ppm for ten minutes: what is dropped or repeated makes up for it, in the pauses") {
    auto const sound = test::voice(60, 5);
    for (long ppm : {200L, -200L}) {
        CAPTURE(ppm);
        auto playout = make_playout();
        std::vector<std::int16_t> long_sound;
        for (int n = 0; n < 10; ++n)
            long_sound.insert(long_sound.end(), sound.begin(), sound.end());
        auto const got = listen(playout, long_sound, never, 160, 80, ppm);
        auto const& counts = playout.buffer().statistics();
        CHECK(counts.lost == 0);
        CHECK(counts.late == 0);
        CHECK(counts.discarded == 0);
        CHECK(counts.concealed_units <= 8 * 150);
        CHECK(playout.buffer().delay() <= 30ms);
        // 600 s * 200 ppm = 120 ms.
        auto const dropped =
            static_cast<long>(playout.statistics().dropped) - static_cast<long>(playout.statistics().repeated);
        auto const concealed = static_cast<long>(counts.concealed_units);
        if (ppm > 0)
            CHECK(dropped - concealed <= -8 * 40);
        else
            CHECK(dropped >= 8 * 100);
    }
}

TEST_CASE("a delay that is too long shrinks in the pauses of a voice, unheard") {
    rtp::jitter_settings settings;
    settings.start = 200ms;
    auto playout = make_playout(settings);
    auto const sound = test::voice(20, 9);
    auto const got = listen(playout, sound, never);
    CHECK(playout.buffer().delay() <= 20ms);
    CHECK(playout.statistics().dropped >= 8 * 170);
    CHECK(playout.buffer().statistics().lost == 0);
    CHECK(playout.buffer().statistics().discarded == 0);
    CHECK(test::steepest(got.sound) <= test::steepest(sound) * 5 / 4);
}

TEST_CASE("whole packets left out of quiet sound leave no click") {
    rtp::jitter_settings settings;
    settings.start = 200ms;
    auto playout = make_playout(settings);
    auto const hum = test::tone(8000 * 8, 8000, 130, 75);
    auto const got = listen(playout, hum, never, 80);
    CHECK(playout.statistics().dropped >= 8 * 170);
    CHECK(test::steepest(std::span(got.sound).subspan(2000)) <= test::steepest(hum) * 3 / 2 + 1);
}

TEST_CASE("in sound that never pauses a long delay shrinks by one pitch period at a time, and a tone stays pure") {
    rtp::jitter_settings settings;
    settings.start = 200ms;
    auto playout = make_playout(settings);
    auto const sound = test::tone(8000 * 20, 8000, 400, 8000);
    auto const got = listen(playout, sound, never);
    CHECK(playout.buffer().delay() <= 60ms);
    CHECK(playout.statistics().dropped >= 8 * 130);
    CHECK(test::steepest(got.sound) <= test::steepest(sound) * 11 / 10);
    // Away from the edges no 10 ms lose more than half a decibel.
    auto const level = test::power(sound);
    for (std::size_t at = 4000; at + 80 <= got.sound.size(); at += 80)
        CHECK(test::power(std::span(got.sound).subspan(at, 80)) > 0.88 * level);
}

TEST_CASE("From a comfort noise packet to the next audio its noise is heard, and nothing of that is lost (RFC 3389 4)"
) {
    auto playout = make_playout();
    auto const speech = test::tone(8000 * 8, 8000, 400, 8000);
    talker talker(playout, speech);
    std::vector<std::int16_t> sound;
    std::string trace;
    auto now = line_start;
    auto const tick = [&](int packets) {
        for (int n = 0; n < 2 * packets; ++n, now += 10ms) {
            std::array<std::int16_t, 80> samples{};
            auto const what = playout.get(now + 1ms, samples).what();
            trace += what == period_kind::media ? 'M' : what == period_kind::conceal ? 'C' : '.';
            sound.insert(sound.end(), samples.begin(), samples.end());
        }
    };
    auto const level = [&](std::size_t from_ms, std::size_t to_ms) {
        auto const part = std::span(sound).subspan(from_ms * 8, (to_ms - from_ms) * 8);
        return 10 * std::log10(test::power(part) / (32767.0 * 32767.0) + 1e-12);
    };
    auto const say = [&](int packets) {
        for (int n = 0; n < packets; ++n)
            talker.send(now), tick(1);
    };
    auto const fall_silent = [&](int db, int packets) {
        std::array const payload{static_cast<std::byte>(db), std::byte{90}};
        talker.send_bytes(now, rtp::payload_type{13}, payload);
        for (int n = 0; n < packets; ++n)
            talker.pause(), tick(1);
    };
    say(50);                 // to 1000 ms
    fall_silent(50, 50);     // to 2000 ms
    fall_silent(40, 25);     // a new description, to 2500 ms
    say(25);                 // to 3000 ms
    talker.skip(), tick(1);  // the packet that announces the silence is lost
    fall_silent(45, 24);     // to 3500 ms
    say(25);                 // to 4000 ms
    CHECK(level(500, 1000) > -16);
    CHECK(level(1100, 2000) == doctest::Approx(-50).epsilon(0.04));
    CHECK(level(2100, 2500) == doctest::Approx(-40).epsilon(0.04));
    CHECK(level(2600, 3000) > -16);
    CHECK(level(3200, 3500) == doctest::Approx(-45).epsilon(0.05));
    CHECK(level(3600, 4000) > -16);
    // No click at any change between the two.
    CHECK(test::steepest(sound) <= test::steepest(speech) * 4 / 3);
    auto const& counts = playout.buffer().statistics();
    CHECK(counts.lost == 1);
    CHECK(counts.late == 0);
    CHECK(counts.discarded == 0);
    CHECK(counts.silent == 3);
    CHECK(std::count(trace.begin(), trace.end(), 'C') <= 3);
    // A source that is gone takes its noise with it.
    fall_silent(30, 10);
    CHECK(level(4100, 4200) > -35);
    playout.reset();
    tick(5);
    sound.clear();
    tick(5);
    CHECK(test::power(sound) == 0);
}

TEST_CASE("A comfort noise packet without a level changes nothing (RFC 3389 3.3)") {
    auto playout = make_playout();
    talker talker(playout, test::vowel(8000, 8000, 120));
    std::array<std::int16_t, 80> samples{};
    talker.send(line_start);
    talker.send_bytes(line_start + 20ms, rtp::payload_type{13}, {});
    for (int n = 0; n < 40; ++n)
        static_cast<void>(playout.get(line_start + n * 10ms, samples));
    CHECK(test::power(samples) == 0);
    CHECK(playout.buffer().statistics().silent == 1);
}

TEST_CASE("A silence that nobody announced is no loss: numbers go on, timestamps jump (RFC 3389 5.1, RFC 3551 4.1)") {
    auto playout = make_playout();
    talker talker(playout, test::voice(30, 3));
    std::array<std::int16_t, 80> samples{};
    auto now = line_start;
    for (int spurt = 0; spurt < 20; ++spurt) {
        for (int n = 0; n < 60; ++n, now += 20ms) {
            n < 40 ? static_cast<void>(talker.send(now)) : talker.pause();
            static_cast<void>(playout.get(now + 1ms, samples));
            static_cast<void>(playout.get(now + 11ms, samples));
        }
    }
    auto const& counts = playout.buffer().statistics();
    CHECK(counts.lost == 0);
    CHECK(counts.late == 0);
    CHECK(counts.resets == 0);
    CHECK(counts.played == 800);
    CHECK(playout.buffer().target_delay() <= 20ms);
}

TEST_CASE("comfort noise is silence, telephone-events and unknown types are not audio, and none of it is lost") {
    auto playout = make_playout();
    talker talker(playout, test::vowel(8000, 8000, 120));
    std::array<std::int16_t, 80> samples{};
    auto now = line_start;
    std::string trace;
    auto const tick = [&] {
        for (int n = 0; n < 2; ++n) {
            auto const what = playout.get(now + 1ms, samples).what();
            trace += what == period_kind::media ? 'M' : what == period_kind::conceal ? 'C' : '.';
            now += 10ms;
        }
    };
    std::array<std::byte, 4> const event{};
    for (int n = 0; n < 10; ++n)
        talker.send(now), tick();
    for (int n = 0; n < 5; ++n)
        talker.send_bytes(now, rtp::payload_type{101}, event), talker.pause(), tick();
    for (int n = 0; n < 5; ++n)
        talker.send(now), tick();
    talker.send_bytes(now, rtp::payload_type{13}, event);
    for (int n = 0; n < 10; ++n)
        talker.pause(), tick();
    for (int n = 0; n < 5; ++n)
        talker.send(now), tick();
    talker.send_bytes(now, rtp::payload_type{77}, event);
    for (int n = 0; n < 5; ++n)
        talker.send(now), tick();
    CHECK(playout.buffer().statistics().lost == 0);
    CHECK(playout.buffer().statistics().late == 0);
    CHECK(trace.find('C') == std::string::npos);
    CHECK(playout.buffer().statistics().silent == 7);
    CHECK(playout.buffer().statistics().played >= 20);
}

TEST_CASE("no packet and no period allocates anything: with loss, jitter, stretching, comfort noise, restarts") {
    auto const sound = test::voice(40, 2);
    auto playout = make_playout();
    talker talker(playout, sound);
    test::seeded_random random(12);
    std::array<std::int16_t, 80> samples{};
    std::array const noise{std::byte{50}, std::byte{100}};
    auto const run = [&](int packets) {
        static auto now = line_start;
        for (int n = 0; n < packets; ++n, now += 20ms) {
            auto const phase = n % 400;
            auto const late = phase > 200 && phase < 300 ? std::chrono::milliseconds(random.below(60)) : 0ms;
            if (phase == 100) talker.header.ssrc = static_cast<rtp::ssrc_t>(random());
            if (phase == 380) talker.send_bytes(now, rtp::payload_type{13}, noise);
            if (phase >= 380)
                talker.pause();
            else if (random.chance(5))
                talker.skip();
            else
                talker.send(now + late);
            static_cast<void>(playout.get(now + 3ms, samples));
            static_cast<void>(playout.get(now + 13ms, samples));
        }
    };
    run(600);  // the pool of packets grows to what is in flight at once
    auto const before = test::allocations();
    auto const counts_before = playout.buffer().statistics();
    auto const stretched_before = playout.statistics().stretched;
    run(1200);
    CHECK(test::allocations() == before);
    auto const& counts = playout.buffer().statistics();
    CHECK(playout.statistics().stretched > stretched_before + 5);
    CHECK(counts.lost > counts_before.lost + 30);
    CHECK(counts.silent == counts_before.silent + 3);
    CHECK(counts.resets == counts_before.resets + 3);
}

TEST_CASE("Timestamps that stand still, run backwards or jump by 2^31 fill every period and keep nothing (RFC 3550 5.1)"
) {
    struct row {
        std::string name;
        std::int64_t step;
    };
    for (auto const& each :
         {row{"still", 0},
          {"backwards", -160},
          {"far backwards", -80'000},
          {"far", 80'000},
          {"half", 0x7FFFFFFF},
          {"half and one", 0x80000000},
          {"one short of half", 0x7FFFFFFE},
          {"a little slow", 159},
          {"double", 320}}) {
        CAPTURE(each.name);
        auto playout = make_playout();
        talker talker(playout, test::vowel(160 * 2400, 8000, 120));
        std::array<std::int16_t, 80> samples{};
        std::size_t media_at_last = 0;
        for (int n = 0; n < 2000; ++n) {
            auto const now = line_start + n * 20ms;
            if (n >= 100 && n < 1500) talker.header.timestamp = rtp::advance(talker.header.timestamp, each.step - 160);
            talker.send(now);
            for (auto const tick : {3ms, 13ms}) {
                auto const period = playout.get(now + tick, samples);
                REQUIRE(period.media + period.concealed + period.silent == 80);
                if (n >= 1950) media_at_last += period.media;
            }
            REQUIRE(playout.buffer().size() <= playout.buffer().settings().capacity);
            REQUIRE(playout.buffer().target_delay() <= 300ms);
        }
        // Ten seconds after the sender has come to its senses, it is played as if nothing had been.
        CHECK(playout.buffer().delay() <= 60ms);
        CHECK(media_at_last == 50 * 160);
    }
}
