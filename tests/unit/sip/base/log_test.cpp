// Covers: what a log may hold of a peer's text, and that nothing is formatted for nobody.
#include "sip/log.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

struct kept_log {
    std::vector<std::string> lines;
    sip::log_sink sink{
        [](void* context, sip::log_level, std::string_view line) {
            static_cast<kept_log*>(context)->lines.emplace_back(line);
        },
        this, sip::log_level::info};
};

}  // namespace

TEST_CASE("Control characters of a peer reach no log: they cannot begin a line or command a terminal") {
    kept_log log;
    log.sink.log(sip::log_level::info, "from {}", "mallory\r\n2026 admin logged in\x1b[2J\x7f\x9b\xc3\xbc");
    log.sink.log(sip::log_level::info, "from {}", "alice");
    REQUIRE(log.lines.size() == 2);
    CHECK(log.lines[0] == "from mallory\\x0d\\x0a2026 admin logged in\\x1b[2J\\x7f\\x9b\\xc3\\xbc");
    CHECK(log.lines[1] == "from alice");
}

TEST_CASE("Every byte is shown as itself or by its number") {
    for (int value = 0; value < 256; ++value) {
        std::string const one(1, static_cast<char>(value));
        auto const shown = sip::printable(one);
        bool const as_itself = value >= 0x20 && value < 0x7f;
        CHECK(shown.size() == (as_itself ? 1 : 4));
        CHECK((shown == one) == as_itself);
    }
}

TEST_CASE("A record below the wanted level is not written, and a sink without a function takes nothing") {
    kept_log log;
    log.sink.log(sip::log_level::debug, "nothing");
    sip::log_sink{}.log(sip::log_level::error, "nothing");
    CHECK(log.lines.empty());
}
