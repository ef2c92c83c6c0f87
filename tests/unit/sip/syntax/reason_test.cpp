// Covers: Reason, Privacy, Alert-Info and Call-Info as typed values, read and written.
#include <string>

#include <doctest/doctest.h>

#include "sip/syntax/build.hpp"
#include "sip/syntax/headers/alerting.hpp"
#include "sip/syntax/headers/privacy.hpp"
#include "sip/syntax/headers/reason.hpp"
#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

TEST_CASE("Reason names a protocol, its cause and a text (RFC 3326 2)") {
    auto const sip = sip::parse_reason("SIP ;cause=200 ;text=\"Call completed elsewhere\"");
    REQUIRE(sip.has_value());
    CHECK(sip->is_sip());
    CHECK(sip->cause == 200);
    CHECK(sip->text == "Call completed elsewhere");
    auto const q850 = sip::parse_reason("Q.850;cause=16");
    REQUIRE(q850.has_value());
    CHECK(!q850->is_sip());
    CHECK(q850->cause == 16);
    CHECK(q850->text.empty());
    CHECK(sip::parse_reason("sip;cause=603")->is_sip());
    CHECK(sip::parse_reason("Q.850;cause=16;location=LN")->params.value("location") == "LN");
}

TEST_CASE("A Reason whose cause cannot be read still names its protocol; one without protocol is none (RFC 3326 2)") {
    for (std::string const text : {"SIP", "SIP;cause=many", "SIP;cause=70000", "SIP;text=\"x\""}) {
        CAPTURE(text);
        auto const reason = sip::parse_reason(text);
        REQUIRE(reason.has_value());
        CHECK(reason->is_sip());
        CHECK(!reason->cause);
    }
    for (std::string const text : {"", ";cause=200", "SIP;cause=", "SIP;text=\"open", "SIP cause=200"}) {
        CAPTURE(text);
        CHECK(!sip::parse_reason(text));
    }
}

TEST_CASE("What we write as Reason is read as it was meant, quotes included (RFC 3326 2)") {
    auto const text = sip::sip_reason(488, "\"no\" \\ codec");
    CHECK(text == R"(SIP;cause=488;text="\"no\" \\ codec")");
    auto const read = sip::parse_reason(text);
    REQUIRE(read.has_value());
    CHECK(read->cause == 488);
    CHECK(sip::sip_reason(603, {}) == "SIP;cause=603");
    CHECK(sip::parse_reason(sip::answered_elsewhere())->cause == 200);
}

TEST_CASE("Several values of Reason stand in one line or in several (RFC 3326 2)") {
    sip::buffer_pool pool;
    auto const made = sip::parse_message(
        pool.copy(test::wire("BYE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\n"
                             "To: <sip:c@d>;tag=2\nCall-ID: x\nCSeq: 1 BYE\nMax-Forwards: 70\n"
                             "Reason: Q.850;cause=16;text=\"Terminated, at last\", SIP;cause=600\nReason: X;cause=1\n")
        ),
        pool
    );
    REQUIRE(made.has_value());
    std::string seen;
    for (auto const& reason : made->view().all<sip::header_id::reason>())
        seen += std::string(reason->protocol) + std::to_string(reason->cause.value()) + ' ';
    CHECK(seen == "Q.85016 SIP600 X1 ");
}

TEST_CASE("Privacy lists what is to stay hidden, in any order (RFC 3323 4.2, RFC 3325 9.3)") {
    auto const id = sip::parse_privacy("id");
    REQUIRE(id.has_value());
    CHECK(id->id);
    CHECK(id->hides_person());
    auto const many = sip::parse_privacy("Header ; SESSION;user; critical;something-new;history");
    REQUIRE(many.has_value());
    CHECK(many->header);
    CHECK(many->session);
    CHECK(many->user);
    CHECK(many->critical);
    CHECK(many->history);
    CHECK(!many->id);
    CHECK(sip::parse_privacy("user,id")->id);
    CHECK(!sip::parse_privacy("header;session")->hides_person());
    CHECK(sip::parse_privacy("something-new")->empty());
    for (std::string const text : {"", ";", "id;", "id;;user", "i d", "id=1"}) {
        CAPTURE(text);
        CHECK(!sip::parse_privacy(text));
    }
}

TEST_CASE("Privacy is written with critical last, and none alone (RFC 3323 4.2)") {
    sip::privacy wanted;
    CHECK(sip::to_string(wanted).empty());
    wanted.critical = true;
    CHECK(sip::to_string(wanted).empty());  // there is nothing that could be critical
    wanted.id = wanted.user = wanted.header = true;
    CHECK(sip::to_string(wanted) == "user;header;id;critical");
    CHECK(sip::parse_privacy(sip::to_string(wanted)).value() == wanted);
    wanted.none = true;
    CHECK(sip::to_string(wanted) == "none");
}

TEST_CASE("Alert-Info and Call-Info are URIs in brackets with parameters (RFC 3261 20.4, 20.9)") {
    auto const sound = sip::parse_information("<http://www.example.com/sounds/moo.wav>;info=alert-autoanswer ; x=1");
    REQUIRE(sound.has_value());
    CHECK(sound->uri == "http://www.example.com/sounds/moo.wav");
    CHECK(sound->word.empty());
    CHECK(sound->params.value("info") == "alert-autoanswer");
    auto const urn = sip::parse_information("<urn:alert:source:internal>");
    CHECK(urn->is_alert_urn());
    CHECK(!sound->is_alert_urn());
    CHECK(!sip::parse_information("<urn:alert:>")->is_alert_urn());
}

TEST_CASE("What stands without brackets in Alert-Info is a word; what cannot be read is refused") {
    auto const word = sip::parse_information("Bellcore-dr2;info=text");
    REQUIRE(word.has_value());
    CHECK(word->word == "Bellcore-dr2");
    CHECK(word->params.value("info") == "text");
    CHECK(sip::parse_information(" Auto Answer ")->word == "Auto Answer");
    CHECK(sip::parse_information(";info=alert-internal")->params.value("info") == "alert-internal");
    for (std::string const text : {"", "   ", "<>", "<http://x", "<http://x> y", "<http://x>;a=\"open"}) {
        CAPTURE(text);
        CHECK(!sip::parse_information(text));
    }
}

TEST_CASE("A CANCEL carries the Reason that it is given, and none otherwise (RFC 3326 3.1)") {
    sip::buffer_pool pool;
    auto const invite = sip::parse_message(
        pool.copy(test::wire("INVITE sip:a@b SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\n"
                             "To: <sip:c@d>\nCall-ID: x\nCSeq: 1 INVITE\nMax-Forwards: 70\n")),
        pool
    );
    REQUIRE(invite.has_value());
    auto const plain = sip::build_cancel(pool, invite->view());
    auto const told = sip::build_cancel(pool, invite->view(), sip::answered_elsewhere());
    CHECK(test::header(plain->text(), "Reason").empty());
    CHECK(test::header(told->text(), "Reason") == "SIP;cause=200;text=\"Call completed elsewhere\"");
    CHECK(!sip::build_cancel(pool, invite->view(), "SIP\r\nEvil: yes"));
}
