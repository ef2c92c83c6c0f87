// Covers: RTP header parsing with CSRCs, extension and padding; every length over and under by one; header extension
// elements of both RFC 8285 forms; the writer, alone and against the parser.
#include "rtp/wire/packet.hpp"

#include "unit/rtp/support/bytes.hpp"

#include <array>
#include <random>

using namespace rtp;
using namespace rtp_test;

namespace {

parse_failure failure_of(std::span<const std::byte> datagram) {
    exact_copy const copy(datagram);
    auto const packet = packet_view::parse(copy.bytes());
    REQUIRE(packet.has_error());
    return packet.error();
}

}  // namespace

TEST_CASE("A plain RTP packet is read field by field (RFC 3550 5.1)") {
    exact_copy const datagram(hex("80 88 fffe 00000140 deadbeef 0102"));
    auto const packet = packet_view::parse(datagram.bytes()).value();
    CHECK(packet.marker());
    CHECK(packet.type() == payload_type{8});
    CHECK(packet.sequence() == sequence_t{0xfffe});
    CHECK(packet.timestamp() == timestamp_t{320});
    CHECK(packet.ssrc() == ssrc_t{0xdeadbeef});
    CHECK(packet.csrc_count() == 0);
    CHECK_FALSE(packet.extension().has_value());
    CHECK(to_vector(packet.payload()) == hex("0102"));
}

TEST_CASE("CSRCs, extension and padding surround the payload and are not part of it") {
    exact_copy const datagram(hex("b2 00 0001 00000002 00000003 0000000a 0000000b 1234 0001 01020304 aabb 000002"));
    auto const packet = packet_view::parse(datagram.bytes()).value();
    CHECK(packet.csrc_count() == 2);
    CHECK(packet.csrc(0) == ssrc_t{10});
    CHECK(packet.csrc(1) == ssrc_t{11});
    REQUIRE(packet.extension().has_value());
    CHECK(packet.extension()->profile == 0x1234);
    CHECK(to_vector(packet.extension()->data) == hex("01020304"));
    CHECK(packet.padding_size() == 2);
    CHECK(to_vector(packet.payload()) == hex("aabb00"));
}

TEST_CASE("A packet may have an empty payload or nothing but padding") {
    CHECK(packet_view::parse(hex("80 00 0001 00000002 00000003")).value().payload().empty());
    CHECK(packet_view::parse(hex("a0 00 0001 00000002 00000003 000003")).value().payload().empty());
}

TEST_CASE("Broken RTP headers are refused with the reason and the offset") {
    CHECK(failure_of({}) == parse_failure{errc::truncated, 0});
    CHECK(failure_of(hex("80 00 0001 00000002 000000")) == parse_failure{errc::truncated, 11});
    CHECK(failure_of(hex("40 00 0001 00000002 00000003")) == parse_failure{errc::bad_version, 0});
    CHECK(failure_of(hex("c0 00 0001 00000002 00000003")) == parse_failure{errc::bad_version, 0});
    CHECK(failure_of(hex("81 00 0001 00000002 00000003 000000")) == parse_failure{errc::truncated, 12});
    CHECK(failure_of(hex("90 00 0001 00000002 00000003 bede00")) == parse_failure{errc::truncated, 12});
    CHECK(failure_of(hex("90 00 0001 00000002 00000003 bede0001 000000")) == parse_failure{errc::bad_extension, 14});
    CHECK(failure_of(hex("90 00 0001 00000002 00000003 bedeffff 00000000")) == parse_failure{errc::bad_extension, 14});
    CHECK(failure_of(hex("a0 00 0001 00000002 00000003 0000")) == parse_failure{errc::bad_padding, 13});
    CHECK(failure_of(hex("a0 00 0001 00000002 00000003 0003")) == parse_failure{errc::bad_padding, 13});
    CHECK(failure_of(hex("a0 00 0001 00000002 00000003")) == parse_failure{errc::bad_padding, 11});
}

