// Covers: the scanners of header lines and of written values against their plain twins, on every alignment and on
// random bytes.
#include "../../../../libsip/src/syntax/line_scan.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

namespace scan = sip::scan;

namespace {

void check_same(std::string const& text) {
    char const* const at = text.data();
    // Behind a CR one more byte is looked at: the last one here is none of the text.
    std::string const followed = text + '\n';
    char const* const end = followed.data() + text.size();
    auto const fast = scan::find_line_end(followed.data(), end),
               plain = scan::find_line_end_plain(followed.data(), end);
    REQUIRE(fast.at == plain.at);
    REQUIRE(fast.next == plain.next);

    if (text.size() >= scan::colon_reach) REQUIRE(scan::find_colon(at) == scan::find_colon_plain(at));

    std::string copied(text.size() + 1, '#'), plainly = copied;
    REQUIRE(scan::copy_value(copied.data(), text) == scan::copy_value_plain(plainly.data(), text));
    REQUIRE(copied == plainly);
    REQUIRE(plainly == text + '#');
}

}  // namespace

TEST_CASE("The fast scanners find what the plain ones find, with colon and end at every distance") {
    for (std::size_t size = 0; size < 150; size += size < 80 ? 1 : 7)
        for (std::size_t colon = 0; colon <= size; ++colon)
            for (std::size_t end = 0; end <= size; ++end) {
                std::string text(size, 'x');
                if (colon < size) text[colon] = ':';
                if (end < size) text[end] = end % 2 == 0 ? '\r' : '\n';
                check_same(text);
            }
}

TEST_CASE("The fast scanners find what the plain ones find in random bytes") {
    for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
        CAPTURE(seed);
        test::seeded_random random(seed);
        std::string text(random.below(200), '\0');
        // From bytes that are anything to lines of letters, some of them long.
        unsigned const strange = random.chance(50) ? 100 : 2;
        for (char& c : text)
            c = !random.chance(strange) ? 'x'
                : random.chance(30)     ? ":\r\n"[random.below(3)]
                                        : static_cast<char>(random.below(256));
        check_same(text);
    }
}

TEST_CASE("A line ends at LF or CR LF, and a CR alone has no next line (RFC 3261 7)") {
    std::string_view const text = "one\r\ntwo\nthree\rfour\r\n";
    char const* const end = text.data() + text.size();
    auto line = scan::find_line_end(text.data(), end);
    CHECK(line.at == text.data() + 3);
    CHECK(line.next == text.data() + 5);
    line = scan::find_line_end(line.next, end);
    CHECK(line.at == text.data() + 8);
    CHECK(line.next == text.data() + 9);
    line = scan::find_line_end(line.next, end);
    CHECK(line.at == text.data() + 14);
    CHECK(line.next == nullptr);
    CHECK(scan::find_line_end(text.data() + 15, text.data() + 19).at == nullptr);
}
