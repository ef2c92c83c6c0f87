// Covers: the checked reader and writer at and over their ends.
#include "rtp/wire/bytes.hpp"

#include "unit/rtp/support/bytes.hpp"

#include <array>

using namespace rtp;
using namespace rtp_test;

TEST_CASE("A reader gives numbers in network order and fails for good past its end") {
    auto const bytes = hex("01 0203 040506 0708090a 0b0c0d0e0f101112 ff");
    byte_reader in(bytes);
    CHECK(in.u8() == 0x01);
    CHECK(in.u16() == 0x0203);
    CHECK(in.u24() == 0x040506);
    CHECK(in.u32() == 0x0708090a);
    CHECK(in.u64() == 0x0b0c0d0e0f101112);
    CHECK(in.remaining() == 1);
    CHECK(in.u16() == 0);
    CHECK(in.has_failed());
    CHECK(in.u8() == 0);
    CHECK(in.take(0).empty());
    CHECK(in.has_failed());
}

TEST_CASE("A writer writes in network order and never past its end") {
    std::array<std::byte, 6> space{};
    byte_writer out(space);
    out.u24(0x010203);
    out.u16(0x0405);
    out.u16(0x0607);
    CHECK(out.has_failed());
    out.u8(9);
    CHECK(out.size() == 5);
    CHECK(to_vector(space) == hex("010203040500"));
}

TEST_CASE("A writer that is full refuses text without writing a part of it") {
    std::array<std::byte, 2> space{};
    byte_writer out(space);
    out.bytes(hex("010203"));
    CHECK(out.has_failed());
    CHECK(to_vector(space) == hex("0000"));
}
