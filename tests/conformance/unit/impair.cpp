// Covers: what --impair takes, what a hop does to datagrams and connections for a seed, the ports in messages that pass
// a relay, and what a lost message excuses. Not covered: the sockets of the relay (flows_impaired plays flows over it).
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "conformance/capture/judge.hpp"
#include "conformance/impair/hop.hpp"
#include "conformance/impair/losses.hpp"
#include "conformance/impair/port_names.hpp"
#include "conformance/unit/rehearsal.hpp"

using namespace conformance;
using namespace std::chrono_literals;

namespace {

impairment read_one(const char* text) {
    const auto read = read_impairments(text);
    REQUIRE(std::holds_alternative<std::vector<impairment>>(read));
    return std::get<std::vector<impairment>>(read).front();
}

/// When the copies of 1000 datagrams arrive, of which one is sent each 20 ms.
std::vector<std::vector<relay_time>> send_a_thousand(datagram_hop& hop) {
    std::vector<std::vector<relay_time>> out;
    for (int i = 0; i != 1000; ++i)
        out.push_back(hop.send(i * 20ms));
    return out;
}

}  // namespace

TEST_CASE("an impairment is read from its words, once for each seed") {
    const auto read = read_impairments("loss=10,jitter=30,seed=3-5");
    REQUIRE(std::holds_alternative<std::vector<impairment>>(read));
    const auto& all = std::get<std::vector<impairment>>(read);
    REQUIRE(all.size() == 3);
    CHECK(all.back().in_words() == "loss=10,jitter=30,seed=5");
    CHECK(all.back().jitter == 30ms);
}

TEST_CASE("what is no impairment is refused in words") {
    for (const auto& [text, problem] : {
             std::pair("lost=10", "there is no impairment 'lost'"),
             {"loss=110", "expected a whole number of percent"},
             {"loss", "expected NAME=NUMBER"},
             {"delay=-1", "expected a whole number of milliseconds"},
             {"loss=1,seed=5-3", "expected a number, or a span"},
             {"seed=7", "impairs nothing"},
         }) {
        const auto read = read_impairments(text);
        REQUIRE(std::holds_alternative<std::string>(read));
        CHECK_MESSAGE(std::get<std::string>(read).find(problem) != std::string::npos, std::get<std::string>(read));
    }
}

TEST_CASE("a hop loses, doubles and delays as much as it is told, and the same for the same seed and name") {
    const auto what = read_one("loss=10,dup=5,delay=20,jitter=10,seed=7");
    datagram_hop one(what, "A -> P"), again(what, "A -> P"), other(what, "P -> A");
    const auto arrivals = send_a_thousand(one);
    CHECK(send_a_thousand(again) == arrivals);
    CHECK(send_a_thousand(other) != arrivals);
    const auto& counted = one.tally();
    CHECK(counted.sent == 1000);
    CHECK(counted.lost > 70);
    CHECK(counted.lost < 130);
    CHECK(counted.doubled > 25);
    CHECK(counted.doubled < 70);
    CHECK(
        counted.lost == static_cast<std::uint64_t>(std::count_if(
                            arrivals.begin(), arrivals.end(), [](const auto& each) { return each.empty(); }
                        ))
    );
    for (std::size_t i = 0; i != arrivals.size(); ++i)
        if (!arrivals[i].empty()) {
            const auto late = arrivals[i].front() - static_cast<int>(i) * 20ms;
            CHECK(late >= 20ms);
            CHECK(late <= 30ms);
        }
}

TEST_CASE("what is held back is overtaken, and counted") {
    datagram_hop hop(read_one("reorder=10"), "media A -> B");
    std::uint64_t overtaken = 0;
    relay_time latest{};
    for (const auto& each : send_a_thousand(hop)) {
        REQUIRE(each.size() == 1);
        overtaken += each.front() < latest ? 1U : 0U;
        latest = std::max(latest, each.front());
    }
    CHECK(overtaken > 50);
    CHECK(hop.tally().overtaken == overtaken);
    CHECK(hop.tally().impaired());
}

TEST_CASE("a hop that was told nothing of datagrams changes none, and says so") {
    datagram_hop hop(read_one("stall=10"), "A -> P");
    for (const auto& each : send_a_thousand(hop))
        CHECK(each.size() == 1);
    CHECK_FALSE(hop.tally().impaired());
}

TEST_CASE("what a connection carries arrives once, in order, some of it late and in parts") {
    stream_hop hop(read_one("stall=20,split=50,reset=30,seed=4"), "connection 1 -> P");
    relay_time latest{};
    for (int i = 0; i != 500; ++i) {
        std::size_t arrived = 0;
        for (const auto& part : hop.send(i * 100ms, 400)) {
            CHECK(part.size > 0);
            CHECK(part.at >= std::max<relay_time>(latest, i * 100ms));
            latest = part.at;
            arrived += part.size;
        }
        CHECK(arrived == 400);
    }
    std::uint64_t resets = 0;
    for (int i = 0; i != 100; ++i)
        resets += hop.resets() ? 1U : 0U;
    CHECK(resets > 15);
    CHECK(resets < 45);
    CHECK(hop.tally().resets == resets);
    CHECK(hop.tally().stalled > 50);
    CHECK(hop.tally().split > 200);
}

