// Covers: matching messages with a flow (order, absence, surprises, facts, calls, challenge rounds, retransmissions,
// time bounds), media states, how each difference is explained, and the ladder. Does not cover: the rules that any
// traffic keeps (unit/rules.cpp).
#include <doctest/doctest.h>
#include <fmt/ranges.h>

#include "conformance/capture/judge.hpp"
#include "conformance/ladder.hpp"
#include "conformance/unit/played_flow.hpp"

namespace {

using namespace conformance;

std::vector<media_measurement> silence() {
    media_measurement there, back;
    there.from = back.to = "A";
    there.to = back.from = "B";
    return {there, back};
}

expected_media between(expected_media::kind what) {
    expected_media e;
    e.what = what;
    e.from = "A";
    e.to = "B";
    return e;
}

}  // namespace

TEST_CASE("a message that does not come is missing, and what came instead is named") {
    played_flow played("1.2");
    for (auto* hop : {"B -> P", "P -> A"})
        played.edit(played.message("SIP/2.0 486", hop), "486 Busy Here", "480 Nobody");
    CHECK_SAYS(played, "F5: 486 (INVITE) B -> P did not come; 480 Nobody came instead");
}

TEST_CASE("a wrong direction is explained by the offer that it answers (RFC 3264 6.1)") {
    played_flow played("1.4");
    for (auto* hop : {"B -> P", "P -> A"})
        played.edit(played.message("SIP/2.0 200", hop, 2), "a=recvonly", "a=sendrecv");
    CHECK_SAYS(played, "F12: 200 (INVITE) P -> A passed, but its SDP says sendrecv; expected recvonly or inactive");
    // Where the flow leaves the direction open, the rule itself explains.
    for (auto& step : played.f.steps)
        for (auto& m : step.messages)
            m.facts.clear();
    CHECK_SAYS(
        played,
        "passed, but its SDP says sendrecv; expected recvonly or inactive because F10 offered sendonly (RFC 3264 6.1)"
    );
}

TEST_CASE("a message too many is reported") {
    played_flow played("1.2");
    auto again = played.message("ACK", "A -> P");
    again.at += seconds(0.1);
    played.edit(again, "ACK sip", "OPTIONS sip");
    played.edit(again, "1 ACK", "9 OPTIONS");
    played.all.messages.push_back(again);
    CHECK_SAYS(played, "OPTIONS A -> P came, and the flow has no place for it");
}

TEST_CASE("messages in another order than printed are reported") {
    played_flow played("1.5");
    // The waiting call is answered before the hold is.
    auto& answer = played.message("SIP/2.0 200", "A -> P");
    answer.at = played.message("INVITE", "A -> P", 2).at - seconds(0.01);
    sort_by_time(played.all.messages);
    CHECK_SAYS(played, "F19: 200 (INVITE) A -> P passed, but it came before F16");
}

TEST_CASE("a call that uses another's Call-ID, and one that does not where it should, are reported") {
    played_flow played("1.11");
    for (auto& m : played.all.messages)
        if (const auto at = m.text.find("Call-ID: call2"); at != std::string::npos)
            m.text.replace(at, 14, "Call-ID: call1");
    CHECK_SAYS(played, "F15: INVITE A -> P passed, but its Call-ID is not new");
}

TEST_CASE("what comes too late or too soon is reported with the time that it took") {
    played_flow played("1.10");
    const auto moved = played.message("SIP/2.0 302", "B -> P").at;
    for (auto& m : played.all.messages)
        if (m.at >= moved) m.at -= seconds(5);
    CHECK_SAYS(played, "F5: 302 (INVITE) B -> P passed, but it came 1.0 s after F4; expected 4 s at least");
    for (auto& m : played.all.messages)
        if (m.at >= moved - seconds(5)) m.at += seconds(100);
    CHECK_SAYS(played, "expected 70 s at most");
}

