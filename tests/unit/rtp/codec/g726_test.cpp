// G.726 in its two packings.
// Covered: the place of each code word in the octets at all four rates, that one packing is noise in the other.
// Not covered: ITU-T's own test sequences (spandsp is held to them).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rtp/codec/codec.hpp"
#include "sound_quality.hpp"

namespace {

std::vector<std::byte> packed(std::string const& name, std::span<const std::int16_t> sound) {
    rtp::encoder encoder(*rtp::find_codec({name, rtp::clock_rate{8000}, 1}));
    std::vector<std::byte> octets(sound.size());
    octets.resize(encoder.encode(sound, octets).value());
    return octets;
}

unsigned bit(std::span<const std::byte> octets, std::size_t octet, std::size_t place) {
    return std::to_integer<unsigned>(octets[octet]) >> place & 1U;
}

}  // namespace

TEST_CASE("G726 begins in the least significant bits of an octet, AAL2-G726 in the most significant (RFC 3551 4.5.4)") {
    auto const sound = test::voice_at(8000, 1, 9);
    for (std::size_t const bits : {2U, 3U, 4U, 5U}) {
        CAPTURE(bits);
        auto const rate = std::to_string(bits * 8);
        auto const low = packed("G726-" + rate, std::span(sound).first(8000));
        auto const high = packed("AAL2-G726-" + rate, std::span(sound).first(8000));
        REQUIRE(low.size() == 1000 * bits);
        REQUIRE(high.size() == low.size());
        int different = 0;
        for (std::size_t sample = 0; sample < 8000; ++sample) {
            unsigned from_low = 0, from_high = 0;
            for (std::size_t n = 0; n < bits; ++n) {
                auto const at = sample * bits + n;
                from_low |= bit(low, at / 8, at % 8) << n;                   // the word's lowest bit comes first
                from_high = from_high << 1 | bit(high, at / 8, 7 - at % 8);  // its highest bit comes first
            }
            if (from_low != from_high) ++different;
        }
        CHECK(different == 0);
    }
}

TEST_CASE("One packing is noise to a decoder of the other (RFC 3551 4.5.4)") {
    auto const whole = test::voice_at(8000, 2, 9);
    auto const sound = std::span(whole).last(8000);
    auto const octets = packed("AAL2-G726-32", sound);
    std::vector<std::int16_t> right(8000), wrong(8000);
    rtp::decoder aal2(*rtp::find_codec({"AAL2-G726-32", rtp::clock_rate{8000}, 1}));
    rtp::decoder plain(*rtp::find_codec({"G726-32", rtp::clock_rate{8000}, 1}));
    REQUIRE(aal2.decode(octets, right).has_value());
    REQUIRE(plain.decode(octets, wrong).has_value());
    CHECK(test::signal_to_noise(sound, right) > 18);
    CHECK(test::signal_to_noise(sound, wrong) < 3);
}
