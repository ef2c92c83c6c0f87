// Covers: CSeq, numbers, tokens with parameters, media types, seconds with comments, RAck, Replaces and Join.
#include "sip/syntax/headers/simple.hpp"

#include <string>

#include <doctest/doctest.h>

TEST_CASE("CSeq is a 32-bit number and a method (RFC 3261 20.16)") {
    auto cseq = sip::parse_cseq("4711 INVITE");
    REQUIRE(cseq.has_value());
    CHECK(cseq->number == 4711);
    CHECK(cseq->name == sip::method::invite);
    CHECK(sip::parse_cseq("0009\r\n  INVITE")->number == 9);
    CHECK(sip::parse_cseq("4294967295 NEWMETHOD")->method_text == "NEWMETHOD");
    CHECK(sip::parse_cseq("1 NEWMETHOD")->name == sip::method::unknown);
    CHECK(sip::parse_cseq("1 invite")->name == sip::method::unknown);
    CHECK(sip::parse_cseq("4294967296 INVITE").error().code == sip::errc::number_out_of_range);
    CHECK(sip::parse_cseq("36893488147419103232 INVITE").error().code == sip::errc::number_out_of_range);
    for (auto const* bad :
         {"", "INVITE", "1", "1INVITE", "1 ", "-1 INVITE", "1 INVITE x", "1 INV@TE", "1,INVITE", "0x1 INVITE"})
        CHECK_MESSAGE(!sip::parse_cseq(bad), bad);
}

TEST_CASE("Numbers are digits only, up to 2^32-1") {
    CHECK(*sip::parse_number("0068") == 68);
    CHECK(*sip::parse_number(" 70 \r\n ") == 70);
    CHECK(*sip::parse_number("4294967295") == 4294967295);
    CHECK(sip::parse_number("4294967296").error().code == sip::errc::number_out_of_range);
    CHECK(sip::parse_number("18446744073709551616").error().code == sip::errc::number_out_of_range);
    CHECK(sip::parse_number("99999999999999999999999999").error().code == sip::errc::number_out_of_range);
    for (auto const* bad : {"", "-999", "+5", "five", "5 5", "5;x", "0x10", "1e3", "5."})
        CHECK_MESSAGE(!sip::parse_number(bad), bad);
    CHECK(sip::parse_number("12x").error().offset == 2);
}

TEST_CASE("Tokens carry parameters") {
    auto event = sip::parse_token_params("refer;id=93809824");
    REQUIRE(event.has_value());
    CHECK(event->token == "refer");
    CHECK(event->params.value("ID") == "93809824");
    CHECK(event->text == "refer;id=93809824");
    CHECK(sip::parse_token_params("message-summary")->token == "message-summary");
    CHECK(sip::parse_token_params("Q.850 ;cause=16 ;text=\"Terminated\"")->params.value("text") == "Terminated");
    for (auto const* bad : {"", ";a", "a b", "a/b", "a;", "a,b"})
        CHECK_MESSAGE(!sip::parse_token_params(bad), bad);
}

TEST_CASE("Media types have two tokens and parameters (RFC 3261 20.15)") {
    auto type = sip::parse_media_type("Multipart/Mixed ; boundary=\"a;b\"");
    REQUIRE(type.has_value());
    CHECK(type->is("multipart", "mixed"));
    CHECK_FALSE(type->is("multipart", "mixe"));
    CHECK(type->params.value("boundary") == "a;b");
    CHECK(sip::parse_media_type("application / sdp")->subtype == "sdp");
    CHECK(sip::parse_media_type("*/*;q=0.3").has_value());
    for (auto const* bad : {"", "text", "text/", "/plain", "text/plain x", "text/plain;", "text//plain"})
        CHECK_MESSAGE(!sip::parse_media_type(bad), bad);
}

TEST_CASE("Retry-After has seconds, a comment and parameters (RFC 3261 20.33)") {
    auto retry = sip::parse_delta_seconds("18000;duration=3600");
    REQUIRE(retry.has_value());
    CHECK(retry->seconds == 18000);
    CHECK(retry->params.value("duration") == "3600");
    CHECK(sip::parse_delta_seconds("120 (I'm in a (\\) long) meeting);duration=5")->params.value("duration") == "5");
    CHECK(sip::parse_delta_seconds("1800;refresher=uac")->params.value("refresher") == "uac");
    for (auto const* bad : {"", "x", "5 (open", "5 (a\\)", "5 x", "5;", "-5", "5 ()x"})
        CHECK_MESSAGE(!sip::parse_delta_seconds(bad), bad);
}

TEST_CASE("RAck names an RSeq and a CSeq (RFC 3262 7.2)") {
    auto rack = sip::parse_rack("776656 1 INVITE");
    REQUIRE(rack.has_value());
    CHECK(rack->rseq == 776656);
    CHECK(rack->cseq.number == 1);
    CHECK(rack->cseq.name == sip::method::invite);
    for (auto const* bad : {"", "1", "1 1", "1 INVITE", "1 1 INVITE x", "4294967296 1 INVITE"})
        CHECK_MESSAGE(!sip::parse_rack(bad), bad);
}

TEST_CASE("Replaces and Join name a dialog with one tag of each side (RFC 3891 6.1)") {
    auto dialog =
        sip::parse_dialog_reference("98732@sip.example.com\r\n ;from-tag=r33th4x0r\r\n ;to-tag=ff87ff;early-only");
    REQUIRE(dialog.has_value());
    CHECK(dialog->call_id == "98732@sip.example.com");
    CHECK(dialog->from_tag == "r33th4x0r");
    CHECK(dialog->to_tag == "ff87ff");
    CHECK(dialog->early_only);
    CHECK_FALSE(sip::parse_dialog_reference("a;to-tag=1;from-tag=2")->early_only);
    for (auto const* bad :
         {"", "a", "a;to-tag=1", "a;from-tag=1", "a;to-tag=1;from-tag=2;to-tag=3", ";to-tag=1;from-tag=2",
          "a b;to-tag=1;from-tag=2", "a;from-\r\n tag=1;to-tag=2"})
        CHECK_MESSAGE(!sip::parse_dialog_reference(bad), bad);
}

TEST_CASE("Text keeps everything but the white space around it") {
    CHECK(*sip::parse_text(" \t a b\r\n ") == "a b");
    CHECK(*sip::parse_text("") == "");
}
