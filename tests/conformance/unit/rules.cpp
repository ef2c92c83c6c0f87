// Covers: each rule that any traffic keeps, broken once in a flow that keeps it otherwise: that it is found, and what
// is said of it. Does not cover: that conforming traffic breaks none (unit/rehearsals.cpp).
#include <doctest/doctest.h>

#include "conformance/unit/played_flow.hpp"

using namespace conformance;

namespace {

struct row {
    const char* flow;
    const char* start;  ///< of the message
    const char* hop;
    unsigned nth;
    const char *what, *by;
    const char* said;
};

void check_rows(std::initializer_list<row> rows) {
    for (const auto& r : rows) {
        CAPTURE(r.said);
        played_flow played(r.flow);
        played.edit(played.message(r.start, r.hop, r.nth), r.what, r.by);
        CHECK_SAYS(played, r.said);
    }
}

}  // namespace

TEST_CASE("a response belongs to a request of its hop and copies from it (RFC 3261 8.2.6.2, 17.1.3)") {
    check_rows({
        {"1.1", "SIP/2.0 180", "B -> P", 1, "branch=z9hG4bK2", "branch=z9hG4bKx",
         "no request with its branch z9hG4bKx passed this hop"},
        {"1.1", "SIP/2.0 180", "B -> P", 1, "From: <sip:1001@", "From: <sip:1009@", "its From is not that of F2"},
        {"1.1", "SIP/2.0 180", "B -> P", 1, "To: <sip:1002@", "To: <sip:1009@", "its To is not that of F2"},
        {"1.1", "SIP/2.0 200", "A -> P", 1, ";tag=tcall1A", ";tag=other", "its To tag is not that of F12"},
        {"1.1", "SIP/2.0 180", "B -> P", 1, ";tag=tcall1B", "", "its To has no tag"},
        {"1.1", "SIP/2.0 180", "B -> P", 1, "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n", "",
         "its Via list is not that of F2"},
    });
}

TEST_CASE("every request is answered once, and every final answer to INVITE acknowledged (RFC 3261 13.2.2.4, 17)") {
    played_flow unanswered("1.1");
    unanswered.all.messages.pop_back();
    CHECK_SAYS(unanswered, "F11: BYE B -> P passed, but it was never answered (RFC 3261 17.1)");

    played_flow unacknowledged("1.2");
    std::erase_if(unacknowledged.all.messages, [](const captured_message& m) {
        return m.text.starts_with("ACK") && m.from == "192.0.2.10:5060";
    });
    CHECK_SAYS(unacknowledged, "F5: 486 INVITE B -> P passed, but no ACK followed on this hop");

    played_flow twice("1.2");
    auto again = twice.message("SIP/2.0 486", "B -> P");
    twice.edit(again, "486 Busy Here", "603 Decline");
    again.at += seconds(0.001);
    twice.all.messages.insert(twice.all.messages.begin() + 3, again);
    CHECK_SAYS(twice, "603 INVITE B -> P came, and the flow has no place for it");

    played_flow late("1.1");
    late.all.messages.back().at += seconds(40);
    CHECK_SAYS(late, "F14: 200 BYE P -> B passed, but it came 40 s after F11 (RFC 3261 17.1.2.2)");
}

TEST_CASE("ACK and CANCEL fit their INVITE (RFC 3261 9.1, 13.2.2.4, 17.1.1.3)") {
    check_rows({
        {"1.2", "ACK", "P -> B", 1, "branch=z9hG4bK2", "branch=z9hG4bK9", "its branch is not that of F5"},
        {"1.2", "ACK", "P -> B", 1, "1 ACK", "2 ACK", "it acknowledges no response of this hop"},
        {"1.2", "ACK", "P -> B", 1, "From: <sip:1001@", "From: <sip:1009@", "its From or To is not that of F5"},
        {"1.3", "CANCEL", "A -> P", 1, "branch=z9hG4bK1", "branch=z9hG4bK9",
         "no INVITE with its branch passed this hop"},
        {"1.3", "CANCEL", "A -> P", 1, "CANCEL sip:1002@", "CANCEL sip:1003@", "its Request-URI is not that of F1"},
        {"1.3", "CANCEL", "A -> P", 1, "1 CANCEL", "2 CANCEL", "its CSeq is not that of F1"},
    });
}

