// Covers: every length field, count and size of RTP and RTCP, one over and one under and at its extremes, in blocks of
// exactly the datagram's size, so that a sanitizer sees one byte read too much. That nothing is read outside is all
// that is asked here; what must be refused is asked beside each parser.
#include <string>

#include "rtp/wire/packet.hpp"
#include "support/rtcp_reading.hpp"
#include "unit/rtp/support/bytes.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

void touch_rtp(std::span<const std::byte> datagram) {
    auto const packet = packet_view::parse(datagram);
    if (!packet) return;
    std::size_t sum = touch(packet->payload());
    for (std::size_t i = 0; i < packet->csrc_count(); ++i)
        sum += static_cast<std::size_t>(packet->csrc(i));
    if (auto const extension = packet->extension()) {
        extension_reader reader(*extension);
        while (auto const element = reader.next())
            sum += touch(element->data);
    }
    CHECK(packet->payload().size() + packet->padding_size() <= datagram.size());
    CHECK(sum < std::size_t{1} << 62);
}

/// Each octet in turn: one more, one less, nothing, everything, and each of its bits the other way.
template <class Read>
void for_each_change(std::string const& text, Read&& read) {
    auto const original = hex(text);
    read(exact_copy(original).bytes());
    for (std::size_t at = 0; at < original.size(); ++at) {
        auto const value = std::to_integer<unsigned>(original[at]);
        std::vector<unsigned> changes{value + 1, value - 1, 0, 255};
        for (unsigned bit = 0; bit < 8; ++bit)
            changes.push_back(value ^ 1U << bit);
        for (auto const change : changes) {
            auto changed = original;
            changed[at] = static_cast<std::byte>(change);
            read(exact_copy(changed).bytes());
        }
    }
    for (std::size_t size = 0; size <= original.size(); ++size)
        read(exact_copy(std::span(original).first(size)).bytes());
    auto longer = original;
    longer.push_back(std::byte{1});
    read(exact_copy(longer).bytes());
}

void try_rtcp(std::string const& packet) {
    auto const read = [](std::span<const std::byte> datagram) {
        CHECK(touch_rtcp(datagram, rtcp_form::compound) <= touch_rtcp(datagram, rtcp_form::reduced_size));
    };
    for_each_change(packet, read);
    for_each_change("80c90001 00000001" + packet, read);
    for_each_change(packet + "80c90001 00000001", read);
}

}  // namespace

TEST_CASE("No length field of an RTP packet leads outside it: CSRC count, extension, element and padding sizes") {
    for_each_change("80000001 000000a0 00000007 aabbccdd", touch_rtp);
    for_each_change("82000001 000000a0 00000007 00000008 00000009 aabbccdd", touch_rtp);
    for_each_change("90000001 000000a0 00000007 bede0002 10aa21bb cc000000 aabbccdd", touch_rtp);
    for_each_change("90000001 000000a0 00000007 10000002 01020304 05000600 aabbccdd", touch_rtp);
    for_each_change("b1000001 000000a0 00000007 00000008 bede0001 12aabbcc aabbccdd 00000004", touch_rtp);
}

TEST_CASE("No length field of an RTCP packet leads outside it: SR, RR, SDES, BYE and APP") {
    try_rtcp(
        "81c8000c 00000001 0000000100000002 00000003 00000004 00000005"
        "00000007 01000002 00000003 00000004 00000005 00000006"
    );
    try_rtcp(
        "82c9000d 00000001 00000007 01000002 00000003 00000004 00000005 00000006"
        "00000008 01000002 00000003 00000004 00000005 00000006"
    );
    try_rtcp("82ca0006 00000001 01026162 00000000 00000002 02036162 63000000");
    try_rtcp("82cb0004 00000001 00000002 05616263 64650000");
    try_rtcp("83cc0003 00000001 41424344 00000001");
    try_rtcp("a1cb0002 00000001 00000004");
}

TEST_CASE("No length field of a feedback message leads outside it (RFC 4585 6)") {
    try_rtcp("81cd0004 00000001 00000002 00018001 00400000");
    try_rtcp("81ce0002 00000001 00000002");
    // Reference picture selection (RFC 4585 6.3.3), which has a padding count of its own: not read here.
    try_rtcp("83ce0004 00000001 00000002 10600102 03040000");
}

TEST_CASE("No length field of an extended report leads outside it, in any of its blocks (RFC 3611 3, 4)") {
    try_rtcp("80cf0005 00000042 01000003 00000007 35fd362a 4015 afff");
    try_rtcp("80cf0006 00000042 02020004 00000007 35fd362a fde0 4015 8000 0000");
    try_rtcp("80cf0006 00000042 03000004 00000007 ffff0001 00000064 00000104");
    try_rtcp("80cf0007 00000042 04000002 0102030405060708 05000003 00000005 00000006 00000007");
    try_rtcp(
        "80cf000b 00000042 06e80009 00000007 00010005 00000001 00000002 00000003 00000004 00000005 00000006 01020304"
    );
    try_rtcp("80cf000a 00000042 07000008 00000007 01020304 00050006 00070008 f6c43710 5d7f2928 e9000028 00500078");
}
