// Payload numbers and formats.
// Covered: the static audio table of RFC 3551 row by row, look-up both ways, names without case, the class of each of
// the 256 numbers.
#include <doctest/doctest.h>

#include <string_view>

#include "rtp/codec/payloads.hpp"

using namespace std::literals;
using rtp::clock_rate;
using rtp::payload_number;
using rtp::payload_type;

TEST_CASE("static audio types are those of RFC 3551 table 4") {
    struct row {
        int type;
        std::string_view name;
        std::uint32_t rate;
        int channels;
    };
    constexpr row rows[]{{0, "PCMU", 8000, 1},  {3, "GSM", 8000, 1},   {4, "G723", 8000, 1},   {5, "DVI4", 8000, 1},
                         {6, "DVI4", 16000, 1}, {7, "LPC", 8000, 1},   {8, "PCMA", 8000, 1},   {9, "G722", 8000, 1},
                         {10, "L16", 44100, 2}, {11, "L16", 44100, 1}, {12, "QCELP", 8000, 1}, {13, "CN", 8000, 1},
                         {14, "MPA", 90000, 1}, {15, "G728", 8000, 1}, {16, "DVI4", 11025, 1}, {17, "DVI4", 22050, 1},
                         {18, "G729", 8000, 1}};
    CHECK(rtp::static_payloads().size() == std::size(rows));
    for (auto const& expected : rows) {
        CAPTURE(expected.type);
        auto const type = static_cast<payload_type>(expected.type);
        auto const* format = rtp::find_static_format(type);
        REQUIRE(format != nullptr);
        CHECK(format->name == expected.name);
        CHECK(format->rate == clock_rate{expected.rate});
        CHECK(format->channels == expected.channels);
        auto const* back = rtp::find_static_type(*format);
        REQUIRE(back != nullptr);
        CHECK(*back == type);
    }
}

TEST_CASE("numbers without a static audio format have none") {
    for (int number : {1, 2, 19, 20, 26, 31, 34, 35, 72, 95, 96, 101, 127, 128, 255})
        CHECK(rtp::find_static_format(static_cast<payload_type>(number)) == nullptr);
    CHECK(rtp::find_static_type({"opus", clock_rate{48000}, 2}) == nullptr);
    CHECK(rtp::find_static_type({"PCMU", clock_rate{16000}, 1}) == nullptr);
    CHECK(rtp::find_static_type({"L16", clock_rate{44100}, 0}) != nullptr);
}

TEST_CASE("encoding names are compared without case, rate and channels exactly (RFC 4855 3)") {
    rtp::payload_format const pcmu{"PCMU", clock_rate{8000}, 1};
    CHECK(rtp::is_same_format(pcmu, {"pcmu", clock_rate{8000}, 1}));
    CHECK(rtp::is_same_format(pcmu, {"PcMu", clock_rate{8000}, 0}));
    CHECK_FALSE(rtp::is_same_format(pcmu, {"PCMA", clock_rate{8000}, 1}));
    CHECK_FALSE(rtp::is_same_format(pcmu, {"PCM", clock_rate{8000}, 1}));
    CHECK_FALSE(rtp::is_same_format(pcmu, {"PCMU", clock_rate{16000}, 1}));
    CHECK_FALSE(rtp::is_same_format(pcmu, {"PCMU", clock_rate{8000}, 2}));
    CHECK(rtp::is_telephone_event({"Telephone-Event", clock_rate{16000}, 1}));
    CHECK_FALSE(rtp::is_telephone_event(pcmu));
    CHECK(rtp::is_comfort_noise({"cn", clock_rate{8000}, 1}));
}

TEST_CASE("each payload number is assigned, reserved, RTCP's, unassigned, dynamic or invalid (RFC 3551 6, RFC 5761 4)"
) {
    for (int number = 0; number < 256; ++number) {
        CAPTURE(number);
        auto expected = payload_number::unassigned;
        if (number <= 18 || number == 25 || number == 26 || number == 28 || (number >= 31 && number <= 34))
            expected = payload_number::assigned;
        if (number == 1 || number == 2 || number == 19) expected = payload_number::reserved;
        if (number >= 64 && number <= 95) expected = payload_number::rtcp;
        if (number >= 96) expected = payload_number::dynamic;
        if (number >= 128) expected = payload_number::invalid;
        CHECK(rtp::classify(static_cast<payload_type>(number)) == expected);
    }
}