TEST_CASE("a transfer's facts are told: whom Refer-To names, which call Replaces names, what a NOTIFY tells") {
    played_flow blind("1.6");
    for (auto* hop : {"B -> P", "P -> A"})
        blind.edit(blind.message("REFER", hop), "Refer-To: <sip:1003@", "Refer-To: <sip:1001@");
    CHECK_SAYS(blind, "F9: REFER B -> P passed, but Refer-To names '1001'; expected C ('1003')");

    played_flow attended("1.7");
    for (auto* hop : {"B -> P", "P -> C"})
        attended.edit(attended.message("INVITE", hop, hop[0] == 'P' ? 2 : 1), "Replaces: call2", "Replaces: call1");
    CHECK_SAYS(attended, "Replaces names the call call1; expected call 2, which is call2");

    played_flow refused("transfer-refused");
    for (auto* hop : {"A -> P", "P -> B"})
        refused.edit(refused.message("NOTIFY", hop), "SIP/2.0 486", "SIP/2.0 200");
    CHECK_SAYS(refused, "its body tells 200; expected 486 (RFC 3515 2.4.5)");
}

TEST_CASE("retransmissions count as one message, and a challenge round as none of the guide's (RFC 3261 17, 22)") {
    played_flow played("1.2");
    auto again = played.message("INVITE", "A -> P");
    again.at += seconds(0.001);
    played.all.messages.insert(played.all.messages.begin() + 1, again);
    CHECK_MESSAGE(played.result().matches(), played.differences());

    auto challenged = played.message("INVITE", "A -> P"), challenge = challenged, acknowledged = challenged;
    played.edit(challenged, "branch=z9hG4bK1", "branch=z9hG4bK0");
    played.edit(challenged, "Call-ID: call1\r\nCSeq: 1 ", "Call-ID: call1\r\nCSeq: 0 ");
    challenge.text = challenged.text.substr(challenged.text.find("\r\n"));
    challenge.text = "SIP/2.0 407 Proxy Authentication Required" +
                     challenge.text.substr(0, challenge.text.find("Content-Type")) + "Content-Length: 0\r\n\r\n";
    played.edit(challenge, "To: <sip:1002@192.0.2.10>", "To: <sip:1002@192.0.2.10>;tag=p");
    std::swap(challenge.from, challenge.to);
    acknowledged.text = challenge.text;
    played.edit(acknowledged, "SIP/2.0 407 Proxy Authentication Required", "ACK sip:1002@192.0.2.10 SIP/2.0");
    played.edit(acknowledged, "0 INVITE", "0 ACK");
    unsigned place = 0;
    for (auto* m : {&challenged, &challenge, &acknowledged}) {
        m->at -= seconds(0.3 - 0.1 * place);
        played.all.messages.insert(played.all.messages.begin() + place++, *m);
    }
    CHECK_MESSAGE(played.result().matches(), played.differences());
    CHECK(played.result().unprinted() == 3);
}

TEST_CASE("media where none may run, and silence where media must, are both reported") {
    auto measured = silence();
    const auto none = between(expected_media::kind::silence), both = between(expected_media::kind::both_ways);
    CHECK(check_media(0, none, measured).matches);
    measured[0].packets = 3;
    CHECK(check_media(0, none, measured).text.find("3 RTP packets passed from A to B") != std::string::npos);
    CHECK(check_media(0, both, measured).text.find("did not hear") != std::string::npos);
    measured[0].heard = measured[1].heard = true;
    CHECK(check_media(0, both, measured).text.find("A received no RTP from B") != std::string::npos);
    measured[1].packets = 5;
    CHECK(check_media(0, both, measured).matches);
    CHECK_FALSE(check_media(1, both, measured).matches);
}

TEST_CASE("music on hold is something to hear that is not the holder's voice") {
    auto measured = silence();
    const auto music = between(expected_media::kind::music);
    CHECK_FALSE(check_media(0, music, measured).matches);
    measured[0].packets = 50;
    measured[0].is_something = true;
    CHECK(check_media(0, music, measured).matches);
    measured[0].heard = true;
    CHECK(check_media(0, music, measured).text.find("hears the voice of A") != std::string::npos);
}

