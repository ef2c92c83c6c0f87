// Covered: numbers, and that no value can end its line.
#include "sdp/text/writer.hpp"

#include <doctest/doctest.h>

TEST_CASE("A writer appends and keeps what was there") {
    std::string out = "v=0\r\n";
    sdp::writer{out}.literal("t=").number(0).literal(" ").number(UINT64_MAX).end_line();
    CHECK(out == "v=0\r\nt=0 18446744073709551615\r\n");
}

TEST_CASE("A value never ends its line: CR, LF and NUL are left out") {
    using namespace std::string_view_literals;
    std::string out = "s=";
    sdp::writer{out}.value("call\r\na=sendonly\0"sv).value("!").end_line();
    CHECK(out == "s=calla=sendonly!\r\n");
}
