// Covers: wrapping arithmetic over every one of the 65,536 deltas, at several origins; extension over wraps, reordering
// and long runs.
#include "rtp/stats/sequence.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace rtp;

TEST_CASE("Distance, advance and is_newer agree over all 65,536 deltas") {
    for (unsigned const origin : {0U, 1U, 0x7fffU, 0x8000U, 0xfffeU, 0xffffU}) {
        auto const from = static_cast<sequence_t>(origin);
        int wrong = 0;
        for (unsigned delta = 0; delta < 65'536; ++delta) {
            auto const to = static_cast<sequence_t>(static_cast<std::uint16_t>(origin + delta));
            int const expected = delta < 0x8000 ? static_cast<int>(delta) : static_cast<int>(delta) - 65'536;
            wrong += distance(from, to) != expected;
            wrong += advance(from, expected) != to;
            wrong += advance(to, -expected) != from;
            wrong += is_newer(to, from) != (expected > 0);
            // Half the space away, and only there, neither is newer by being ahead.
            wrong += (is_newer(to, from) && is_newer(from, to));
            wrong += (expected != 0 && delta != 0x8000 && is_newer(to, from) == is_newer(from, to));
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("Timestamps compare across their wrap") {
    CHECK(is_newer(timestamp_t{5}, timestamp_t{0xffff'fff0}));
    CHECK_FALSE(is_newer(timestamp_t{0xffff'fff0}, timestamp_t{5}));
    CHECK(distance(timestamp_t{0xffff'ffff}, timestamp_t{0}) == 1);
    CHECK(distance(timestamp_t{0}, timestamp_t{0x8000'0000}) == std::numeric_limits<std::int32_t>::min());
    CHECK(advance(timestamp_t{0xffff'ff60}, 160) == timestamp_t{0});
    CHECK(advance(timestamp_t{0}, -1) == timestamp_t{0xffff'ffff});
}

TEST_CASE("An extender counts on over wraps and places late numbers behind") {
    sequence_extender extender;
    CHECK_FALSE(extender.has_started());
    CHECK(extender.peek(sequence_t{7}) == 7);
    CHECK(extender.extend(sequence_t{65'534}) == 65'534);
    CHECK(extender.extend(sequence_t{1}) == 65'537);
    CHECK(extender.extend(sequence_t{65'535}) == 65'535);
    CHECK(extender.highest() == 65'537);
    CHECK(extender.peek(sequence_t{2}) == 65'538);
    CHECK(extender.highest() == 65'537);
    extender.restart();
    CHECK(extender.extend(sequence_t{3}) == 3);
    CHECK(extender.extend(sequence_t{65'535}) == -1);
}

TEST_CASE("An extender follows the true counter over a million steps with reordering") {
    std::mt19937 random(42);
    sequence_extender extender;
    std::int64_t truth = 65'000;
    extender.extend(static_cast<sequence_t>(truth));
    int wrong = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        truth += static_cast<std::int64_t>(random() % 2000);
        auto const seen = truth - static_cast<std::int64_t>(random() % 500);
        wrong += extender.extend(static_cast<sequence_t>(static_cast<std::uint16_t>(truth))) != truth;
        wrong += extender.extend(static_cast<sequence_t>(static_cast<std::uint16_t>(seen))) != seen;
    }
    CHECK(wrong == 0);
}
