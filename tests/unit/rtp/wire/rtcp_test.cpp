// Covers: compound structure (RFC 3550 A.2), every length over and under by one, SR, RR, SDES, BYE, APP read and
// written, unknown types skipped.
#include "rtp/wire/rtcp.hpp"

#include "rtp/wire/rtcp_app.hpp"
#include "rtp/wire/rtcp_bye.hpp"
#include "rtp/wire/rtcp_report.hpp"
#include "rtp/wire/rtcp_sdes.hpp"
#include "unit/rtp/support/bytes.hpp"

#include <array>
#include <string>

using namespace rtp;
using namespace rtp_test;

namespace {

char const* const empty_report = "80c90001 00000001";

parse_failure failure_of(std::string const& text) {
    auto const bytes = hex(text);
    exact_copy const copy(bytes);
    auto const compound = compound_view::parse(copy.bytes());
    REQUIRE(compound.has_error());
    return compound.error();
}

std::vector<rtcp_packet> packets_of(std::span<const std::byte> datagram) {
    auto const compound = compound_view::parse(datagram).value();
    std::vector<rtcp_packet> packets;
    for (auto const& packet : compound)
        packets.push_back(packet);
    return packets;
}

packet_buffer report_of(ssrc_t reporter) {
    auto compound = packet_buffer::unpooled();
    REQUIRE_FALSE(append_receiver_report(compound, reporter, {}));
    return compound;
}

}  // namespace

TEST_CASE("A compound packet is walked packet by packet, unknown types included (RFC 3550 6.1)") {
    auto const datagram =
        hex("80c90001 00000001  83cc0003 00000002 74657374 11223344  81fe0002 01020304 05060708  81cb0001 00000001");
    auto const packets = packets_of(datagram);
    REQUIRE(packets.size() == 4);
    CHECK(packets[0].type == rtcp_type::receiver_report);
    CHECK(packets[1].type == rtcp_type::application);
    CHECK(packets[1].count == 3);
    CHECK(static_cast<int>(packets[2].type) == 254);
    CHECK(to_vector(packets[2].body) == hex("0102030405060708"));
    CHECK(packets[3].type == rtcp_type::bye);
    CHECK(packets[3].offset == 36);
}

TEST_CASE("Padding belongs to the last packet only and is not part of its body") {
    auto const datagram = hex(std::string(empty_report) + "a1cb0002 00000001 00000004");
    auto const packets = packets_of(datagram);
    REQUIRE(packets.size() == 2);
    CHECK(to_vector(packets[1].body) == hex("00000001"));
    CHECK(failure_of("a0c90002 00000001 00000004 80c90001 00000001") == parse_failure{errc::bad_rtcp_start, 0});
}

TEST_CASE("Broken compound packets are refused with the reason and the offset (RFC 3550 A.2)") {
    std::string const report = empty_report;
    CHECK(failure_of("") == parse_failure{errc::truncated, 0});
    CHECK(failure_of("80c900") == parse_failure{errc::truncated, 3});
    CHECK(failure_of("40c90001 00000001") == parse_failure{errc::bad_version, 0});
    CHECK(failure_of("81cb0001 00000001") == parse_failure{errc::bad_rtcp_start, 1});
    CHECK(failure_of("80c90002 00000001") == parse_failure{errc::bad_rtcp_length, 2});
    CHECK(failure_of("80c9ffff 00000001") == parse_failure{errc::bad_rtcp_length, 2});
    CHECK(failure_of(report + "80cb") == parse_failure{errc::truncated, 10});
    CHECK(failure_of(report + "00cb0000") == parse_failure{errc::bad_version, 8});
    CHECK(failure_of(report + "81cb0002 00000001") == parse_failure{errc::bad_rtcp_length, 10});
    CHECK(failure_of(report + "a0cb0001 00000000") == parse_failure{errc::bad_padding, 15});
    CHECK(failure_of(report + "a0cb0001 00000003") == parse_failure{errc::bad_padding, 15});
    CHECK(failure_of(report + "a0cb0001 00000008") == parse_failure{errc::bad_padding, 15});
    CHECK(failure_of(report + "a0cb0000") == parse_failure{errc::bad_padding, 11});
}

