// Covers: what an INVITE says about ringing and about answering by itself, in the forms of the RFCs and of the field.
#include "sip/usage/alerting.hpp"

#include <string>

#include "message_text.hpp"
#include "sip/usage/cause.hpp"

namespace {

struct fixture {
    test::message_maker m;
    sip::message invite;
    sip::alerting read(std::string const& headers) {
        invite = m.request(headers);
        return sip::alerting_of(invite.view());
    }
};

}  // namespace

TEST_CASE("Every way to ask for an answer at once is understood (RFC 3261 20.4, 20.9)") {
    fixture f;
    for (std::string const text :
         {"Call-Info: <sip:here>;answer-after=0", "Call-Info: <http://x/icon.png>;purpose=icon, <sip:x>;answer-after=0",
          "Alert-Info: Auto Answer", "Alert-Info: <http://127.0.0.1>;info=alert-autoanswer", "Alert-Info: Intercom",
          "Alert-Info: <http://x>;answer-after=0", "Alert-Info: ;answer-after=0", "Alert-Info: answer-after=0",
          "Alert-Info: <http://x>;info=ALERT-AUTOANSWER;delay=0"}) {
        CAPTURE(text);
        CHECK(f.read(text + "\n").answer_after == 0);
    }
    CHECK(f.read("Call-Info: <sip:x>;answer-after=5\nAlert-Info: Auto Answer\n").answer_after == 5);
    CHECK(!f.read("Call-Info: <http://x/icon.png>;purpose=icon\nAlert-Info: <http://x/ring.wav>\n").answer_after);
    CHECK(!f.read("Call-Info: <sip:x>;answer-after=soon\n").answer_after);
    CHECK(!f.read("").answer_after);
}

TEST_CASE("Rings are told by Bellcore name, sound, text and alert URN (RFC 3261 20.4, RFC 7462 3)") {
    fixture f;
    CHECK(f.read("Alert-Info: Bellcore-dr2\n").bellcore == 2);
    CHECK(f.read("Alert-Info: <http://127.0.0.1/bellcore-DR5>\n").bellcore == 5);
    CHECK(f.read("Alert-Info: Bellcore-dr9\n").bellcore == 0);
    CHECK(f.read("Alert-Info: Bellcore-dr9\n").word == "Bellcore-dr9");
    CHECK(f.read("Alert-Info: ringtone-3\n").word == "ringtone-3");
    auto const many = f.read(
        "Alert-Info: <urn:alert:source:external>;info=text, <http://x/a.wav>\nAlert-Info: <urn:alert:priority:high>\n"
    );
    CHECK(many.info == "text");
    REQUIRE(many.urns.size() == 2);
    CHECK(many.urns[1] == "urn:alert:priority:high");
    REQUIRE(many.sounds.size() == 1);
    CHECK(many.sounds[0] == "http://x/a.wav");
}

TEST_CASE("What a peer lists without end is bounded, and what cannot be read is passed over") {
    fixture f;
    std::string headers;
    for (int i = 0; i < 50; ++i)
        headers +=
            "Alert-Info: <http://x/" + std::to_string(i) + ">\nAlert-Info: <urn:alert:x:" + std::to_string(i) + ">\n";
    auto const many = f.read(headers);
    CHECK(many.sounds.size() == sip::alerting::most);
    CHECK(many.urns.size() == sip::alerting::most);
    CHECK(f.read("Alert-Info: <http://unclosed\nAlert-Info: Bellcore-dr1\n").bellcore == 1);
}

TEST_CASE("A CANCEL tells that another phone has answered (RFC 3326 3.1)") {
    test::message_maker m;
    auto const cancel = [&](std::string const& reason) { return m.request(reason, "<sip:a@b>", "CANCEL"); };
    CHECK(sip::was_answered_elsewhere(cancel("Reason: SIP;cause=200;text=\"Call completed elsewhere\"\n").view()));
    CHECK(sip::was_answered_elsewhere(cancel("Reason: Q.850;cause=26, SIP;cause=200\n").view()));
    CHECK(!sip::was_answered_elsewhere(cancel("").view()));
    CHECK(!sip::was_answered_elsewhere(cancel("Reason: SIP;cause=480\n").view()));
    CHECK(!sip::was_answered_elsewhere(cancel("Reason: Q.850;cause=200\n").view()));
    CHECK(sip::sip_cause_of(m.request("Reason: SIP;cause=600\n", "<sip:a@b>", "BYE").view()) == 600);
}
