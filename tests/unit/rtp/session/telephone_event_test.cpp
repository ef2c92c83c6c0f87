// Covers: the four bytes of a report, and the digits that events stand for.
#include "rtp/session/telephone_event.hpp"

#include "unit/rtp/support/bytes.hpp"

#include <string_view>

using namespace rtp;
using namespace rtp_test;

TEST_CASE("A report is read and written bit by bit (RFC 4733 2.3, 2.3.3, 2.3.4)") {
    telephone_event const report{event_code{11}, true, 10, 800};
    CHECK(to_vector(report.to_bytes()) == hex("0b8a0320"));
    CHECK(telephone_event::parse(hex("0b8a0320")).value() == report);
    // The reserved bit is ignored.
    CHECK(telephone_event::parse(hex("0bca0320")).value() == report);
    CHECK(telephone_event::parse(hex("0b0a0320")).value().end == false);
    // The volume has six bits and touches none of the others.
    CHECK(telephone_event::parse(hex("0b3f0320")).value().volume == 63);
    CHECK(to_vector(telephone_event{event_code{11}, false, 63, 800}.to_bytes()) == hex("0b3f0320"));
}

TEST_CASE("A report of fewer than four bytes is refused") {
    for (auto const* text : {"", "01", "0102", "010203"}) {
        exact_copy const copy(hex(text));
        CHECK(telephone_event::parse(copy.bytes()).error().code == errc::bad_telephone_event);
    }
}

TEST_CASE("Sixteen digits have their events, and only they (RFC 4733 2.3.1, 3.2)") {
    std::string_view const digits = "0123456789*#ABCD";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        CHECK(event_of(digits[i]) == static_cast<event_code>(i));
        CHECK(digit_of(static_cast<event_code>(i)) == digits[i]);
    }
    CHECK(event_of('a') == event_code{12});
    CHECK(event_of('d') == event_code{15});
    for (char const c : {'E', 'e', ' ', '\0', '+', ','})
        CHECK_FALSE(event_of(c).has_value());
    for (unsigned code = 16; code < 256; ++code)
        CHECK_FALSE(digit_of(static_cast<event_code>(code)).has_value());
}
