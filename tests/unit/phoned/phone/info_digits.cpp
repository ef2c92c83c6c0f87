// Covers: the bodies of digits by INFO in both directions. Not here: when they are sent (calls).
#include <doctest/doctest.h>

#include <string>

#include "phoned/phone/info_digits.hpp"
#include "sip/syntax/parse.hpp"

namespace {

std::optional<char> read(std::string_view type, std::string_view body) {
    const auto text =
        "INFO sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bK1\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
        "Call-ID: 1\r\nCSeq: 2 INFO\r\n" +
        (type.empty() ? std::string() : "Content-Type: " + std::string(type) + "\r\n") +
        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    sip::buffer_pool pool;
    const auto message = sip::parse_message(pool.copy(text), pool);
    REQUIRE(message.has_value());
    return phoned::digit_in(message->view());
}

}  // namespace

TEST_CASE("digits wait for their turn, one request each, pauses dropped") {
    phoned::info_digits relay(1);
    CHECK_FALSE(relay.next());
    REQUIRE(relay.push("1,"));
    REQUIRE(relay.push(",#,"));
    const auto first = relay.next();
    REQUIRE(first);
    CHECK(first->content_type == "application/dtmf-relay");
    CHECK(first->body == "Signal=1\r\nDuration=100\r\n");
    CHECK(relay.next()->body == "Signal=#\r\nDuration=100\r\n");
    CHECK_FALSE(relay.next());

    phoned::info_digits plain(2);
    REQUIRE(plain.push("*"));
    const auto only = plain.next();
    REQUIRE(only);
    CHECK(only->content_type == "application/dtmf");
    CHECK(only->body == "*");
}

TEST_CASE("no more than 64 digits wait; what does not fit is not taken in part") {
    phoned::info_digits digits(1);
    REQUIRE(digits.push(std::string(60, '5')));
    CHECK_FALSE(digits.push("12345"));
    CHECK(digits.push("1234"));
    for (int i = 0; i < 60; ++i)
        CHECK(digits.next()->body.starts_with("Signal=5"));
    CHECK(digits.next()->body.starts_with("Signal=1"));
}

TEST_CASE("the digit of an INFO is found in both bodies, and nothing in others") {
    CHECK(read("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n") == '5');
    CHECK(read("application/dtmf-relay", "Duration=160\r\nSignal= #\r\n") == '#');
    CHECK(read("application/dtmf", "*") == '*');
    CHECK(read("Application/DTMF", "\r\n7\r\n") == '7');
    CHECK_FALSE(read("application/dtmf-relay", "Signal="));
    CHECK_FALSE(read("application/dtmf-relay", "Signal=x"));
    CHECK_FALSE(read("application/dtmf-relay", "5"));
    CHECK_FALSE(read("application/dtmf", ""));
    CHECK_FALSE(read("text/plain", "5"));
    CHECK_FALSE(read("", "5"));
}
