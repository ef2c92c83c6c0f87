// Covers: the first byte over all 256 values, and RTP against RTCP over all second bytes.
#include "rtp/wire/demux.hpp"

#include <doctest/doctest.h>

#include <array>

using rtp::classify;
using rtp::datagram_kind;

TEST_CASE("The first byte says what a datagram is (RFC 7983 7)") {
    for (unsigned first = 0; first < 256; ++first) {
        CAPTURE(first);
        std::array const datagram{static_cast<std::byte>(first), std::byte{0}};
        auto expected = datagram_kind::unknown;
        if (first < 4) expected = datagram_kind::stun;
        if (first >= 16 && first < 20) expected = datagram_kind::zrtp;
        if (first >= 20 && first < 64) expected = datagram_kind::dtls;
        if (first >= 64 && first < 80) expected = datagram_kind::turn_channel;
        if (first >= 128 && first < 192) expected = datagram_kind::rtp;
        CHECK(classify(datagram) == expected);
    }
}

TEST_CASE("Packet types 192 to 223 are RTCP on a shared port (RFC 5761 4)") {
    for (unsigned second = 0; second < 256; ++second) {
        CAPTURE(second);
        std::array const datagram{std::byte{0x80}, static_cast<std::byte>(second)};
        CHECK(classify(datagram) == (second >= 192 && second <= 223 ? datagram_kind::rtcp : datagram_kind::rtp));
    }
}

TEST_CASE("Nothing, and one byte of RTP, are unknown") {
    std::array const one{std::byte{0x80}};
    CHECK(classify({}) == datagram_kind::unknown);
    CHECK(classify(one) == datagram_kind::unknown);
}