TEST_CASE("a message that passes a relay names the relay's ports where it is directed by them, and keeps its length") {
    const std::string message =
        "INVITE sip:1002@127.0.0.1:12004 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:12000;branch=z9hG4bK12002;rport=12002\r\n"
        "Record-Route: <sip:127.0.0.1:12000;lr>\r\n"
        "From: <sip:1001@127.0.0.1:12000>;tag=12002\r\n"
        "Call-ID: 12002\r\nCSeq: 12002 INVITE\r\n"
        "Contact: <sip:1001@127.0.0.1:12002>\r\n\r\n"
        "o=- 12002 12002 IN IP4 127.0.0.1\r\nm=audio 12002 RTP/AVP 0\r\na=rtcp:12003\r\n";
    const auto renamed = with_ports_renamed(message, "127.0.0.1", [](std::uint16_t port, bool is_route) {
        if (port == 12000 && !is_route) return port;  // the domain of all users
        return static_cast<std::uint16_t>(port + 800);
    });
    CHECK(
        renamed ==
        "INVITE sip:1002@127.0.0.1:12804 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:12800;branch=z9hG4bK12002;rport=12802\r\n"
        "Record-Route: <sip:127.0.0.1:12800;lr>\r\n"
        "From: <sip:1001@127.0.0.1:12000>;tag=12002\r\n"
        "Call-ID: 12002\r\nCSeq: 12002 INVITE\r\n"
        "Contact: <sip:1001@127.0.0.1:12802>\r\n\r\n"
        "o=- 12002 12002 IN IP4 127.0.0.1\r\nm=audio 12802 RTP/AVP 0\r\na=rtcp:12803\r\n"
    );
    CHECK(renamed.size() == message.size());
}

TEST_CASE("a message without a body, or with a port that is no port of five digits, stays as it is") {
    for (const auto* text :
         {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z\r\n\r\n", "127.0.0.1:", "127.0.0.1:123456", "",
          "m=audio 12000", "127.0.0.1:99999\r\n"})
        CHECK(with_ports_renamed(text, "127.0.0.1", [](std::uint16_t, bool) { return std::uint16_t{12800}; }) == text);
}

TEST_CASE("a provisional answer that was lost is excused, and what is sent again is not (RFC 3261 13.3.1.1)") {
    const auto f = flow_named("1.1");
    auto all = rehearse(f);
    std::vector<lost_message> lost;
    const auto lose = [&](std::string_view begins) {
        const auto at = std::find_if(all.messages.begin(), all.messages.end(), [&](const captured_message& m) {
            return m.text.starts_with(begins);
        });
        REQUIRE(at != all.messages.end());
        lost.push_back({"P", "A", at->text});
        // On both hops, as if the callee's had been lost on its first.
        std::erase_if(all.messages, [&](const captured_message& m) { return m.text.starts_with(begins); });
    };
    const auto judged = [&](const std::vector<lost_message>& known) {
        auto result = std::get<judgement>(judge(all, with_excuses(f, known))).result;
        judge_excuses(result, known);
        return result;
    };
    lose("SIP/2.0 180");
    CHECK(judged({}).missing() == 2);
    CHECK(judged(lost).matches());
    auto of_another_call = lost;
    auto& text = of_another_call.front().text;
    text.insert(text.find("\r\nCall-ID: ") + 11, "another-");
    CHECK(judged(of_another_call).missing() == 2);

    lose("BYE");
    CHECK(judged(lost).missing() > 0);
}

TEST_CASE("a 100 that the final answer has overtaken is passed over, and no other (RFC 3261 17.1.1.2)") {
    const auto f = flow_named("1.1");
    auto all = rehearse(f);
    const auto begins = [](std::string_view text) {
        return [text](const captured_message& m) { return m.text.starts_with(text); };
    };
    const auto answer = *std::find_if(all.messages.begin(), all.messages.end(), begins("SIP/2.0 200"));
    auto trying = answer;
    trying.text.replace(0, trying.text.find("\r\n"), "SIP/2.0 100 Trying");
    trying.at -= seconds(1);
    all.messages = {trying, answer};
    const cast who{{{answer.from, "B"}, {answer.to, "P"}}, {}, {}};
    auto seen = observe(all, who);
    CHECK(without_overtaken(seen).size() == 2);
    seen.front().at += seconds(2);
    CHECK(without_overtaken(seen).size() == 1);
}
