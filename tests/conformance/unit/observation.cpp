// Covers: putting traces of several programs together: whose an address is, the order of cause and effect, and copies
// of messages that a proxy sends to a capture socket.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/json.hpp>

#include "conformance/hep.hpp"
#include "conformance/observation.hpp"
#include "conformance/run/registrations.hpp"

namespace {

using namespace conformance;

std::string message(std::string_view start, std::string_view cseq) {
    return fmt::format(
        "{}\r\nVia: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK1\r\nFrom: <sip:1001@x>;tag=1\r\nTo: <sip:1002@x>\r\n"
        "Call-ID: c1\r\nCSeq: {}\r\nContent-Length: 0\r\n\r\n",
        start, cseq
    );
}

std::string proxy_line(double at, std::string_view direction, std::string_view remote, std::string_view text) {
    return boost::json::serialize(boost::json::object{
        {"time", at}, {"direction", direction}, {"local", "p"}, {"remote", remote}, {"text", text}});
}

void append(std::string& to, std::uint64_t value, int bytes) {
    while (bytes-- > 0)
        to += static_cast<char>(value >> (8 * bytes) & 0xFF);
}

void chunk(std::string& to, unsigned type, std::uint64_t value, int bytes) {
    append(to, 0, 2);
    append(to, type, 2);
    append(to, static_cast<std::uint64_t>(6 + bytes), 2);
    append(to, value, bytes);
}

std::string hep_packet(unsigned from_port, unsigned to_port, std::string_view text) {
    std::string chunks;
    chunk(chunks, 3, 0x7F000001, 4);
    chunk(chunks, 4, 0x7F000001, 4);
    chunk(chunks, 7, from_port, 2);
    chunk(chunks, 8, to_port, 2);
    chunk(chunks, 9, 1000, 4);
    chunk(chunks, 10, 500000, 4);
    chunk(chunks, 11, 1, 1);
    append(chunks, 0, 2);
    append(chunks, 15, 2);
    append(chunks, 6 + text.size(), 2);
    chunks += text;
    std::string out = "HEP3";
    append(out, 6 + chunks.size(), 2);
    return out + chunks;
}

std::string line_of(const std::string& packet) {
    return line_of_hep({reinterpret_cast<const unsigned char*>(packet.data()), packet.size()}, "127.0.0.1:5060");
}

}  // namespace

TEST_CASE("who is registered where is what the proxy answered last to REGISTER (RFC 3261 10.3)") {
    registrations all;
    const auto answer = [](std::string_view start, std::string_view more) {
        auto text = message(start, "1 REGISTER");
        return text.insert(text.find("Call-ID"), more);
    };
    all.note(proxy_line(1, "out", "192.0.2.1:5060", answer("SIP/2.0 401 Unauthorized", "")));
    all.note(proxy_line(1, "out", "192.0.2.1:5060", message("SIP/2.0 200 OK", "1 INVITE")));
    all.note("no JSON that says REGISTER");
    CHECK_FALSE(all.address_of("1002"));
    all.note(proxy_line(2, "out", "192.0.2.1:5060", answer("SIP/2.0 200 OK", "Contact: <sip:1002@192.0.2.1>\r\n")));
    CHECK(all.address_of("1002") == "192.0.2.1:5060");
    all.note(proxy_line(3, "out", "192.0.2.1:7000", answer("SIP/2.0 200 OK", "Contact: <sip:1002@192.0.2.1>\r\n")));
    CHECK(all.address_of("1002") == "192.0.2.1:7000");
    CHECK_FALSE(all.address_of("1001"));
    all.note(proxy_line(4, "out", "192.0.2.1:7000", answer("SIP/2.0 200 OK", "")));
    CHECK_FALSE(all.address_of("1002"));
}

TEST_CASE("an unknown address in the proxy's trace is the stranger's until a phone's trace says whose it is") {
    observer seen(party_map{{"p", "P"}});
    seen.set_stranger("B");
    REQUIRE(seen.add("P", proxy_line(1, "out", "x:1", message("BYE sip:1 SIP/2.0", "2 BYE"))));
    REQUIRE(seen.add("P", proxy_line(2, "out", "x:2", message("INVITE sip:2 SIP/2.0", "1 INVITE"))));
    REQUIRE(seen.messages().size() == 2);
    CHECK(seen.messages()[0].to == "B");
    seen.add_address("x:1", "A");  // which traces by itself
    REQUIRE(seen.messages().size() == 1);
    CHECK(summary(seen.messages()[0].message.view()) == "INVITE");
}

