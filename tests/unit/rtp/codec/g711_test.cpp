// G.711 sample coding.
// Covered: all 65,536 inputs and 256 octets of both laws against the plain definition (a search over decision values),
// round trips, symmetry, monotony, the digital milliwatt of G.711 tables 5 and 6, the codecs made of them.
// Not covered here: packets, concealment (buffer tests).
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "rtp/codec/codec.hpp"
#include "rtp/codec/g711.hpp"

namespace {

// The definition as the Recommendation gives it: eight segments of sixteen equal intervals on each side, each segment
// twice as coarse as the one below it. `edges[n]` is where interval n begins, `middles[n]` the value it stands for.
struct law {
    std::array<double, 129> edges{};
    std::array<double, 128> middles{};
};

law mu_law_definition() {
    law made;
    double edge = 0;  // in 14-bit units: the first interval is half as wide as its neighbours
    double width = 2;
    for (std::size_t n = 0; n < 128; ++n) {
        made.edges[n] = edge * 4;
        auto const next = n == 0 ? 1 : edge + width;
        made.middles[n] = n == 0 ? 0 : (edge + next) / 2 * 4;
        edge = next;
        if (n % 16 == 15) width *= 2;
    }
    made.edges[128] = edge * 4;
    return made;
}

law a_law_definition() {
    law made;
    double edge = 0;  // in 13-bit units; the two lowest segments are equally wide
    double width = 2;
    for (std::size_t n = 0; n < 128; ++n) {
        made.edges[n] = edge * 8;
        made.middles[n] = (edge + width / 2) * 8;
        edge += width;
        if (n % 16 == 15 && n > 16) width *= 2;
    }
    made.edges[128] = edge * 8;
    return made;
}

// The interval that a sample lies in, found by looking at every edge. A negative sample is coded by the size of its
// ones' complement (G.191).
std::uint8_t interval(law const& definition, int sample) {
    auto const size = sample < 0 ? -sample - 1 : sample;
    std::uint8_t n = 127;
    while (definition.edges[n] > size)
        --n;
    return n;
}

}  // namespace

TEST_CASE("mu-law encoding equals the plain definition for all 65,536 samples (G.711 table 2)") {
    auto const definition = mu_law_definition();
    REQUIRE(definition.edges[128] == 8159 * 4);
    int different = 0;
    for (int sample = -32768; sample <= 32767; ++sample) {
        auto const octet = static_cast<std::uint8_t>(~(interval(definition, sample) | (sample < 0 ? 0x80 : 0)));
        if (rtp::g711::encode_mu_law(static_cast<std::int16_t>(sample)) != octet) ++different;
    }
    CHECK(different == 0);
}

TEST_CASE("A-law encoding equals the plain definition for all 65,536 samples (G.711 table 1)") {
    auto const definition = a_law_definition();
    REQUIRE(definition.edges[128] == 4096 * 8);
    int different = 0;
    for (int sample = -32768; sample <= 32767; ++sample) {
        auto const octet = static_cast<std::uint8_t>((interval(definition, sample) | (sample < 0 ? 0 : 0x80)) ^ 0x55);
        if (rtp::g711::encode_a_law(static_cast<std::int16_t>(sample)) != octet) ++different;
    }
    CHECK(different == 0);
}

TEST_CASE("decoding gives the middle of the interval for all 256 octets of both laws") {
    auto const mu_law = mu_law_definition();
    auto const a_law = a_law_definition();
    for (int octet = 0; octet < 256; ++octet) {
        CAPTURE(octet);
        auto const mu_code = ~octet & 0xFF;
        auto const mu_value = mu_law.middles[static_cast<std::size_t>(mu_code & 0x7F)] * (mu_code & 0x80 ? -1 : 1);
        CHECK(rtp::g711::decode_mu_law(static_cast<std::uint8_t>(octet)) == static_cast<int>(mu_value));
        auto const a_code = octet ^ 0x55;
        auto const a_value = a_law.middles[static_cast<std::size_t>(a_code & 0x7F)] * (a_code & 0x80 ? 1 : -1);
        CHECK(rtp::g711::decode_a_law(static_cast<std::uint8_t>(octet)) == static_cast<int>(a_value));
    }
}