TEST_CASE("A packet cut anywhere is either refused or gives views inside its bytes") {
    auto const whole =
        hex("bf 00 0001 00000002 00000003"
            "00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008"
            "00000009 0000000a 0000000b 0000000c 0000000d 0000000e 0000000f"
            "bede 0002 10aa 21bbcc 000000 deadbeef 00000004");
    REQUIRE(packet_view::parse(whole).has_value());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto const first = std::span<const std::byte>(whole).first(size);
        exact_copy const cut(first);
        auto const packet = packet_view::parse(cut.bytes());
        if (!packet) continue;
        CHECK(packet->payload().size() + packet->padding_size() <= size);
        CHECK(packet->csrc(14) == ssrc_t{15});
    }
}

TEST_CASE("One-byte extension elements are walked over padding up to the reserved id 15 (RFC 8285 4.2)") {
    auto const data = hex("10aa 00 23bbccddee 00 f0 10ff");
    extension_reader elements(header_extension{0xBEDE, data});
    auto const first = elements.next();
    REQUIRE(first.has_value());
    CHECK(first->id == 1);
    CHECK(to_vector(first->data) == hex("aa"));
    auto const second = elements.next();
    REQUIRE(second.has_value());
    CHECK(second->id == 2);
    CHECK(to_vector(second->data) == hex("bbccddee"));
    CHECK_FALSE(elements.next().has_value());
    CHECK_FALSE(elements.has_failed());
}

TEST_CASE("An element with id 0 and a length ends the walk, whatever follows it (RFC 8285 4.1.2)") {
    auto const data = hex("10aa 01bbbb 10cc 0000");
    extension_reader elements(header_extension{0xBEDE, data});
    CHECK(elements.next().has_value());
    CHECK_FALSE(elements.next().has_value());
    CHECK_FALSE(elements.next().has_value());
    CHECK_FALSE(elements.has_failed());
}

TEST_CASE("Two-byte extension elements may be empty and may have any low profile bits (RFC 8285 4.3)") {
    auto const data = hex("0500 00 1102aabb");
    for (unsigned low = 0; low < 16; ++low) {
        extension_reader elements(header_extension{static_cast<std::uint16_t>(0x1000 | low), data});
        auto const first = elements.next();
        REQUIRE(first.has_value());
        CHECK(first->id == 5);
        CHECK(first->data.empty());
        auto const second = elements.next();
        REQUIRE(second.has_value());
        CHECK(second->id == 0x11);
        CHECK(to_vector(second->data) == hex("aabb"));
        CHECK_FALSE(elements.next().has_value());
        CHECK_FALSE(elements.has_failed());
    }
}

TEST_CASE("An element that runs over its block ends the walk and is reported") {
    for (auto const& [profile, text] :
         {std::pair<std::uint16_t, char const*>{0xBEDE, "10aa 22bb"},
          {0x1000, "0101aa 0203bbbb"},
          {0x1000, "0101aa 02"}}) {
        auto const data = hex(text);
        exact_copy const copy(data);
        extension_reader elements(header_extension{profile, copy.bytes()});
        CHECK(elements.next().has_value());
        CHECK_FALSE(elements.has_failed());
        CHECK_FALSE(elements.next().has_value());
        CHECK(elements.has_failed());
        CHECK_FALSE(elements.next().has_value());
    }
}

TEST_CASE("An extension of another profile has no elements but is still there as bytes") {
    auto const data = hex("10aa0000");
    extension_reader elements(header_extension{0x1234, data});
    CHECK_FALSE(elements.next().has_value());
    CHECK_FALSE(elements.has_failed());
}

TEST_CASE("The writer puts the header in front of the payload without moving it") {
    packet_pool pool;
    packet_buffer buffer(pool, hex("0102"));
    auto const* payload = buffer.bytes().data();
    CHECK_FALSE(prepend_header(
        buffer, {.marker = true,
                 .type = payload_type{101},
                 .sequence = sequence_t{0xfffe},
                 .timestamp = timestamp_t{320},
                 .ssrc = ssrc_t{0xdeadbeef}}
    ));
    CHECK(to_vector(buffer.bytes()) == hex("80 e5 fffe 00000140 deadbeef 0102"));
    CHECK(buffer.bytes().data() + 12 == payload);
}

