// GSM full rate.
// Covered: the signature of a frame, several frames in a packet.
#include <doctest/doctest.h>

#include <vector>

#include "rtp/codec/codec.hpp"
#include "sound_quality.hpp"

TEST_CASE("Every GSM frame begins with the bits 1101, and one that does not is refused (RFC 3551 4.5.8.1)") {
    auto const& gsm = *rtp::find_codec({"GSM", rtp::clock_rate{8000}, 1});
    rtp::encoder encoder(gsm);
    rtp::decoder decoder(gsm);
    auto const sound = test::voice_at(8000, 1, 4);
    std::vector<std::byte> payload(99);
    REQUIRE(encoder.encode(std::span(sound).first(480), payload).value() == 99);
    for (std::size_t const at : {0U, 33U, 66U})
        CHECK((payload[at] & std::byte{0xF0}) == std::byte{0xD0});
    std::vector<std::int16_t> heard(480);
    CHECK(decoder.decode(payload, heard).value() == 480);
    payload[33] ^= std::byte{0x10};
    CHECK_FALSE(decoder.samples(payload).has_value());
    CHECK(decoder.decode(payload, heard).error() == rtp::errc::invalid_argument);
}
