// Covers: walking XR packets, each block type read, the blocks that we send written and read back, unknown blocks, and
// refusals. Not here: who measures the values (stats), and when they are sent (session).
#include "rtp/wire/rtcp_xr.hpp"

#include <array>
#include <string>
#include <vector>

#include "rtp/wire/rtcp_xr_metrics.hpp"
#include "rtp/wire/rtcp_xr_trace.hpp"
#include "unit/rtp/support/bytes.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

/// One XR packet around these blocks, as a datagram of reduced size.
byte_vector xr_of(std::string const& blocks) {
    auto body = hex("00000042" + blocks);
    auto const words = static_cast<unsigned>(body.size() / 4);
    byte_vector datagram = hex("80cf");
    datagram.push_back(static_cast<std::byte>(words >> 8));
    datagram.push_back(static_cast<std::byte>(words));
    datagram.insert(datagram.end(), body.begin(), body.end());
    return datagram;
}

std::vector<xr_block> blocks_of(std::span<const std::byte> datagram) {
    auto const compound = compound_view::parse(datagram, rtcp_form::reduced_size).value();
    auto reader = xr_reader::parse(*compound.begin()).value();
    std::vector<xr_block> blocks;
    while (auto const block = reader.next())
        blocks.push_back(*block);
    CHECK_FALSE(reader.has_failed());
    return blocks;
}

/// The trace as 1 and 0.
std::string trace_of(std::string const& block) {
    auto const datagram = xr_of(block);
    exact_copy const copy(datagram);
    auto reader = xr_trace_reader::parse(blocks_of(copy.bytes()).at(0)).value();
    std::string trace;
    std::size_t index = 0;
    while (auto const bit = reader.next()) {
        CHECK(bit->sequence == reader.interval().sequence(index++));
        trace += bit->value ? '1' : '0';
    }
    return trace;
}

}  // namespace

TEST_CASE("An XR packet is walked block by block, unknown types included (RFC 3611 2, RFC 3611 3)") {
    auto const datagram = xr_of("04000002 0102030405060708  c8070001 aabbccdd  ff000000");
    auto const blocks = blocks_of(datagram);
    REQUIRE(blocks.size() == 3);
    CHECK(parse_receiver_reference_time(blocks[0]).value() == ntp64_t{0x0102030405060708});
    CHECK(static_cast<int>(blocks[1].type) == 200);
    CHECK(blocks[1].specific == 7);
    CHECK(to_vector(blocks[1].body) == hex("aabbccdd"));
    CHECK(blocks[1].offset == 20);
    CHECK(blocks[2].body.empty());
}

TEST_CASE("An XR block that runs over its packet ends the walk and is reported; blocks before it were good") {
    auto const datagram = xr_of("c8000000  04000003 0102030405060708");
    exact_copy const copy(datagram);
    auto const compound = compound_view::parse(copy.bytes(), rtcp_form::reduced_size).value();
    auto reader = xr_reader::parse(*compound.begin()).value();
    CHECK(reader.reporter() == ssrc_t{0x42});
    CHECK(reader.next().has_value());
    CHECK_FALSE(reader.next().has_value());
    CHECK(reader.has_failed());
    CHECK_FALSE(reader.next().has_value());
    auto const without_source = hex("80cf0000");
    auto const empty = compound_view::parse(without_source, rtcp_form::reduced_size).value();
    CHECK(xr_reader::parse(*empty.begin()).has_error());
}

TEST_CASE("The traces of the RFC's examples read the same in each of their encodings (RFC 3611 4.1, 4.1.1, 4.1.2)") {
    // 45 packets from 13,821 on, the 22nd and the 24th lost; begin 0x35fd, end 0x362a.
    std::string const expected = std::string(21, '1') + "010" + std::string(21, '1');
    CHECK(trace_of("01000004 00000007 35fd362a ffff febf ffff 0000") == expected);
    CHECK(trace_of("01000004 00000007 35fd362a 4015 afff 4009 0000") == expected);
    // The 44th lost too; the last chunk reaches beyond the interval.
    std::string with_44th = expected;
    with_44th[43] = '0';
    CHECK(trace_of("01000004 00000007 35fd362a 4015 afff ff40 0000") == with_44th);
    // Thinned by 4: eleven packets, from 13,824 on.
    CHECK(trace_of("01020003 00000007 35fd362a fde0 0000") == "11111011110");
}

