// Covers: lines in any cutting, their limit, resynchronisation, and the bound on memory.
#include "phoned/protocol/line_framer.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using phoned::line_framer;

namespace {

std::vector<std::string> lines_of(line_framer& framer) {
    std::vector<std::string> lines;
    while (const auto line = framer.next())
        lines.push_back(line->is_too_long ? "TOO LONG" : std::string{line->text});
    return lines;
}

}  // namespace

TEST_CASE("a stream gives the same lines in whatever pieces it comes") {
    std::string stream;
    std::vector<std::string> expected;
    for (int i = 0; i < 50; ++i) {
        if (i % 7 == 3) {
            stream += std::string(40, 'y') + "\n";
            expected.emplace_back("TOO LONG");
        } else {
            stream += std::string(static_cast<std::size_t>(i % 30), 'x') + (i % 2 == 0 ? "\n" : "\r\n");
            expected.emplace_back(static_cast<std::size_t>(i % 30), 'x');
        }
    }
    for (unsigned seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        std::mt19937 random{seed};
        line_framer framer{32};
        std::vector<std::string> lines;
        for (std::size_t at = 0; at < stream.size();) {
            const auto length = std::min<std::size_t>(1 + random() % 60, stream.size() - at);
            framer.append(std::string_view{stream}.substr(at, length));
            at += length;
            for (auto& line : lines_of(framer))
                lines.push_back(std::move(line));
        }
        CHECK(lines == expected);
    }
}

TEST_CASE("a line of exactly the limit passes, its end included, and one byte more does not") {
    line_framer framer{10};
    framer.append("123456789\n");
    CHECK(lines_of(framer) == std::vector<std::string>{"123456789"});
    framer.append("1234567890\n");
    CHECK(lines_of(framer) == std::vector<std::string>{"TOO LONG"});
}

TEST_CASE("a line without an end is complained about once and costs no memory") {
    line_framer framer{100};
    int complaints = 0;
    for (int i = 0; i < 1000; ++i) {
        framer.append(std::string(50, 'z'));
        complaints += static_cast<int>(lines_of(framer).size());
        CHECK(framer.held() <= 150);
    }
    CHECK(complaints == 1);
    framer.append("\nok\n");
    CHECK(lines_of(framer) == std::vector<std::string>{"ok"});
}
