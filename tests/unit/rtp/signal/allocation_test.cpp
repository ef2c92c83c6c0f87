// Nothing that runs for each period allocates: tones, digits, detection, voice activity, measurement, and the codecs below.
#include <doctest/doctest.h>

#include <array>

#include "rtp/codec/codec.hpp"
#include "rtp/signal/countries.hpp"
#include "rtp/signal/dtmf.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/signal/voice_activity.hpp"
#include "rtp/signal/tone_grammar.hpp"
#include "rtp/signal/tone_meter.hpp"
#include "support/allocation_counter.hpp"

TEST_CASE("the counter counts") {
    auto const before = test::allocations();
    // Through pointers, so that no compiler may leave the pair out.
    void* (*volatile allocate)(std::size_t) = &::operator new;
    void (*volatile release)(void*) = &::operator delete;
    release(allocate(1));
    CHECK(test::allocations() == before + 1);
}

TEST_CASE("tones, digits, activity, measuring and coding allocate nothing after construction") {
    rtp::voice_activity activity({});
    rtp::dtmf_player digits(8000);
    rtp::dtmf_detector detector(8000);
    rtp::encoder encoder(rtp::pcmu());
    rtp::decoder decoder(rtp::pcmu());
    std::array<std::int16_t, 80> one{};
    std::array<std::int16_t, 80> two{};
    std::array<std::byte, 80> payload{};
    double level = 0;
    int heard = 0;

    auto const before = test::allocations();
    rtp::tone_player ring(8000, rtp::cadence_of(*rtp::find_country("GB"), rtp::call_tone::ring_back));
    auto const parsed = rtp::parse_cadence("!400+450/300,0/100,nonsense");
    for (int period = 0; period < 2000; ++period) {
        if (period % 50 == 0) static_cast<void>(digits.push('5'));
        ring.fill(one);
        digits.fill(two);
        static_cast<void>(activity.on_packet(one));
        static_cast<void>(encoder.encode(two, payload));
        static_cast<void>(decoder.decode(payload, one));
        detector.feed(one);
        if (detector.next()) ++heard;
        level += rtp::level_dbov(one) + rtp::find_dominant_tone(one, 8000).level_dbov;
    }
    auto const after = test::allocations();

    CHECK(after == before);
    CHECK(parsed.has_error());
    CHECK(heard >= 39);
    CHECK(level < 0);
}