TEST_CASE("requests have what every request needs (RFC 3261 8.1.1)") {
    check_rows({
        {"1.1", "INVITE", "A -> P", 1, "Max-Forwards: 70\r\n", "", "it has no Max-Forwards"},
        {"1.1", "INVITE", "A -> P", 1, "Contact: <sip:1001@192.0.2.1:5060>\r\n", "",
         "Contact names nobody; expected A"},
        {"1.1", "INVITE", "A -> P", 1, "branch=z9hG4bK1", "branch=1", "its branch has no cookie"},
        {"1.4", "INVITE", "A -> P", 2, "Content-Type: application/sdp\r\n", "", "it carries no session description"},
    });
}

TEST_CASE("what a proxy sends on is what it got (RFC 3261 16.6, 16.7)") {
    check_rows({
        {"1.1", "INVITE", "P -> B", 1, "Max-Forwards: 69", "Max-Forwards: 70",
         "its Max-Forwards is 70, not less than in F1"},
        {"1.1", "INVITE", "P -> B", 1, "a=rtpmap:101", "a=rtpmap:102", "its body is not that of F1"},
        {"1.1", "BYE", "P -> A", 1, "From: <sip:1002@", "From: <sip:1009@", "its From is not that of F11"},
        {"1.1", "SIP/2.0 180", "P -> A", 1, "Contact: <sip:1002@192.0.2.2:5060>\r\n", "",
         "its Contact is not that of F5"},
    });
    played_flow invented("1.1");
    std::erase_if(invented.all.messages, [](const captured_message& m) {
        return m.text.starts_with("BYE") && m.from == "192.0.2.2:5060";
    });
    CHECK_SAYS(
        invented, "F12: BYE P -> A passed, but the proxy sent it without having got it from anybody (RFC 3261 16.6)"
    );
}

TEST_CASE("requests within a dialog have its tags, a CSeq above the last, and go to the remote target (RFC 3261 12.2)"
) {
    check_rows({
        {"1.1", "BYE", "B -> P", 1, ";tag=tcall1A", ";tag=other", "its Call-ID and tags are those of no dialog"},
        {"1.1", "BYE", "B -> P", 1, "BYE sip:1001@192.0.2.1:5060", "BYE sip:1001@192.0.2.9:5060",
         "its Request-URI is sip:1001@192.0.2.9:5060, but the Contact in F2 is sip:1001@192.0.2.1:5060"},
    });
    played_flow counted("1.4");
    for (auto& m : counted.all.messages)
        for (const auto* method : {"INVITE", "ACK"})
            if (const auto second = fmt::format("CSeq: 2 {}", method); m.text.find(second) != std::string::npos)
                counted.edit(m, second, fmt::format("CSeq: 1 {}", method));
    CHECK_SAYS(counted, "F9: INVITE A -> P passed, but its CSeq 1 does not lie above that of F1 (RFC 3261 12.2.1.1)");
    played_flow recorded("1.1");
    recorded.edit(recorded.message("INVITE", "P -> B"), "Call-ID", "Record-Route: <sip:192.0.2.10;lr>\r\nCall-ID");
    CHECK_SAYS(
        recorded, "F11: BYE B -> P passed, but it has no Route, although Record-Route stood in F2 (RFC 3261 12.2.1.1)"
    );
}

TEST_CASE("answers fit their offers, and descriptions their predecessors (RFC 3264 6, 8)") {
    const auto with_both_hops = [](const char* flow, const char* start, const char* there, const char* on, unsigned nth,
                                   const char* what, const char* by, const char* said) {
        played_flow played(flow);
        for (const auto* hop : {there, on})
            played.edit(played.message(start, hop, nth), what, by);
        CHECK_SAYS(played, said);
    };
    with_both_hops(
        "1.1", "SIP/2.0 200", "B -> P", "P -> A", 1, "RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000",
        "RTP/AVP 18 96\r\na=rtpmap:96 telephone-event/8000", "its SDP has no codec, by the same number, of those in F2"
    );
    with_both_hops(
        "1.1", "SIP/2.0 200", "B -> P", "P -> A", 1, "RTP/AVP", "RTP/SAV", "its SDP says RTP/SAV; F2 offered RTP/AVP"
    );
    with_both_hops(
        "1.4", "INVITE", "A -> P", "P -> B", 2, "o=- 101 2", "o=- 101 1",
        "its SDP differs, but its o= line has the version of F1"
    );
    with_both_hops(
        "1.4", "INVITE", "A -> P", "P -> B", 2, "o=- 101 2", "o=- 109 2", "the session of its o= line is not that of F1"
    );
}
