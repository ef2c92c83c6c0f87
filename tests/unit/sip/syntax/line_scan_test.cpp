// Covers: the scanners of header lines and of written values against their plain twins, on every alignment and on
// random bytes.
#include "../../../../libsip/src/syntax/line_scan.hpp"

#include <string>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

using sip::scan::find_line;
using sip::scan::find_line_plain;
using sip::scan::find_low;
using sip::scan::find_low_plain;

namespace {

void check_same(std::string const& text) {
    char const* at = text.data();
    char const* end = at + text.size();
    auto fast = find_line(at, end);
    auto plain = find_line_plain(at, end);
    REQUIRE(fast.end == plain.end);
    REQUIRE(fast.colon == plain.colon);
    REQUIRE(find_low(at, end) == find_low_plain(at, end));
}

}  // namespace

TEST_CASE("The fast scanners find what the plain ones find, with colon and end at every distance") {
    for (std::size_t size = 0; size < 80; ++size)
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
        std::string text(random.below(120), '\0');
        for (char& c : text)
            c = random.chance(3) ? ":\r\n"[random.below(3)] : static_cast<char>(random.below(256));
        check_same(text);
    }
}

TEST_CASE("A colon behind the end of the line is not this line's") {
    std::string text = "no colon here\r\nSubject: x\r\n";
    CHECK(find_line(text.data(), text.data() + text.size()).colon == nullptr);
    CHECK(find_line(text.data(), text.data() + text.size()).end == text.data() + 13);
}
