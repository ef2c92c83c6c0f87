// Covers: matching messages with a flow (order, absence, surprises, facts, calls, challenge rounds, retransmissions),
// media states, and the ladder.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "conformance/check.hpp"
#include "conformance/ladder.hpp"

namespace {

using conformance::verdict;

constexpr auto busy = R"(flow t "Busy"
source "test"
parties A P B
step A dials B
  F1 A -> P INVITE sdp sendrecv, from A, to B, contact A, new-call
  F2 P -> B INVITE
  F3 B -> P 100 INVITE optional, any-order "hop by hop"
  F5 B -> P 486 INVITE
  F6 P -> A 486 INVITE
  F7 A -> P ACK any-order
  F8 P -> B ACK any-order
  media none A B
)";

constexpr auto offer =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na={}\r\n";

struct fixture {
    conformance::flow flow = std::get<conformance::flow>(conformance::parse_flow(busy));
    conformance::observer observer{{{"a", "A"}, {"p", "P"}, {"b", "B"}}};
    double clock = 1;

    std::string text(
        std::string const& start, std::string const& branch, std::string const& cseq, std::string const& body = {}
    ) {
        return fmt::format(
            "{}\r\nVia: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK{}\r\nFrom: <sip:1001@x>;tag=1\r\nTo: <sip:1002@x>\r\n"
            "Contact: <sip:1001@127.0.0.1>\r\nCall-ID: c1\r\nCSeq: {}\r\nContent-Type: "
            "application/sdp\r\nContent-Length: {}\r\n\r\n{}",
            start, branch, cseq, body.size(), body
        );
    }
    void pass(std::string_view from, std::string_view to, std::string const& message) {
        std::string const address(1, static_cast<char>(to[0] + 32));
        REQUIRE(observer.add(from, conformance::seconds(clock += 0.01), true, address, message));
    }
    void request(
        std::string_view from, std::string_view to, std::string const& method, std::string const& branch,
        std::string const& body = {}
    ) {
        pass(from, to, text(method + " sip:1002@x SIP/2.0", branch, "1 " + method, body));
    }
    void response(std::string_view from, std::string_view to, int status, std::string const& branch) {
        pass(from, to, text(fmt::format("SIP/2.0 {} X", status), branch, "1 INVITE"));
    }
    void play_busy() {
        request("A", "P", "INVITE", "a", fmt::format(fmt::runtime(offer), "sendrecv"));
        request("P", "B", "INVITE", "b");
        response("B", "P", 486, "b");
        request("P", "B", "ACK", "b");
        response("P", "A", 486, "a");
        request("A", "P", "ACK", "a");
    }
    std::vector<conformance::media_measurement> silence{
        {0, "A", "B", 0, false, {}, false}, {0, "B", "A", 0, false, {}, false}};
    conformance::report check() {
        return conformance::check(flow, observer.messages(), silence, {{"A", "1001"}, {"B", "1002"}});
    }
    std::string first_explanation(conformance::report const& r) {
        for (auto const& m : r.messages)
            if (m.what != verdict::matches && m.what != verdict::not_seen_but_allowed) return m.explanation;
        for (auto const& m : r.media)
            if (m.what != verdict::matches) return m.explanation;
        return {};
    }
};

}  // namespace

TEST_CASE_FIXTURE(fixture, "a flow that passes as written matches, whichever way hop-by-hop messages are ordered") {
    play_busy();
    auto const r = check();
    CHECK_MESSAGE(r.matches(), first_explanation(r));
}

TEST_CASE_FIXTURE(fixture, "a message that does not come is missing, and what came instead is named") {
    request("A", "P", "INVITE", "a", fmt::format(fmt::runtime(offer), "sendrecv"));
    request("P", "B", "INVITE", "b");
    response("B", "P", 480, "b");
    auto const r = check();
    CHECK_FALSE(r.matches());
    CHECK(first_explanation(r).find("480") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "a wrong direction is explained with what was expected") {
    request("A", "P", "INVITE", "a", fmt::format(fmt::runtime(offer), "sendonly"));
    CHECK(first_explanation(check()).find("its SDP says sendonly; expected sendrecv") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "a message too many is reported") {
    play_busy();
    request("P", "B", "BYE", "x");
    CHECK(first_explanation(check()).find("no place for it") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "messages in another order than printed are reported") {
    request("P", "B", "INVITE", "b");
    request("A", "P", "INVITE", "a", fmt::format(fmt::runtime(offer), "sendrecv"));
    response("B", "P", 486, "b");
    response("P", "A", 486, "a");
    request("A", "P", "ACK", "a");
    request("P", "B", "ACK", "b");
    CHECK_FALSE(check().matches());
}

TEST_CASE_FIXTURE(fixture, "a response whose branch belongs to no request is reported") {
    request("A", "P", "INVITE", "a", fmt::format(fmt::runtime(offer), "sendrecv"));
    request("P", "B", "INVITE", "b");
    response("B", "P", 486, "zzz");
    CHECK(first_explanation(check()).find("branch") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "retransmissions count as one message, and a challenge round as none of the guide's") {
    request("A", "P", "INVITE", "0", fmt::format(fmt::runtime(offer), "sendrecv"));
    response("P", "A", 407, "0");
    request("A", "P", "ACK", "0");
    play_busy();
    auto const before = observer.messages().size();
    request("A", "P", "ACK", "a");
    CHECK(observer.messages().size() == before);
    auto const r = check();
    CHECK_MESSAGE(r.matches(), first_explanation(r));
    CHECK(r.unprinted() == 3);
}

TEST_CASE_FIXTURE(fixture, "media where none may run, and silence where media must, are both reported") {
    play_busy();
    silence[0].packets = 3;
    CHECK(first_explanation(check()).find("3 RTP packets passed from A to B") != std::string::npos);

    flow.steps[0].media[0].what = conformance::expected_media::kind::both_ways;
    CHECK(first_explanation(check()).find("did not hear") != std::string::npos);
    silence[0].heard = silence[1].heard = true;
    CHECK(first_explanation(check()).find("A received no RTP from B") != std::string::npos);
    silence[1].packets = 5;
    CHECK(check().matches());
}

TEST_CASE_FIXTURE(fixture, "ring-back that nobody could hear counts neither as heard nor as missing") {
    play_busy();
    flow.steps[0].media.push_back({conformance::expected_media::kind::ring_back, {}, "A", {}});
    silence.push_back({0, {}, "A", 0, false, {}, true});
    CHECK(first_explanation(check()) == "A hears no ring-back tone ()");
    silence.back().is_deaf = true;
    CHECK(check().matches());
    CHECK(draw_ladder(flow, check(), conformance::colours::off).find("(1 not measured)") != std::string::npos);
}

TEST_CASE_FIXTURE(fixture, "the ladder shows every message with its number and verdict") {
    play_busy();
    auto const r = check();
    auto const ladder = conformance::draw_ladder(flow, r, conformance::colours::off);
    for (auto const* piece :
         {"F1 INVITE", "F3 100 INVITE", "not sent, which is allowed", "F5 486 INVITE", "<", ">", "no RTP", "MATCHES"})
        CHECK_MESSAGE(ladder.find(piece) != std::string::npos, ladder);
    CHECK(ladder.find("\x1b") == std::string::npos);
}