TEST_CASE("an octet survives decoding and encoding; only mu-law's negative zero becomes positive") {
    for (int value = 0; value < 256; ++value) {
        CAPTURE(value);
        auto const octet = static_cast<std::uint8_t>(value);
        CHECK(rtp::g711::encode_a_law(rtp::g711::decode_a_law(octet)) == octet);
        CHECK(rtp::g711::encode_mu_law(rtp::g711::decode_mu_law(octet)) == (octet == 0x7F ? 0xFF : octet));
    }
}

TEST_CASE("a louder sample never decodes to a quieter one") {
    int mu_falls = 0;
    int a_falls = 0;
    for (int sample = -32768; sample < 32767; ++sample) {
        auto const low = static_cast<std::int16_t>(sample);
        auto const high = static_cast<std::int16_t>(sample + 1);
        using namespace rtp::g711;
        if (decode_mu_law(encode_mu_law(low)) > decode_mu_law(encode_mu_law(high))) ++mu_falls;
        if (decode_a_law(encode_a_law(low)) > decode_a_law(encode_a_law(high))) ++a_falls;
    }
    CHECK(mu_falls == 0);
    CHECK(a_falls == 0);
}

TEST_CASE("the digital milliwatt decodes to a pure 1 kHz tone (G.711 tables 5 and 6)") {
    constexpr std::array<std::uint8_t, 8> mu_law{0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E};
    constexpr std::array<std::uint8_t, 8> a_law{0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4};
    double mu_power = 0;
    double a_power = 0;
    for (std::size_t n = 0; n < 8; ++n) {
        mu_power += std::pow(rtp::g711::decode_mu_law(mu_law[n]), 2) / 8;
        a_power += std::pow(rtp::g711::decode_a_law(a_law[n]), 2) / 8;
        CHECK(rtp::g711::decode_mu_law(mu_law[n]) == -rtp::g711::decode_mu_law(mu_law[(n + 4) % 8]));
        CHECK(rtp::g711::decode_a_law(a_law[n]) == -rtp::g711::decode_a_law(a_law[(n + 4) % 8]));
    }
    // 0 dBm0 lies 3.17 dB (mu-law) and 3.14 dB (A-law) below a sine that just fills the range of the code.
    auto const below_overload = [](double power, double largest) {
        return 10 * std::log10(largest * largest / 2 / power);
    };
    CHECK(below_overload(mu_power, 8159 * 4) == doctest::Approx(3.17).epsilon(0.01));
    CHECK(below_overload(a_power, 4096 * 8) == doctest::Approx(3.14).epsilon(0.01));
}

TEST_CASE("silence has its octet in both laws") {
    CHECK(rtp::g711::encode_mu_law(0) == rtp::g711::mu_law_silence);
    CHECK(rtp::g711::encode_a_law(0) == rtp::g711::a_law_silence);
    CHECK(rtp::g711::decode_mu_law(rtp::g711::mu_law_silence) == 0);
    CHECK(rtp::g711::decode_a_law(rtp::g711::a_law_silence) == 8);  // A-law has no zero
}

TEST_CASE("PCMU and PCMA as codecs encode and decode whole payloads") {
    for (auto const* codec : {&rtp::pcmu(), &rtp::pcma()}) {
        CAPTURE(codec->properties.format.name);
        rtp::encoder encoder(*codec);
        rtp::decoder decoder(*codec);
        std::vector<std::int16_t> speech(160);
        for (std::size_t n = 0; n < speech.size(); ++n)
            speech[n] = static_cast<std::int16_t>(12000 * std::sin(0.1 * static_cast<double>(n)));
        std::vector<std::byte> payload(160);
        REQUIRE(encoder.encode(speech, payload).value() == 160);
        CHECK(decoder.samples(payload) == 160);
        std::vector<std::int16_t> heard(160);
        REQUIRE(decoder.decode(payload, heard).value() == 160);
        double noise = 0;
        double signal = 0;
        for (std::size_t n = 0; n < speech.size(); ++n) {
            noise += std::pow(speech[n] - heard[n], 2);
            signal += std::pow(speech[n], 2);
        }
        CHECK(10 * std::log10(signal / noise) > 35);  // the quantising noise of G.711 on loud speech
        CHECK_FALSE(decoder.has_concealment());
    }
}