TEST_CASE("A sender report carries its sender's part and its blocks") {
    sender_info const info{ntp64_t{0x0102030405060708}, timestamp_t{0x11223344}, 1000, 160000};
    std::array const blocks{
        report_block{ssrc_t{7}, 64, 300, 0x0001'0005, 12, ntp32_t{0xaabbccdd}, ntp32_t{65536}},
        report_block{ssrc_t{8}, 0, -2, 9, 0, ntp32_t{}, ntp32_t{}},
    };
    auto compound = packet_buffer::unpooled();
    REQUIRE_FALSE(append_sender_report(compound, ssrc_t{5}, info, blocks));
    CHECK(
        to_vector(compound.bytes()) == hex("82c80012 00000005 0102030405060708 11223344 000003e8 00027100"
                                           "00000007 4000012c 00010005 0000000c aabbccdd 00010000"
                                           "00000008 00fffffe 00000009 00000000 00000000 00000000")
    );
    auto const packets = packets_of(compound.bytes());
    auto const report = report_view::parse(packets.at(0)).value();
    CHECK(report.reporter() == ssrc_t{5});
    REQUIRE(report.sender().has_value());
    CHECK(*report.sender() == info);
    REQUIRE(report.block_count() == 2);
    CHECK(report.block(0) == blocks[0]);
    CHECK(report.block(1) == blocks[1]);
    CHECK(report.profile_extension().empty());
}

TEST_CASE("Cumulative loss is clamped to 24 bits instead of wrapping (RFC 3550 A.3)") {
    for (auto const& [lost, read] :
         {std::pair{0x80'0000, 0x7f'ffff},
          {-0x80'0001, -0x80'0000},
          {0x7f'ffff, 0x7f'ffff},
          {-1, -1},
          {-0x80'0000, -0x80'0000}}) {
        std::array const blocks{report_block{.cumulative_lost = lost}};
        auto compound = packet_buffer::unpooled();
        REQUIRE_FALSE(append_receiver_report(compound, ssrc_t{1}, blocks));
        auto const packets = packets_of(compound.bytes());
        CHECK(report_view::parse(packets.at(0)).value().block(0).cumulative_lost == read);
    }
}

TEST_CASE("Reports whose blocks do not fit their length are refused; extra bytes are the profile's (RFC 3550 6.4.3)") {
    auto const one_short = hex("81c90006 00000001 00000000 00000000 00000000 00000000 00000000");
    CHECK(report_view::parse(packets_of(one_short).at(0)).error() == parse_failure{errc::bad_rtcp_item, 0});
    auto const no_sender_part = hex("80c80001 00000001");
    CHECK(report_view::parse(packets_of(no_sender_part).at(0)).has_error());
    auto const nothing = hex("80c90000");
    CHECK(report_view::parse(packets_of(nothing).at(0)).has_error());
    auto const extended = hex("80c90002 00000001 0a0b0c0d");
    CHECK(to_vector(report_view::parse(packets_of(extended).at(0)).value().profile_extension()) == hex("0a0b0c0d"));
}

TEST_CASE("A report takes 31 blocks and no more") {
    std::vector<report_block> blocks(32);
    auto compound = packet_buffer::unpooled();
    CHECK(append_receiver_report(compound, ssrc_t{1}, blocks) == errc::too_large);
    CHECK(compound.empty());
    blocks.resize(31);
    CHECK_FALSE(append_receiver_report(compound, ssrc_t{1}, blocks));
    CHECK(append_sender_report(compound, ssrc_t{1}, {}, blocks) == errc::too_large);
    CHECK(compound.size() == 8 + 31 * 24);
}

TEST_CASE("A CNAME of any length is written with its closing zeros and read back (RFC 3550 6.5.1, A.4)") {
    for (std::size_t size = 1; size <= 255; ++size) {
        std::string const name(size, 'x');
        auto compound = report_of(ssrc_t{1});
        REQUIRE_FALSE(append_cname(compound, ssrc_t{1}, name));
        auto const packets = packets_of(compound.bytes());
        REQUIRE(packets.size() == 2);
        sdes_reader items(packets[1]);
        auto const item = items.next();
        REQUIRE(item.has_value());
        CHECK(item->source == ssrc_t{1});
        CHECK(item->type == sdes_type::cname);
        CHECK(item->text == name);
        CHECK_FALSE(items.next().has_value());
        CHECK_FALSE(items.has_failed());
    }
    auto compound = report_of(ssrc_t{1});
    CHECK(append_cname(compound, ssrc_t{1}, "") == errc::invalid_argument);
    CHECK(append_cname(compound, ssrc_t{1}, std::string(256, 'x')) == errc::invalid_argument);
}

TEST_CASE("SDES items of several chunks come with the source that they describe (RFC 3550 6.5, A.5)") {
    auto const datagram =
        hex(std::string(empty_report) +
            "83ca0008  0000000a 0103616263 020164 00000000  0000000b 00000000  0000000c 01017a 00");
    auto const packets = packets_of(datagram);
    sdes_reader items(packets.at(1));
    auto const a = items.next().value();
    CHECK(a.source == ssrc_t{10});
    CHECK(a.text == "abc");
    auto const b = items.next().value();
    CHECK(b.source == ssrc_t{10});
    CHECK(b.type == sdes_type::name);
    CHECK(b.text == "d");
    auto const c = items.next().value();
    CHECK(c.source == ssrc_t{12});
    CHECK(c.text == "z");
    CHECK_FALSE(items.next().has_value());
    CHECK_FALSE(items.has_failed());
}

TEST_CASE("SDES items that run over the packet end the walk and are reported") {
    for (auto const* body :
         {"81ca0000", "81ca0002 0000000a 01ff6161", "81ca0002 0000000a 01026161", "82ca0002 0000000a 00000000",
          "81ca0001 0000000a"}) {
        CAPTURE(body);
        auto const datagram = hex(std::string(empty_report) + body);
        exact_copy const copy(datagram);
        auto const packets = packets_of(copy.bytes());
        sdes_reader items(packets.at(1));
        while (items.next()) {
        }
        CHECK(items.has_failed());
    }
}

TEST_CASE("A BYE names its sources and may give a reason (RFC 3550 6.6)") {
    auto compound = report_of(ssrc_t{1});
    std::array const sources{ssrc_t{1}, ssrc_t{2}};
    REQUIRE_FALSE(append_bye(compound, sources, "hung up"));
    CHECK(to_vector(compound.bytes()) == hex("80c90001 00000001  82cb0004 00000001 00000002 0768756e67207570"));
    auto const packets = packets_of(compound.bytes());
    auto const bye = bye_view::parse(packets.at(1)).value();
    REQUIRE(bye.source_count() == 2);
    CHECK(bye.source(1) == ssrc_t{2});
    CHECK(bye.reason() == "hung up");

    auto plain = report_of(ssrc_t{1});
    REQUIRE_FALSE(append_bye(plain, sources, ""));
    auto const plain_packets = packets_of(plain.bytes());
    CHECK(bye_view::parse(plain_packets.at(1)).value().reason().empty());

    auto longest = report_of(ssrc_t{1});
    REQUIRE_FALSE(append_bye(longest, sources, std::string(300, 'r')));
    auto const longest_packets = packets_of(longest.bytes());
    CHECK(bye_view::parse(longest_packets.at(1)).value().reason().size() == 255);
}

TEST_CASE("A BYE whose sources or reason run over its end is refused") {
    for (auto const* body : {"82cb0001 00000001", "81cb0000", "81cb0002 00000001 04616263"}) {
        CAPTURE(body);
        auto const datagram = hex(std::string(empty_report) + body);
        exact_copy const copy(datagram);
        auto const packets = packets_of(copy.bytes());
        CHECK(bye_view::parse(packets.at(1)).error() == parse_failure{errc::bad_rtcp_item, 8});
    }
}

TEST_CASE("An APP packet is written and read; bad names and sizes are refused (RFC 3550 6.7)") {
    auto compound = report_of(ssrc_t{1});
    auto const data = hex("01020304");
    REQUIRE_FALSE(append_application(compound, {5, ssrc_t{9}, "test", data}));
    auto const packets = packets_of(compound.bytes());
    auto const read = parse_application(packets.at(1)).value();
    CHECK(read.subtype == 5);
    CHECK(read.source == ssrc_t{9});
    CHECK(read.name == "test");
    CHECK(to_vector(read.data) == data);

    auto const size = compound.size();
    CHECK(append_application(compound, {5, ssrc_t{9}, "tes", data}) == errc::invalid_argument);
    CHECK(append_application(compound, {32, ssrc_t{9}, "test", data}) == errc::invalid_argument);
    CHECK(append_application(compound, {5, ssrc_t{9}, "test", std::span(data).first(3)}) == errc::invalid_argument);
    byte_vector const large(1480);
    CHECK(append_application(compound, {5, ssrc_t{9}, "test", large}) == errc::too_large);
    CHECK(compound.size() == size);
    auto const short_packet = hex(std::string(empty_report) + "80cc0001 00000001");
    CHECK(parse_application(packets_of(short_packet).at(1)).has_error());
}

TEST_CASE("A compound packet cut at any byte never reads outside it") {
    auto compound = packet_buffer::unpooled();
    std::array const blocks{report_block{.source = ssrc_t{7}}};
    std::array const sources{ssrc_t{1}};
    REQUIRE_FALSE(append_sender_report(compound, ssrc_t{1}, {}, blocks));
    REQUIRE_FALSE(append_cname(compound, ssrc_t{1}, "a@b"));
    REQUIRE_FALSE(append_bye(compound, sources, "bye"));
    for (std::size_t size = 0; size <= compound.size(); ++size) {
        exact_copy const cut(compound.bytes().first(size));
        auto const view = compound_view::parse(cut.bytes());
        bool const at_boundary = size == 52 || size == 68 || size == 80;
        CHECK(view.has_value() == at_boundary);
    }
}