TEST_CASE("ring-back that nobody could hear counts neither as heard nor as missing") {
    auto e = between(expected_media::kind::ring_back);
    std::swap(e.from, e.to);
    media_measurement tone;
    tone.to = "A";
    tone.is_ring_back = true;
    CHECK(check_media(0, e, {tone}).text.starts_with("A hears no ring-back tone"));
    tone.is_unmeasured = true;
    CHECK(check_media(0, e, {tone}).matches);
    CHECK_FALSE(check_media(0, e, {tone}).was_measured);
    CHECK(
        draw_ladder(flow_named("1.1"), played_flow("1.1").result(), colours::off).find("(2 not measured)") !=
        std::string::npos
    );
}

TEST_CASE(
    "a device that nobody can listen at is judged by what it sends, and by what is sent to it where nothing may be"
) {
    auto measured = silence();
    const auto none = between(expected_media::kind::silence), both = between(expected_media::kind::both_ways);
    auto &to_device = measured[0], &from_device = measured[1];
    to_device.is_departure = from_device.is_voice_unknown = true;
    CHECK(check_media(0, none, measured).was_measured);
    CHECK(check_media(0, none, measured).matches);
    to_device.packets = 2;
    CHECK(check_media(0, none, measured).text.find("2 RTP packets were sent from A to B") != std::string::npos);
    CHECK(check_media(0, both, measured).text.find("A received no RTP from B") != std::string::npos);
    from_device.packets = 30;
    CHECK(check_media(0, both, measured).matches);
    CHECK_FALSE(check_media(0, both, measured).was_measured);
    CHECK(check_media(0, both, measured).text.find("A receives RTP from B") != std::string::npos);
}

TEST_CASE("packets that pass where none may are found although nobody can tell of the other direction") {
    auto measured = silence();
    measured[0].is_unmeasured = true;
    const auto none = between(expected_media::kind::silence);
    CHECK(check_media(0, none, measured).matches);
    CHECK_FALSE(check_media(0, none, measured).was_measured);
    measured[1].packets = 3;
    CHECK_FALSE(check_media(0, none, measured).matches);
}

TEST_CASE("in a conference each hears the sum of the others, by likeness of the streams in a capture") {
    played_flow played("1.11");
    const auto before = played.all.packets;
    const auto from_to = [](const captured_packet& p, char from, char to) {
        return p.from.starts_with(fmt::format("192.0.2.{}:", from - 'A' + 1)) &&
               p.to.starts_with(fmt::format("192.0.2.{}:", to - 'A' + 1));
    };
    // What A sends to B becomes what C sends to A: B does not hear A any more. And the other way round.
    for (const char kept : {'C', 'B'}) {
        played.all.packets = before;
        const char other = kept == 'C' ? 'B' : 'C';
        std::vector<std::vector<std::byte>> voice;
        for (const auto& p : played.all.packets)
            if (from_to(p, kept, 'A')) voice.push_back(p.bytes);
        std::size_t next = voice.size() - 25;  // those of the conference come last
        for (auto& p : played.all.packets)
            if (from_to(p, 'A', other) && p.at >= played.all.packets.back().at - seconds(0.5) && next < voice.size())
                p.bytes = voice[next++];
        // Whose voice is missing cannot be told where A's two streams have nothing in common.
        CHECK_SAYS(played, "received 25 packets from A, but did not hear it");
    }
}

TEST_CASE("the ladder shows every message with its number and verdict") {
    const played_flow played("1.2");
    const auto ladder = draw_ladder(played.f, played.result(), colours::off);
    for (const auto* piece :
         {"F1 INVITE", "F3 100 INVITE", "not sent, which is allowed", "F5 486 INVITE", "<", ">", "no RTP", "MATCHES"})
        CHECK_MESSAGE(ladder.find(piece) != std::string::npos, ladder);
    CHECK(ladder.find("\x1b") == std::string::npos);
}
