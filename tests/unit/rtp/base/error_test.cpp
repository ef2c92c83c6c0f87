// Covers: error codes have their own category and distinct texts; parse failures are values.
#include "rtp/error.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

TEST_CASE("Every RTP error has a text of its own") {
    std::set<std::string> texts;
    for (int code = 1; code <= static_cast<int>(rtp::errc::crypto_failed); ++code) {
        auto const error = make_error_code(static_cast<rtp::errc>(code));
        CHECK(error.failed());
        CHECK(texts.insert(error.message()).second);
        CHECK(error.message() != "unknown RTP error");
    }
    CHECK(std::string(rtp::category().name()) == "rtp");
}

TEST_CASE("A number that is no RTP error is said to be unknown") {
    CHECK(rtp::error_code(99, rtp::category()).message() == "unknown RTP error");
}

TEST_CASE("An errc converts to an error_code and a parse failure to a parsed value") {
    rtp::error_code const error = rtp::errc::no_ports;
    CHECK(error == rtp::errc::no_ports);
    rtp::parsed<int> const failed = rtp::parse_failure{rtp::errc::truncated, 7};
    REQUIRE(failed.has_error());
    CHECK(failed.error() == rtp::parse_failure{rtp::errc::truncated, 7});
}
