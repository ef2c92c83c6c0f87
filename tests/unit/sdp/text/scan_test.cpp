// Covered: fields from both ends, the split at a mark, numbers and their bounds, comparison without case.
#include "sdp/text/scan.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace sdp;

TEST_CASE("Fields come off the front whatever the blanks between them") {
    std::string_view rest = " \taudio  49170\tRTP/AVP ";
    CHECK(take_field(rest) == "audio");
    CHECK(take_field(rest) == "49170");
    CHECK(take_field(rest) == "RTP/AVP");
    CHECK(take_field(rest) == "");
    CHECK(rest.empty());
}

TEST_CASE("Fields come off the back whatever the blanks between them") {
    std::string_view rest = "desk phone 1  2 ";
    CHECK(take_last_field(rest) == "2");
    CHECK(take_last_field(rest) == "1");
    CHECK(take_last_field(rest) == "phone");
    CHECK(trimmed(rest) == "desk");
}

TEST_CASE("A text splits at the first mark, and is taken whole without one") {
    std::string_view rest = "opus/48000/2";
    CHECK(take_until(rest, '/') == "opus");
    CHECK(rest == "48000/2");
    rest = "opus";
    CHECK(take_until(rest, '/') == "opus");
    CHECK(rest.empty());
}

TEST_CASE("A number fills the whole text and fits its type") {
    CHECK(to_number<std::uint16_t>("65535") == 65535);
    CHECK(to_number<std::uint16_t>("0") == 0);
    for (std::string_view const bad : {"65536", "-1", "+1", " 1", "1 ", "1x", "", "0x10", "4294967296000000000000"}) {
        CAPTURE(bad);
        CHECK_FALSE(to_number<std::uint16_t>(bad).has_value());
    }
    CHECK(to_number<std::uint64_t>("18446744073709551615") == UINT64_MAX);
    CHECK_FALSE(to_number<std::uint64_t>("18446744073709551616").has_value());
}

TEST_CASE("Only the case of ASCII letters is ignored in a comparison") {
    CHECK(same_text("RTP/avp", "rtp/AVP"));
    CHECK_FALSE(same_text("PCMA", "PCMU"));
    CHECK_FALSE(same_text("PCM", "PCMU"));
    CHECK_FALSE(same_text("@", "`"));
    CHECK_FALSE(same_text("[", "{"));
}
