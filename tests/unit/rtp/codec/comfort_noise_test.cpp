// The comfort noise payload.
// Covered: level and coefficients read and written, the indices at the edges, orders beyond what is kept, empty and
// short payloads, the round trip of every index. Not covered: how it sounds (buffer/noise_generator_test).
#include <doctest/doctest.h>

#include <vector>

#include "rtp/codec/comfort_noise.hpp"

namespace {

std::optional<rtp::comfort_noise> read(std::initializer_list<int> octets) {
    std::vector<std::byte> payload;
    for (auto const octet : octets)
        payload.push_back(static_cast<std::byte>(octet));
    return rtp::read_comfort_noise(payload);
}

}  // namespace

TEST_CASE("The level of comfort noise is in dB below overload, and its reserved bit is ignored (RFC 3389 3.1)") {
    CHECK(read({0})->level == 0);
    CHECK(read({60})->level == 60);
    CHECK(read({127})->level == 127);
    CHECK(read({0x80 | 60})->level == 60);
    CHECK(read({60})->order == 0);
    CHECK_FALSE(read({}));
}

TEST_CASE("A reflection coefficient is 258/32768 for each step from index 127 (RFC 3389 3.2)") {
    auto const noise = read({40, 0, 126, 127, 128, 254, 255});
    REQUIRE(noise);
    CHECK(noise->order == 6);
    CHECK(noise->reflection[0] == doctest::Approx(-258.0 * 127 / 32768));
    CHECK(noise->reflection[1] == doctest::Approx(-258.0 / 32768));
    CHECK(noise->reflection[2] == 0);
    CHECK(noise->reflection[3] == doctest::Approx(258.0 / 32768));
    CHECK(noise->reflection[4] == doctest::Approx(258.0 * 127 / 32768));
    CHECK(noise->reflection[5] == 0);  // reserved
    for (auto const each : noise->reflection) {
        CHECK(each > -1);
        CHECK(each < 1);
    }
}

TEST_CASE("A model of any order is read, and one that is too fine is read as a coarser one (RFC 3389 3.3)") {
    for (std::size_t order = 0; order < 60; ++order) {
        std::vector<std::byte> const payload(order + 1, std::byte{130});
        auto const noise = rtp::read_comfort_noise(payload);
        REQUIRE(noise);
        CHECK(noise->order == std::min(order, rtp::comfort_noise::most_coefficients));
    }
}

TEST_CASE("What is written is read again, for every index and level (RFC 3389 3.3)") {
    for (int index = 0; index < 255; ++index) {
        auto const noise = read({index & 127, index, 254 - index});
        std::array<std::byte, 8> payload{};
        REQUIRE(rtp::write_comfort_noise(*noise, payload) == 3);
        CHECK(std::to_integer<int>(payload[0]) == (index & 127));
        CHECK(std::to_integer<int>(payload[1]) == index);
        CHECK(std::to_integer<int>(payload[2]) == 254 - index);
    }
    std::array<std::byte, 2> narrow{};
    CHECK(rtp::write_comfort_noise(*read({50, 100, 101, 102}), narrow) == 2);
    CHECK(rtp::write_comfort_noise(*read({50, 100}), {}) == 0);
    rtp::comfort_noise wild;
    wild.level = 200;
    wild.order = 200;
    wild.reflection[0] = 7;
    std::array<std::byte, 64> all{};
    CHECK(rtp::write_comfort_noise(wild, all) == 17);
    CHECK(all[0] == std::byte{127});
    CHECK(all[1] == std::byte{254});
}
