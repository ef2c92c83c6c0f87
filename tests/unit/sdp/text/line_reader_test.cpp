// Covered: the three ends of a line, blank lines, the missing end
// of the last line, numbers and offsets, the cost of a text of CR.
#include "sdp/text/line_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

std::vector<sdp::text_line> lines_of(std::string_view text) {
    std::vector<sdp::text_line> lines;
    sdp::line_reader reader{text};
    sdp::text_line line;
    while (reader.next(line))
        lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("Lines may end in CR LF, LF or CR (RFC 8866 5)") {
    for (std::string_view const text :
         {"a=1\r\nb=2\r\nc=3\r\n", "a=1\nb=2\nc=3\n", "a=1\rb=2\rc=3\r", "a=1\r\nb=2\nc=3"}) {
        CAPTURE(text);
        auto const lines = lines_of(text);
        REQUIRE(lines.size() == 3);
        CHECK(lines[0].content == "a=1");
        CHECK(lines[1].content == "b=2");
        CHECK(lines[2].content == "c=3");
        CHECK(lines[2].number == 3);
        CHECK(text.substr(lines[2].offset, 3) == "c=3");
    }
}

TEST_CASE("Blank lines are skipped but counted") {
    auto const lines = lines_of("\r\n\na=1\r\r\n\nb=2");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].number == 3);
    CHECK(lines[0].offset == 3);
    CHECK(lines[0].content == "a=1");
    CHECK(lines[1].content == "b=2");
}

TEST_CASE("No text has no lines") {
    CHECK(lines_of("").empty());
    CHECK(lines_of("\r\n\r\n").empty());
}

TEST_CASE("A line holds neither CR nor LF, and no other byte is lost") {
    std::string const text = "ab\rcd\n\r\r\nef\r\n\rgh";
    std::string joined;
    for (auto const& line : lines_of(text)) {
        CHECK(line.content.find_first_of("\r\n") == std::string_view::npos);
        joined += line.content;
    }
    CHECK(joined == "abcdefgh");
}
