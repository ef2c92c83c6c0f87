// G.729, added to a program of its own.
// Covered: that a codec of one file becomes part of a program's list; quality, packet sizes, odd payloads, a frame of
// silence behind voice, concealment of gaps of any length.
// Not covered: discontinuous sending, which we never offer (annexb=no).
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "list.hpp"
#include "unit/rtp/codec/sound_quality.hpp"

TEST_CASE("A program adds a codec to its own list") {
    std::array<rtp::codec const*, 2> const mine{&rtp::pcmu(), &rtp::g729()};
    CHECK(rtp::find_codec({"g729", rtp::clock_rate{8000}, 1}, mine) == &rtp::g729());
}

TEST_CASE("G.729 keeps the spectrum of speech in 10 octets for each 10 ms (RFC 3551 4.5.6)") {
    auto const sound = test::voice_at(8000, 3, 11);
    auto const heard = test::through(rtp::g729(), sound, 160);
    MESSAGE("spectral distance " << test::spectral_distance(sound, heard) << " dB");
    CHECK(test::spectral_distance(sound, heard) < 4);
    rtp::encoder encoder(rtp::g729());
    std::vector<std::byte> octets(60);
    CHECK(encoder.encode(std::span(sound).first(80), octets).value() == 10);
    CHECK(encoder.encode(std::span(sound).first(480), octets).value() == 60);
    CHECK(encoder.encode(std::span(sound).first(100), octets).error() == rtp::errc::invalid_argument);
}

TEST_CASE("A payload is whole frames, and at its end one of silence if need be (RFC 3551 4.5.6)") {
    rtp::decoder decoder(rtp::g729());
    auto const samples = [&](std::size_t size) { return decoder.samples(std::vector<std::byte>(size)); };
    CHECK(samples(10) == 80);
    CHECK(samples(20) == 160);
    CHECK(samples(2) == 80);
    CHECK(samples(22) == 240);
    std::vector<std::int16_t> heard(800);
    for (std::size_t const odd : {1U, 3U, 9U, 11U, 13U, 21U, 23U, 29U}) {
        CHECK_FALSE(samples(odd).has_value());
        CHECK(decoder.decode(std::vector<std::byte>(odd), heard).error() == rtp::errc::invalid_argument);
    }
    CHECK(decoder.decode(std::vector<std::byte>(22), heard).value() == 240);
    CHECK(decoder.decode(std::vector<std::byte>(22), std::span(heard).first(239)).error() == rtp::errc::too_large);
}

TEST_CASE("A lost G.729 frame is concealed by the codec, in pieces of any length") {
    auto const sound = test::vowel(8000, 8000, 120);
    rtp::encoder encoder(rtp::g729());
    rtp::decoder one(rtp::g729()), two(rtp::g729());
    REQUIRE(one.has_concealment());
    std::vector<std::int16_t> heard(160);
    std::vector<std::byte> octets(20);
    for (std::size_t at = 0; at + 160 <= sound.size(); at += 160) {
        REQUIRE(encoder.encode(std::span(sound).subspan(at, 160), octets).value() == 20);
        REQUIRE(one.decode(octets, heard).has_value());
        REQUIRE(two.decode(octets, heard).has_value());
    }
    std::vector<std::int16_t> whole(160), pieces(160);
    one.conceal(whole);
    two.conceal(std::span(pieces).first(3));
    two.conceal(std::span(pieces).subspan(3, 100));
    two.conceal(std::span(pieces).subspan(103));
    CHECK(whole == pieces);
    CHECK(test::power(std::span(whole).first(80)) > test::power(heard) / 8);
    REQUIRE(one.decode(octets, heard).has_value());
}
