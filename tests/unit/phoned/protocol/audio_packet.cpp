// Covers: the header of an audio packet, and packets that lie about their length.
#include "phoned/protocol/audio_packet.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace phoned;

TEST_CASE("a packet header is 16 little-endian bytes") {
    std::vector<std::byte> packet(16 + 160);
    write_audio_header(
        std::span<std::byte, 16>{packet.data(), 16}, {0x01020304, 0xA0B0C0D0, audio_packet_discontinuity, 80, 7}
    );
    const std::array<unsigned, 16> expected{4, 3, 2, 1, 0xD0, 0xC0, 0xB0, 0xA0, 1, 0, 80, 0, 7, 0, 0, 0};
    for (std::size_t i = 0; i < 16; ++i)
        CHECK(std::to_integer<unsigned>(packet[i]) == expected[i]);
    const auto header = read_audio_header(packet, 80);
    REQUIRE(header.has_value());
    CHECK(header->sequence == 0x01020304);
    CHECK(header->timestamp == 0xA0B0C0D0);
    CHECK(header->flags == 1);
    CHECK(header->frames == 80);
    CHECK(header->delay_frames == 7);
}

TEST_CASE("a packet of another length than it says, or than a period, is refused") {
    std::vector<std::byte> packet(16 + 160);
    const auto head = std::span<std::byte, 16>{packet.data(), 16};
    write_audio_header(head, {.frames = 80});
    CHECK(read_audio_header(packet, 80).has_value());
    CHECK_FALSE(read_audio_header(packet, 160).has_value());
    CHECK_FALSE(read_audio_header(std::span{packet}.first(175), 80).has_value());
    CHECK_FALSE(read_audio_header(std::span{packet}.first(15), 80).has_value());
    CHECK_FALSE(read_audio_header({}, 80).has_value());
    write_audio_header(head, {.frames = 79});
    CHECK_FALSE(read_audio_header(std::span{packet}.first(16 + 158), 80).has_value());
    write_audio_header(head, {.frames = 0});
    CHECK(read_audio_header(std::span{packet}.first(16), 80).has_value());
    CHECK_FALSE(read_audio_header(packet, 80).has_value());
}