TEST_CASE("A trace ends with its interval or its chunks, whichever is shorter (RFC 3611 4.1.3, 4.2)") {
    CHECK(trace_of("01000003 00000007 00000005 7fff 0000") == "11111");
    CHECK(trace_of("01000003 00000007 00000064 4002 0000") == "11");
    CHECK(trace_of("01000002 00000007 00000064").empty());
    CHECK(trace_of("01000003 00000007 00050005 7fff 0000").empty());
    // A run of ones of length 0 is forbidden (4.1.1): nothing behind it is believed.
    CHECK(trace_of("01000003 00000007 00000064 4000 ffff").empty());
    // Over the wrap, duplicates instead of losses.
    CHECK(trace_of("02000003 00000007 fffe0002 8000 0000") == "0000");
}

TEST_CASE("An interval too long to be unambiguous is refused, as is a block too short for one (RFC 3611 4.1, A.1)") {
    auto const verdict = [](std::string const& block) {
        auto const datagram = xr_of(block);
        return xr_trace_reader::parse(blocks_of(datagram).at(0)).has_value();
    };
    CHECK(verdict("01000002 00000007 0000fffd"));
    CHECK_FALSE(verdict("01000002 00000007 0000fffe"));
    CHECK_FALSE(verdict("01000002 00000007 0001 0000"));
    CHECK_FALSE(verdict("01000001 00000007"));
    CHECK_FALSE(verdict("01000000"));
}