TEST_CASE("what happened before the flow began is none of it, however late its trace comes") {
    observer seen(party_map{{"p", "P"}, {"b", "B"}});
    REQUIRE(seen.add("P", proxy_line(1, "out", "b", message("SIP/2.0 200 OK", "1 REGISTER"))));
    seen.begin(conformance::seconds(2));
    CHECK_FALSE(seen.add("P", proxy_line(1.9, "out", "b", message("SIP/2.0 200 OK", "2 REGISTER"))));
    CHECK(seen.messages().empty());
    CHECK(seen.add("P", proxy_line(2, "out", "b", message("SIP/2.0 200 OK", "3 REGISTER"))));
}

TEST_CASE("a response never stands before its request, nor an ACK before the answer") {
    observer seen(party_map{{"p", "P"}, {"b", "B"}});
    REQUIRE(seen.add("P", proxy_line(1.0003, "out", "b", message("INVITE sip:2 SIP/2.0", "1 INVITE"))));
    REQUIRE(seen.add("P", proxy_line(1.0001, "in", "b", message("SIP/2.0 200 OK", "1 INVITE"))));
    REQUIRE(seen.add("P", proxy_line(2.0003, "out", "b", message("SIP/2.0 200 OK", "5 INVITE"))));
    REQUIRE(seen.add("P", proxy_line(2.0001, "in", "b", message("ACK sip:1 SIP/2.0", "5 ACK"))));
    const auto all = seen.messages();
    REQUIRE(all.size() == 4);
    CHECK(summary(all[0].message.view()) == "INVITE");
    CHECK(summary(all[1].message.view()) == "200 INVITE");
    CHECK(summary(all[2].message.view()) == "200 INVITE");
    CHECK(summary(all[3].message.view()) == "ACK");
}

TEST_CASE("the ACK of a refusal, which has the branch of its INVITE, causes no response") {
    observer seen(party_map{{"p", "P"}, {"b", "B"}});
    REQUIRE(seen.add("P", proxy_line(1.0001, "out", "b", message("INVITE sip:2 SIP/2.0", "1 INVITE"))));
    REQUIRE(seen.add("P", proxy_line(1.0002, "in", "b", message("SIP/2.0 100 Trying", "1 INVITE"))));
    REQUIRE(seen.add("P", proxy_line(1.0003, "in", "b", message("SIP/2.0 486 Busy Here", "1 INVITE"))));
    REQUIRE(seen.add("P", proxy_line(1.0004, "out", "b", message("ACK sip:2 SIP/2.0", "1 ACK"))));
    const auto all = seen.messages();
    REQUIRE(all.size() == 4);
    CHECK(summary(all[1].message.view()) == "100 INVITE");
    CHECK(summary(all[3].message.view()) == "ACK");
    CHECK(all[3].at.count() == 1.0004);
}

TEST_CASE("a captured message becomes a line of the proxy's trace, in either direction") {
    const auto sent = boost::json::parse(line_of(hep_packet(5060, 5062, "BYE"))).as_object();
    CHECK(sent.at("direction") == "out");
    CHECK(sent.at("remote") == "127.0.0.1:5062");
    CHECK(sent.at("time").as_double() == 1000.5);
    CHECK(sent.at("text") == "BYE");
    const auto received = boost::json::parse(line_of(hep_packet(5062, 40000, "BYE"))).as_object();
    CHECK(received.at("direction") == "in");
    CHECK(received.at("remote") == "127.0.0.1:5062");
}

TEST_CASE("a captured message between IPv6 addresses has them in brackets") {
    auto packet = hep_packet(5062, 5060, "BYE");
    for (const unsigned type : {5U, 6U}) {
        append(packet, 0, 2);
        append(packet, type, 2);
        append(packet, 6 + 16, 2);
        append(packet, 0x20010DB800000000, 8);
        append(packet, type, 8);
    }
    const auto line = boost::json::parse(line_of(packet)).as_object();
    CHECK(line.at("remote") == "[2001:db8::5]:5062");
}

TEST_CASE("what is no HEP packet, or is cut, gives no line") {
    const auto whole = hep_packet(5060, 5062, "BYE");
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK(line_of(whole.substr(0, length)).empty());
    CHECK(line_of("HEP2" + whole.substr(4)).empty());
}
