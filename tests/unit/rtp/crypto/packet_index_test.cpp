// Covers: the estimate of the 48-bit index from 16 bits, and the list of received indices, both also against a plain
// model with random traffic.
#include "rtp/crypto/packet_index.hpp"

#include <doctest/doctest.h>

#include <set>

#include "support/seeded_random.hpp"

using namespace rtp;

namespace {

constexpr std::uint64_t at(std::uint64_t rollover, std::uint64_t sequence) {
    return rollover << 16 | sequence;
}

constexpr std::uint64_t estimate(std::uint64_t highest, unsigned sequence) {
    return estimate_index(highest, static_cast<sequence_t>(static_cast<std::uint16_t>(sequence)));
}

}  // namespace

TEST_CASE("The index of a packet is the one nearest to the highest so far (RFC 3711 3.3.1)") {
    CHECK(estimate(at(0, 65535), 0) == at(1, 0));
    CHECK(estimate(at(1, 0), 65535) == at(0, 65535));
    CHECK(estimate(at(1, 2), 65534) == at(0, 65534));
    CHECK(estimate(at(7, 100), 200) == at(7, 200));
    CHECK(estimate(at(7, 200), 100) == at(7, 100));
    CHECK(estimate(at(7, 40000), 7231) == at(8, 7231));
    CHECK(estimate(at(7, 40000), 7232) == at(7, 7232));
    CHECK(estimate(at(7, 20000), 52768) == at(7, 52768));
    CHECK(estimate(at(7, 20000), 52769) == at(6, 52769));
}

TEST_CASE("Before the first roll-over no index lies behind the beginning (RFC 3711 3.3.1)") {
    CHECK(estimate(at(0, 5), 65000) == at(0, 65000));
}

TEST_CASE("For every distance up to half the number space the estimate finds the index (RFC 3711 3.3.1)") {
    for (std::uint64_t const highest : {at(3, 0), at(3, 1), at(3, 32767), at(3, 32768), at(3, 32769), at(3, 65535)})
        for (std::uint64_t index = highest - 32767; index <= highest + 32767; ++index)
            if (estimate_index(highest, static_cast<sequence_t>(static_cast<std::uint16_t>(index))) != index)
                FAIL(index, " from ", highest);
}

TEST_CASE("An index is new once, and not when it is older than the window (RFC 3711 3.3.2)") {
    for (std::size_t const window : {64U, 65U, 100U, 128U, 1000U, 32767U}) {
        CAPTURE(window);
        replay_list list(window);
        CHECK(list.is_new(500));
        list.add(100'000);
        CHECK_FALSE(list.is_new(100'000));
        CHECK(list.is_new(100'001));
        CHECK(list.is_new(100'000 - window + 1));
        CHECK_FALSE(list.is_new(100'000 - window));
        list.add(100'000 - window + 1);
        CHECK_FALSE(list.is_new(100'000 - window + 1));
    }
}

TEST_CASE("The replay list agrees with a set of all that was received, whatever the order (RFC 3711 3.3.2)") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        test::seeded_random random(seed);
        std::size_t const window = 64 + random.below(300);
        replay_list list(window);
        std::set<std::uint64_t> received;
        std::uint64_t highest = 1'000'000;
        for (int i = 0; i < 4000; ++i) {
            auto index = highest - random.below(window + 20) + random.below(30);
            if (random.chance(1)) index += random.below(3000);
            bool const is_expected = received.empty() || index > *received.rbegin() ||
                                     (*received.rbegin() - index < window && !received.contains(index));
            REQUIRE(list.is_new(index) == is_expected);
            if (!is_expected) continue;
            list.add(index);
            received.insert(index);
            highest = *received.rbegin();
            REQUIRE(list.highest() == highest);
        }
    }
}
