// Covers: what the phone reads out of an INVITE for its user: who forwarded or transferred the call, which ring it asks
// for, whether it is an intercom; and what a redirection passes on. Pure. Not here: the headers' grammar (libsip).
#include <doctest/doctest.h>

#include <string>

#include "phoned/phone/alert.hpp"
#include "phoned/phone/referrals.hpp"
#include "sip/syntax/parse.hpp"
#include "support/wire.hpp"

namespace {

struct invite {
    explicit invite(std::string_view more, std::string_view uri = "sip:a@b", std::string_view start = {}) {
        const auto first = start.empty() ? "INVITE " + std::string(uri) + " SIP/2.0" : std::string(start);
        const auto text = test::wire(
            first +
            "\nVia: SIP/2.0/UDP b;branch=z9hG4bK1\nFrom: <sip:c@d>;tag=1\nTo: <sip:a@b>\nCall-ID: 1\nCSeq: 1 "
            "INVITE\nMax-Forwards: 70\n" +
            std::string(more)
        );
        auto made = sip::parse_message(pool.copy(text), pool);
        REQUIRE(made.has_value());
        message = *made;
    }
    sip::buffer_pool pool;
    sip::message message;
    [[nodiscard]] sip::message_view view() const { return message.view(); }
};

std::string ring_for(std::string_view header, bool tones = true) {
    auto phone = phoned::default_settings();
    phone.alert_info_tones = tones;
    phone.distinctive_rings[1] = {"family", 4};
    return phoned::ring_asked_for(invite(header).view(), phone, phone.accounts[0]);
}

}  // namespace

TEST_CASE("the newest Diversion tells who forwarded, and why (RFC 5806)") {
    CHECK(phoned::diverted_by(invite("").view()).empty());
    CHECK(
        phoned::diverted_by(invite("Diversion: <sip:new@x>;reason=user-busy, <sip:old@x>;reason=unconditional\n").view()
        ) == "sip:new@x (user-busy)"
    );
    CHECK(phoned::diverted_by(invite("Diversion: broken <\n").view()).empty());
}

TEST_CASE("History-Info tells who was asked before (RFC 7044)") {
    CHECK(phoned::diverted_by(invite("History-Info: <sip:only@x>;index=1\n").view()).empty());
    CHECK(
        phoned::diverted_by(invite("History-Info: <sip:first@x?Reason=SIP%3Bcause%3D302>;index=1, "
                                   "<sip:second@x>;index=1.1;mp=1, <sip:us@x>;index=1.2;mp=1\n")
                                .view()) == "sip:first@x"
    );
    CHECK(
        phoned::diverted_by(invite("History-Info: <sip:first@x>;index=1, <sip:us@x>;index=1.1\n").view()) ==
        "sip:first@x"
    );
}

TEST_CASE("Referred-By tells who transferred the call (RFC 3892, RFC 3892 2.3)") {
    CHECK(phoned::referred_by(invite("Referred-By: \"Bob\" <sip:bob@x>\n").view()) == "sip:bob@x");
    CHECK(phoned::referred_by(invite("").view()).empty());
}

TEST_CASE(
    "whoever goes on after a 3xx passes its diversions on, in the place of those before (RFC 5806 6, RFC 5806 5.1, 5.2)"
) {
    std::vector<sip::extra_header> headers{{"Diversion", "<sip:stale@x>"}, {"Subject", "tea"}};
    const invite moved(
        "Diversion: <sip:b@x>;reason=\n no-answer\nContact: <sip:c@x>\n", {}, "SIP/2.0 302 Moved Temporarily"
    );
    phoned::pass_on_diversion(moved.view(), headers);
    REQUIRE(headers.size() == 2);
    CHECK(headers[0].second == "tea");
    CHECK(headers[1].second.find("sip:b@x") != std::string::npos);
    CHECK(headers[1].second.find_first_of("\r\n") == std::string::npos);
    const auto own = phoned::redirection_headers("sip:c@x", "sip:b@x", "user-busy");
    CHECK(own[0] == sip::extra_header{"Contact", "<sip:c@x>"});
    CHECK(own[1] == sip::extra_header{"Diversion", "<sip:b@x>;reason=user-busy;counter=1"});
}

TEST_CASE("Alert-Info chooses the ring in the guide's order: sound, Bellcore and numbers, text (RFC 3261 20.4)") {
    CHECK(ring_for("").empty());
    CHECK(ring_for("Alert-Info: <http://x/ring.wav>\n") == "http://x/ring.wav");
    CHECK(ring_for("Alert-Info: Bellcore-dr3\n") == "Bellcore-dr3");
    CHECK(ring_for("Alert-Info: Bellcore-dr3\n", false) == "Ring3.wav");
    CHECK(ring_for("Alert-Info: ringtone-5\n") == "Ring5.wav");
    CHECK(ring_for("Alert-Info: mymelody9\n") == "Silent");
    CHECK(ring_for("Alert-Info: MyMelody10\n") == "Splash");
    CHECK(ring_for("Alert-Info: ringtone-77\n") == "Ring1.wav");
    CHECK(ring_for("Alert-Info: <http://127.0.0.1>;info=family;x-line-id=0\n").empty() == false);
    CHECK(ring_for("Alert-Info: family\n") == "Ring4.wav");
    CHECK(ring_for("Alert-Info: stranger\n").empty());
}

TEST_CASE("the Bellcore rings have their rhythms") {
    CHECK(phoned::ring_cadence("Bellcore-dr2").size() == 2);
    CHECK(phoned::ring_cadence("Bellcore-dr4")[1].on_ms == 1000);
    CHECK(phoned::ring_cadence("Bellcore-dr9").empty());
    CHECK(phoned::ring_cadence("Ring1.wav").empty());
}

TEST_CASE("an intercom call asks by Alert-Info, Call-Info, or a parameter of its target") {
    CHECK_FALSE(phoned::is_intercom(invite("").view()));
    CHECK(phoned::is_intercom(invite("Alert-Info: <http://x>;info=alert-autoanswer\n").view()));
    CHECK(phoned::is_intercom(invite("Alert-Info: Auto Answer\n").view()));
    CHECK(phoned::is_intercom(invite("Call-Info: <sip:x>;answer-after=0\n").view()));
    CHECK(phoned::is_intercom(invite("", "sip:a@b;intercom=true").view()));
    CHECK_FALSE(phoned::is_intercom(invite("", "sip:a@b;intercom=false").view()));
}