TEST_CASE("Reported packets are the multiples of the thinning, over the wrap too (RFC 3611 4.1)") {
    for (unsigned thinning = 0; thinning < 16; ++thinning) {
        for (unsigned const begin : {0U, 1U, 13'821U, 40'000U, 65'535U}) {
            for (unsigned const length : {0U, 1U, 2U, 45U, 32'768U, 65'533U}) {
                xr_interval const interval{
                    {},
                    static_cast<sequence_t>(begin),
                    static_cast<sequence_t>((begin + length) & 0xFFFFU),
                    static_cast<std::uint8_t>(thinning)};
                std::size_t expected = 0;
                for (unsigned i = 0; i < length; ++i) {
                    auto const number = (begin + i) & 0xFFFFU;
                    if (number % (1U << thinning) != 0) continue;
                    REQUIRE(interval.sequence(expected) == static_cast<sequence_t>(number));
                    ++expected;
                }
                REQUIRE(interval.reported_packets() == expected);
            }
        }
    }
}

TEST_CASE("Packet receipt times have one time for each packet, or are refused (RFC 3611 4.3)") {
    auto const datagram = xr_of("03000004 00000007 ffff0001 00000064 00000104");
    exact_copy const copy(datagram);
    auto const times = receipt_times_view::parse(blocks_of(copy.bytes()).at(0)).value();
    REQUIRE(times.size() == 2);
    CHECK(times[0] == timestamp_t{100});
    CHECK(times[1] == timestamp_t{260});
    CHECK(times.interval().sequence(1) == sequence_t{0});
    auto const too_few = xr_of("03000003 00000007 ffff0001 00000064");
    CHECK(receipt_times_view::parse(blocks_of(too_few).at(0)).has_error());
    auto const thinned = xr_of("03010003 00000007 ffff0001 00000064");
    CHECK(receipt_times_view::parse(blocks_of(thinned).at(0)).value().size() == 1);
}

TEST_CASE("Reference times and their answers are written into one packet and read back (RFC 3611 4.4, 4.5)") {
    auto compound = packet_buffer::unpooled();
    REQUIRE_FALSE(append_receiver_report(compound, ssrc_t{1}, {}));
    xr_writer writer(compound, ssrc_t{1});
    REQUIRE_FALSE(writer.append_receiver_reference_time(ntp64_t{0x1122334455667788}));
    std::array const answers{
        dlrr_item{ssrc_t{5}, ntp32_t{6}, ntp32_t{7}}, dlrr_item{ssrc_t{8}, ntp32_t{9}, ntp32_t{10}}};
    REQUIRE_FALSE(writer.append_dlrr({}));
    REQUIRE_FALSE(writer.append_dlrr(answers));
    auto const parsed = compound_view::parse(compound.bytes()).value();
    auto const packet = *++parsed.begin();
    CHECK(packet.type == rtcp_type::extended_report);
    CHECK(packet.body.size() == 4 + 12 + 4 + 24);
    auto reader = xr_reader::parse(packet).value();
    CHECK(parse_receiver_reference_time(reader.next().value()).value() == ntp64_t{0x1122334455667788});
    auto const read = dlrr_view::parse(reader.next().value()).value();
    REQUIRE(read.size() == 2);
    CHECK(read[0] == answers[0]);
    CHECK(read[1] == answers[1]);
    CHECK_FALSE(reader.next().has_value());
    CHECK_FALSE(reader.has_failed());
}

TEST_CASE("A statistics summary says which of its fields were measured (RFC 3611 4.6)") {
    xr_statistics_summary summary;
    summary.source = ssrc_t{7};
    summary.begin = sequence_t{65'530};
    summary.end = sequence_t{4};
    std::vector<xr_statistics_summary> cases{summary};
    summary.lost = 3;
    cases.push_back(summary);
    summary.duplicates = 1;
    summary.jitter = {1, 90, 12, 4};
    cases.push_back(summary);
    summary.ttl = {60, 64, 62, 1};
    cases.push_back(summary);
    summary.ttl.reset();
    summary.hop_limit = {60, 64, 62, 1};
    cases.push_back(summary);
    for (auto const& expected : cases) {
        auto compound = packet_buffer::unpooled();
        xr_writer writer(compound, ssrc_t{1});
        REQUIRE_FALSE(append_statistics_summary(writer, expected));
        CHECK(parse_statistics_summary(blocks_of(compound.bytes()).at(0)).value() == expected);
    }
    auto const undefined_hops = xr_of("06180009" + std::string(72, '0'));
    CHECK(parse_statistics_summary(blocks_of(undefined_hops).at(0)).has_error());
    auto const too_short = xr_of("06000008" + std::string(64, '0'));
    CHECK(parse_statistics_summary(blocks_of(too_short).at(0)).has_error());
}

TEST_CASE("VoIP metrics keep each field, and what is unavailable is absent (RFC 3611 4.7, 4.7.4, 4.7.7)") {
    xr_voip_metrics metrics;
    metrics.source = ssrc_t{7};
    auto const through = [](xr_voip_metrics const& written) {
        auto compound = packet_buffer::unpooled();
        xr_writer writer(compound, ssrc_t{1});
        REQUIRE_FALSE(append_voip_metrics(writer, written));
        return parse_voip_metrics(blocks_of(compound.bytes()).at(0)).value();
    };
    CHECK(through(metrics) == metrics);
    CHECK_FALSE(through(metrics).r_factor.has_value());
    metrics = {
        ssrc_t{7},
        1,
        2,
        3,
        4,
        500,
        6000,
        70,
        80,
        -9,
        -60,
        55,
        16,
        93,
        std::nullopt,
        41,
        40,
        concealment_kind::enhanced,
        jitter_buffer_kind::adaptive,
        9,
        60,
        120,
        200};
    CHECK(through(metrics) == metrics);
    CHECK(through(metrics).signal_level == std::int8_t{-9});
}

TEST_CASE("R factors and MOS outside their ranges are ignored (RFC 3611 4.7.5)") {
    // R 101, external R 128, MOS-LQ 9, MOS-CQ 51.
    auto const datagram = xr_of("07000008 00000007 00000000 00000000 00000000 7f7f7f10 65800933 00000000 00000000");
    auto const metrics = parse_voip_metrics(blocks_of(datagram).at(0)).value();
    CHECK_FALSE(metrics.r_factor.has_value());
    CHECK_FALSE(metrics.external_r_factor.has_value());
    CHECK_FALSE(metrics.mos_lq.has_value());
    CHECK_FALSE(metrics.mos_cq.has_value());
    CHECK_FALSE(metrics.signal_level.has_value());
    CHECK_FALSE(metrics.residual_echo_return_loss.has_value());
}

TEST_CASE("A block that does not fit is not begun") {
    auto compound = packet_buffer::unpooled();
    REQUIRE_FALSE(append_receiver_report(compound, ssrc_t{1}, {}));
    xr_writer writer(compound, ssrc_t{1});
    REQUIRE_FALSE(writer.append_receiver_reference_time({}));
    std::vector<dlrr_item> const many(200);
    auto const before = to_vector(compound.bytes());
    CHECK(writer.append_dlrr(many) == errc::too_large);
    CHECK(to_vector(compound.bytes()) == before);
    auto other = packet_buffer::unpooled();
    xr_writer first(other, ssrc_t{1});
    CHECK(first.append_dlrr(many) == errc::too_large);
    CHECK(other.empty());
}