TEST_CASE("The writer refuses what the format cannot say and leaves the buffer alone") {
    std::array<ssrc_t, 16> const csrcs{};
    auto const data = hex("00");
    byte_vector const long_data(256);
    std::array const zero_id{extension_element{0, data}};
    std::array const too_long{extension_element{1, long_data}};
    auto buffer = packet_buffer::unpooled(hex("0102"));
    CHECK(prepend_header(buffer, {.type = payload_type{128}}) == errc::invalid_argument);
    CHECK(prepend_header(buffer, {.csrcs = csrcs}) == errc::invalid_argument);
    CHECK(prepend_header(buffer, {.extensions = zero_id}) == errc::invalid_argument);
    CHECK(prepend_header(buffer, {.extensions = too_long}) == errc::invalid_argument);
    CHECK(prepend_header(buffer, {.csrcs = std::span(csrcs).first(15)}) == errc::too_large);
    CHECK(to_vector(buffer.bytes()) == hex("0102"));
}

TEST_CASE("Padding fills a packet to a multiple and is taken off again by the parser") {
    for (std::size_t const size : {0U, 1U, 2U, 3U, 4U, 19U, 20U}) {
        byte_vector const payload(size, std::byte{0x55});
        auto buffer = packet_buffer::unpooled(payload);
        REQUIRE_FALSE(prepend_header(buffer, {.type = payload_type{0}}));
        REQUIRE_FALSE(append_padding(buffer, 16));
        CHECK(buffer.size() % 16 == 0);
        CHECK(to_vector(packet_view::parse(buffer.bytes()).value().payload()) == payload);
    }
    auto buffer = packet_buffer::unpooled(hex("80 00 0001 00000002 00000003"));
    CHECK(append_padding(buffer, 1) == errc::invalid_argument);
    CHECK(append_padding(buffer, 253) == errc::invalid_argument);
    buffer.set_size(11);
    CHECK(append_padding(buffer, 4) == errc::invalid_argument);
}

TEST_CASE("What the writer writes the parser reads, over random headers") {
    std::uint64_t const seed = 20240601;
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    auto const below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    packet_pool pool;
    for (int round = 0; round < 2000; ++round) {
        byte_vector payload(below(200));
        for (auto& byte : payload)
            byte = static_cast<std::byte>(random());
        std::vector<ssrc_t> csrcs(below(4));
        for (auto& csrc : csrcs)
            csrc = static_cast<ssrc_t>(static_cast<std::uint32_t>(random()));
        std::vector<extension_element> elements(below(4));
        for (auto& element : elements) {
            element.id = static_cast<std::uint8_t>(1 + below(below(2) != 0 ? 14 : 255));
            element.data = std::span(payload).first(std::min(payload.size(), below(8)));
        }
        packet_header const header{
            .marker = below(2) != 0,
            .type = static_cast<payload_type>(below(128)),
            .sequence = static_cast<sequence_t>(static_cast<std::uint16_t>(random())),
            .timestamp = static_cast<timestamp_t>(static_cast<std::uint32_t>(random())),
            .ssrc = static_cast<ssrc_t>(static_cast<std::uint32_t>(random())),
            .csrcs = csrcs,
            .extensions = elements,
        };
        packet_buffer buffer(pool, payload);
        REQUIRE_FALSE(prepend_header(buffer, header));
        auto const packet = packet_view::parse(buffer.bytes()).value();
        CHECK(packet.marker() == header.marker);
        CHECK(packet.type() == header.type);
        CHECK(packet.sequence() == header.sequence);
        CHECK(packet.timestamp() == header.timestamp);
        CHECK(packet.ssrc() == header.ssrc);
        REQUIRE(packet.csrc_count() == csrcs.size());
        for (std::size_t i = 0; i < csrcs.size(); ++i)
            CHECK(packet.csrc(i) == csrcs[i]);
        CHECK(packet.extension().has_value() == !elements.empty());
        if (!elements.empty()) {
            extension_reader reader(*packet.extension());
            for (auto const& element : elements) {
                auto const read = reader.next();
                REQUIRE(read.has_value());
                CHECK(read->id == element.id);
                CHECK(to_vector(read->data) == to_vector(element.data));
            }
            CHECK_FALSE(reader.next().has_value());
            CHECK_FALSE(reader.has_failed());
        }
        CHECK(to_vector(packet.payload()) == payload);
    }
}
