// Covers: capture files written and read (pcap, pcapng), link layers, IPv4 fragments, IPv6, TCP segments in any order
// and with gaps, what cannot be used; who is who; drafts of flow files.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <pcap/dlt.h>

#include "conformance/capture/draft.hpp"
#include "conformance/capture/file.hpp"
#include "conformance/capture/judge.hpp"
#include "conformance/capture/link.hpp"
#include "conformance/capture/stream.hpp"
#include "conformance/unit/rehearsal.hpp"

using namespace conformance;

namespace {

using octets = std::vector<std::uint8_t>;

void put(octets& to, std::uint64_t value, unsigned size) {
    for (unsigned i = size; i-- > 0;)
        to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
void put_little(octets& to, std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i != size; ++i)
        to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

octets udp(std::string_view payload) {
    octets out;
    put(out, 5060, 2);
    put(out, 5070, 2);
    put(out, 8 + payload.size(), 2);
    put(out, 0, 2);
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

octets tcp(std::uint32_t sequence, std::string_view payload, unsigned flags = 0x18) {
    octets out;
    put(out, 5060, 2);
    put(out, 40000, 2);
    put(out, sequence, 4);
    put(out, 0, 4);
    put(out, 0x5000U | flags, 2);
    put(out, 0, 6);
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

octets ipv4(const octets& payload, unsigned offset = 0, bool more = false, unsigned protocol = 17) {
    octets out;
    put(out, 0x4500, 2);
    put(out, 20 + payload.size(), 2);
    put(out, 7, 2);
    put(out, (more ? 0x2000U : 0U) | offset / 8, 2);
    put(out, 64, 1);
    put(out, protocol, 1);
    put(out, 0, 2);
    put(out, 0xC0000201, 4);
    put(out, 0xC0000202, 4);
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

octets before(const octets& packet, std::initializer_list<unsigned> header) {
    octets out;
    for (const auto octet : header)
        out.push_back(static_cast<std::uint8_t>(octet));
    out.insert(out.end(), packet.begin(), packet.end());
    return out;
}

std::string text_of(const std::optional<transport_unit>& unit) {
    return unit ? std::string(reinterpret_cast<const char*>(unit->payload.data()), unit->payload.size()) : "nothing";
}

std::string temporary(const char* name) {
    return (std::filesystem::temp_directory_path() / fmt::format("offhook-{}-{}", static_cast<const void*>(&name), name)
    )
        .string();
}

constexpr auto options =
    "OPTIONS sip:b@x SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: "
    "<sip:b@x>\r\n"
    "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

}  // namespace

TEST_CASE("frames of every link layer give what UDP carried") {
    const auto packet = ipv4(udp("hello"));
    CHECK(text_of(link_reader(DLT_RAW).read(packet)) == "hello");
    CHECK(text_of(link_reader(DLT_EN10MB).read(before(packet, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}))) == "hello");
    CHECK(
        text_of(link_reader(DLT_EN10MB).read(before(packet, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 5, 8, 0}))
        ) == "hello"
    );
    CHECK(
        text_of(link_reader(DLT_LINUX_SLL).read(before(packet, {0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}))) ==
        "hello"
    );
    CHECK(text_of(link_reader(DLT_NULL).read(before(packet, {2, 0, 0, 0}))) == "hello");
    CHECK_FALSE(link_reader::knows(DLT_IEEE802_11));
    const auto unit = link_reader(DLT_RAW).read(packet);
    REQUIRE(unit);
    CHECK(unit->from == "192.0.2.1:5060");
    CHECK(unit->to == "192.0.2.2:5070");
}

TEST_CASE("IPv6 packets give what UDP carried, behind extension headers too") {
    octets packet;
    const auto payload = udp("hello");
    put(packet, 0x60000000, 4);
    put(packet, payload.size() + 8, 2);
    put(packet, 0, 1);  // hop-by-hop options
    put(packet, 64, 1);
    put(packet, 0x20010DB8, 4);
    put(packet, 0, 11);
    put(packet, 1, 1);
    put(packet, 0x20010DB8, 4);
    put(packet, 0, 11);
    put(packet, 2, 1);
    put(packet, 17, 1);
    put(packet, 0, 7);
    packet.insert(packet.end(), payload.begin(), payload.end());
    const auto unit = link_reader(DLT_RAW).read(packet);
    REQUIRE(unit);
    CHECK(unit->from == "[2001:db8::1]:5060");
    CHECK(text_of(unit) == "hello");
}

TEST_CASE("fragments are joined in any order, and one that is missing gives nothing") {
    const auto whole = udp(std::string(40, 'x') + "end");
    const octets first(whole.begin(), whole.begin() + 24), second(whole.begin() + 24, whole.begin() + 40),
        third(whole.begin() + 40, whole.end());
    link_reader in_order(DLT_RAW), mixed(DLT_RAW), cut(DLT_RAW);
    CHECK_FALSE(in_order.read(ipv4(first, 0, true)));
    CHECK_FALSE(in_order.read(ipv4(second, 24, true)));
    CHECK(text_of(in_order.read(ipv4(third, 40))).ends_with("xend"));
    CHECK_FALSE(mixed.read(ipv4(third, 40)));
    CHECK_FALSE(mixed.read(ipv4(first, 0, true)));
    CHECK(text_of(mixed.read(ipv4(second, 24, true))).ends_with("xend"));
    CHECK_FALSE(cut.read(ipv4(first, 0, true)));
    CHECK_FALSE(cut.read(ipv4(third, 40)));
}

TEST_CASE("a frame cut anywhere gives nothing and does no harm") {
    for (const auto& packet : {ipv4(udp("hello")), ipv4(tcp(1, "hello"), 0, false, 6)})
        for (std::size_t size = 0; size < packet.size(); ++size)
            CHECK_FALSE(link_reader(DLT_RAW).read(bytes(packet).first(size)));
}

TEST_CASE("a message over TCP is put together from segments in any order, twice or overlapping") {
    const std::string text = options;
    const std::vector<std::pair<std::size_t, std::size_t>> parts{
        {40, 60}, {0, 50}, {0, 50}, {90, text.size()}, {45, 100}};
    sip::buffer_pool pool;
    stream_reader stream(pool);
    std::vector<std::string> got;
    const auto give = [&](std::size_t begin, std::string_view payload, unsigned flags = 0x18) {
        link_reader link(DLT_RAW);
        const auto packet = ipv4(tcp(static_cast<std::uint32_t>(0xFFFFFFF0U + begin), payload, flags), 0, false, 6);
        const auto unit = link.read(packet);
        REQUIRE(unit);
        for (auto& each : stream.read(*unit))
            got.push_back(std::move(each));
    };
    give(static_cast<std::size_t>(-1), "", 2);  // SYN: its number comes before the first byte's
    for (const auto& [begin, end] : parts)
        give(begin, std::string_view(text).substr(begin, end - begin));
    REQUIRE(got.size() == 1);
    CHECK(got.front() == text);
    CHECK(stream.gaps() == 0);
    // After a gap that is never filled the next whole message is found.
    for (std::size_t i = 0; i != 300; ++i)
        give(text.size() + 10 + i * text.size(), text);
    CHECK(stream.gaps() == 1);
    CHECK(got.size() > 250);
}

TEST_CASE("what is written as pcap reads back the same, and a pcapng file reads like a pcap file") {
    const auto all = rehearse(flow_named("1.4"));
    const auto path = temporary("a.pcap");
    REQUIRE_FALSE(write_capture(path, all));
    const auto read = read_capture(path);
    REQUIRE(std::holds_alternative<recording>(read));
    const auto& back = std::get<recording>(read);
    REQUIRE(back.messages.size() == all.messages.size());
    CHECK(back.packets.size() == all.packets.size());
    for (std::size_t i = 0; i != all.messages.size(); ++i) {
        CHECK(back.messages[i].text == all.messages[i].text);
        CHECK(back.messages[i].from == all.messages[i].from);
    }
    std::filesystem::remove(path);

    octets file;
    for (const auto value : {0x0A0D0D0AU, 28U, 0x1A2B3C4DU})
        put_little(file, value, 4);
    put_little(file, 1, 4);  // version 1.0
    put_little(file, ~std::uint64_t{0}, 8);
    put_little(file, 28, 4);
    for (const auto value : {1U, 20U, 101U, 0U, 20U})  // one interface of raw IP
        put_little(file, value, 4);
    auto packet = ipv4(udp(options));
    const auto size = static_cast<std::uint32_t>(packet.size());
    packet.resize((packet.size() + 3) / 4 * 4);
    for (const auto value : {6U, static_cast<std::uint32_t>(32 + packet.size()), 0U, 0U, 5000000U, size, size})
        put_little(file, value, 4);
    file.insert(file.end(), packet.begin(), packet.end());
    put_little(file, 32 + packet.size(), 4);
    const auto next = temporary("b.pcapng");
    std::ofstream(next, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
    const auto ng = read_capture(next);
    std::filesystem::remove(next);
    REQUIRE(std::holds_alternative<recording>(ng));
    REQUIRE(std::get<recording>(ng).messages.size() == 1);
    CHECK(std::get<recording>(ng).messages[0].at.count() == doctest::Approx(5));
}

TEST_CASE("a file that is no capture, or is not there, gives the reason") {
    const auto path = temporary("c.pcap");
    std::ofstream(path) << "no capture at all, just text";
    CHECK(std::holds_alternative<std::string>(read_capture(path)));
    std::filesystem::remove(path);
    CHECK(std::get<std::string>(read_capture(path)).find("c.pcap") != std::string::npos);
}

TEST_CASE("the parties are found by what they do, or are those that the tester names") {
    const auto f = flow_named("1.7");
    const auto all = rehearse(variants_of(f).front());
    const auto found = find_parties(all, f, {});
    REQUIRE(std::holds_alternative<cast>(found));
    const auto& who = std::get<cast>(found);
    CHECK(who.addresses.at("192.0.2.10:5060") == "P");
    CHECK(who.addresses.at("192.0.2.1:5060") == "A");
    CHECK(who.addresses.at("192.0.2.3:5060") == "C");
    CHECK(who.users.at("C") == "1003");
    CHECK(who.unseen.empty());

    naming said;
    said.addresses["B"] = "192.0.2.3";
    said.users["B"] = "bob";
    const auto named = std::get<cast>(find_parties(all, f, said));
    CHECK(named.addresses.at("192.0.2.3:5060") == "B");
    CHECK(named.users.at("B") == "bob");
    said.addresses["B"] = "192.0.2.77";
    CHECK(std::get<std::string>(find_parties(all, f, said)).find("192.0.2.77") != std::string::npos);
    CHECK(std::holds_alternative<std::string>(find_parties({}, f, {})));
}

TEST_CASE("over TCP a phone is known on every connection by the address in its Via") {
    const auto f = flow_named("1.1");
    auto all = rehearse(f);
    // Each phone connects to the proxy, from a port of its own, and gets its calls there.
    for (auto& m : all.messages) {
        m.is_stream = true;
        auto& phone = m.to == "192.0.2.10:5060" ? m.from : m.to;
        phone = phone.substr(0, phone.find(':')) + ":40001";
    }
    const auto judged = judge(all, f);
    REQUIRE(std::holds_alternative<judgement>(judged));
    const auto differences = std::get<judgement>(judged).result.differences();
    CHECK_MESSAGE(differences.empty(), fmt::format("{}", fmt::join(differences, "\n")));
}

TEST_CASE("a file that is no capture, and one that is not there, are told apart") {
    CHECK(std::get<std::string>(read_capture("nowhere.pcap")) == "nowhere.pcap: there is no such file");
    const auto path = (std::filesystem::temp_directory_path() / fmt::format("no-capture-{}", ::getpid())).string();
    std::ofstream(path) << "INVITE sip:b SIP/2.0";
    CHECK(std::get<std::string>(read_capture(path)).find("expected pcap or pcapng") != std::string::npos);
    std::filesystem::remove(path);
}

TEST_CASE("a draft of every flow's recording is a flow file, and the recording matches its draft") {
    for (const auto& f : all_flows()) {
        CAPTURE(f.name);
        if (f.parties.size() < 3) continue;
        const auto all = rehearse(variants_of(f).front());
        const auto text = draft_flow(all, "draft");
        CAPTURE(text);
        const auto read = parse_flow(text);
        REQUIRE(std::holds_alternative<flow>(read));
        const auto judged = judge(all, std::get<flow>(read));
        REQUIRE(std::holds_alternative<judgement>(judged));
        const auto differences = std::get<judgement>(judged).result.differences();
        CHECK_MESSAGE(differences.empty(), fmt::format("{}", fmt::join(differences, "\n")));
    }
}
