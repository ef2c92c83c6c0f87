// Nothing that runs for each period allocates: voice processing, mixing, resampling. Calls of malloc are counted, those
// of libspeexdsp among them.
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "rtp/voice/conference.hpp"
#include "rtp/voice/resampler.hpp"
#include "rtp/voice/voice_processor.hpp"
#include "support/counting_malloc.hpp"

TEST_CASE("echo, noise and gain allocate nothing once they run, also when the delay changes") {
    rtp::voice_processor processor({.sample_rate = 16000, .suppresses_noise = true, .controls_gain = true});
    std::vector<std::int16_t> period(160, 100);
    auto const before = test::mallocs();
    for (int n = 0; n < 200; ++n) {
        processor.set_delay(std::chrono::milliseconds(n));
        processor.on_played(period);
        processor.process(period);
    }
    CHECK(test::mallocs() == before);
}

TEST_CASE("a conference allocates nothing once its parties are there") {
    rtp::conference conference(16000);
    std::array const ids{conference.add(8000).value(), conference.add(16000).value(), conference.add(48000).value()};
    std::array<std::int16_t, 480> samples{};
    auto const before = test::mallocs();
    for (int n = 0; n < 100; ++n) {
        for (std::size_t k = 0; k < ids.size(); ++k) {
            auto const period = std::span(samples).first(k == 0 ? 80 : k == 1 ? 160 : 480);
            conference.give(ids[k], period);
            conference.take(ids[k], period);
        }
        conference.mix();
        static_cast<void>(conference.talker());
    }
    CHECK(test::mallocs() == before);
}

TEST_CASE("a resampler allocates nothing once it is made") {
    rtp::resampler up(8000, 48000);
    std::array<std::int16_t, 80> in{};
    std::array<std::int16_t, 480> out{};
    auto const before = test::mallocs();
    for (int n = 0; n < 100; ++n)
        up.convert(in, out);
    CHECK(test::mallocs() == before);
}
