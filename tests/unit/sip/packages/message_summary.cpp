// Covers: bodies of message-summary, read and written; several put together.
#include <string>

#include <doctest/doctest.h>

#include "sip/packages/message_summary.hpp"

using namespace sip::packages;

TEST_CASE("A message summary tells what waits, for whom, and how much (RFC 3842 5.2)") {
    auto const read = parse_message_summary(
        "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\nVoice-Message: 2/8 (0/2)\r\n"
        "Fax-Message: 1/0\r\n\r\nTo: <alice@atlanta.example.com>\r\nVoice-Message: 9/9\r\n"
    );
    REQUIRE(read.has_value());
    CHECK(read->waiting);
    CHECK(read->account == "sip:alice@vmail.example.com");
    REQUIRE(read->of("voice-message") != nullptr);
    CHECK(*read->of("voice-message") == message_counts{"Voice-Message", 2, 8, 0, 2});
    CHECK(read->of("Fax-Message")->fresh == 1);
    CHECK(read->of("Pager-Message") == nullptr);
}

TEST_CASE("Blanks, LF alone, case and unknown lines do not matter (RFC 3842 5.2)") {
    auto const read =
        parse_message_summary("messages-waiting :  NO \nX-Extension: whatever\nvoice-message:0 / 3( 0 / 1 )\n");
    REQUIRE(read.has_value());
    CHECK(!read->waiting);
    CHECK(read->of("Voice-Message")->urgent_old == 1);
}

TEST_CASE("What makes no sense is refused, with its reason (RFC 3842 5.2)") {
    auto const why = [](std::string const& text) { return parse_message_summary(text).error().code; };
    CHECK(why("") == sip::errc::syntax_error);
    CHECK(why("Voice-Message: 1/2\r\n") == sip::errc::syntax_error);
    CHECK(why("Messages-Waiting: perhaps\r\n") == sip::errc::syntax_error);
    CHECK(why("Messages-Waiting: yes\r\nVoice-Message: 1-2\r\n") == sip::errc::syntax_error);
    CHECK(why("Messages-Waiting: yes\r\nVoice-Message: 1/2 (3\r\n") == sip::errc::syntax_error);
    CHECK(why("Messages-Waiting: yes\r\nno header\r\n") == sip::errc::syntax_error);
    std::string many = "Messages-Waiting: yes\r\n";
    for (int i = 0; i < 40; ++i)
        many += "X: y\r\n";
    CHECK(why(many) == sip::errc::too_large);
    CHECK(why("Messages-Waiting: yes\r\n" + std::string(20'000, 'x')) == sip::errc::too_large);
}

TEST_CASE("A summary that is written is read back the same (RFC 3842 5.2)") {
    message_summary const summary{
        true, "sip:1001@example.com", {{"Voice-Message", 3, 1, 1, 0}, {"Text-Message", 0, 2, 0, 0}}};
    CHECK(*parse_message_summary(to_string(summary)) == summary);
    message_summary const none{false, {}, {}};
    CHECK(to_string(none) == "Messages-Waiting: no\r\n");
}

TEST_CASE("A count that is too large counts as the largest there is (RFC 3842 3.5)") {
    auto const read =
        parse_message_summary("Messages-Waiting: yes\r\nVoice-Message: 4294967296/4294967295 (1/99999999999)\r\n");
    REQUIRE(read.has_value());
    CHECK(read->counts.at(0) == message_counts{"Voice-Message", 0xffffffff, 0xffffffff, 1, 0xffffffff});
}

TEST_CASE(
    "The mailboxes of several notifiers are merged: yes where one says so, counts where all have them (RFC 3842 3.10)"
) {
    message_summary const one{true, {}, {{"Voice-Message", 2, 8, 0, 2}, {"Fax-Message", 1, 0, 0, 0}}},
        two{false, {}, {{"voice-message", 0xfffffffe, 1, 0, 0}}};
    auto const both = message_summary::merged({two, one});
    CHECK(both.waiting);
    REQUIRE(both.counts.size() == 2);
    CHECK(*both.of("Voice-Message") == message_counts{"voice-message", 0xffffffff, 9, 0, 2});
    CHECK(both.of("Fax-Message")->fresh == 1);
    auto const with_one_that_tells_none = message_summary::merged({one, {false, {}, {}}});
    CHECK(with_one_that_tells_none.waiting);
    CHECK(with_one_that_tells_none.counts.empty());
    CHECK(!message_summary::merged({two, {false, {}, {}}}).waiting);
}
