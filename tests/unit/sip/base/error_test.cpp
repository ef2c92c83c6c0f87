// Covers: the error category and its messages. parse_failure's sentence is tested with the syntax layer, which knows
// the header names.
#include "sip/error.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

TEST_CASE("Every error has a message of its own") {
    std::set<std::string> messages;
    constexpr int last = static_cast<int>(sip::errc::weak_algorithm);
    for (int value = 1; value <= last; ++value) {
        sip::error_code code = static_cast<sip::errc>(value);
        CHECK(&code.category() == &sip::sip_category());
        CHECK(code.message() != "unknown error");
        messages.insert(code.message());
    }
    CHECK(messages.size() == last);
}

TEST_CASE("A value from elsewhere is named unknown instead of misread") {
    CHECK(sip::error_code(4711, sip::sip_category()).message() == "unknown error");
    CHECK(std::string(sip::sip_category().name()) == "sip");
}

TEST_CASE("Error codes compare with the enumerators") {
    sip::error_code code = sip::errc::transport_failed;
    CHECK(code == sip::errc::transport_failed);
    CHECK(code != sip::errc::queue_full);
    CHECK(code.failed());
}
