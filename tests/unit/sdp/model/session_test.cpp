// Covered: directions as two bits, addresses that mean nobody or many, inheritance from the session, transports.
#include "sdp/model/session.hpp"

#include <doctest/doctest.h>

using namespace sdp;

namespace {
constexpr direction all_directions[] = {
    direction::inactive, direction::sendonly, direction::recvonly, direction::sendrecv};
}

TEST_CASE("A direction seen from the other end swaps sending and receiving") {
    CHECK(reversed(direction::sendonly) == direction::recvonly);
    CHECK(reversed(direction::sendrecv) == direction::sendrecv);
    CHECK(reversed(direction::inactive) == direction::inactive);
    for (auto const d : all_directions) {
        CHECK(sends(reversed(d)) == receives(d));
        CHECK(reversed(reversed(d)) == d);
        for (auto const other : all_directions) {
            CHECK(sends(both(d, other)) == (sends(d) && sends(other)));
            CHECK(receives(both(d, other)) == (receives(d) && receives(other)));
        }
    }
}

TEST_CASE("0.0.0.0, :: and names under .invalid are nobody's address") {
    CHECK(is_unspecified({address_family::ip4, "0.0.0.0"}));
    CHECK(is_unspecified({address_family::ip6, "::"}));
    CHECK(is_unspecified({address_family::ip6, "nobody.INVALID"}));
    CHECK_FALSE(is_unspecified({address_family::ip4, "192.0.2.1"}));
    CHECK_FALSE(is_unspecified({address_family::ip4, "invalid"}));
    CHECK_FALSE(is_unspecified({address_family::other, "ATM NSAP x.invalid"}));
}

TEST_CASE("Multicast addresses are 224 to 239 and ff00::/8") {
    CHECK(is_multicast({address_family::ip4, "224.2.36.42/127"}));
    CHECK(is_multicast({address_family::ip4, "239.255.255.255"}));
    CHECK(is_multicast({address_family::ip6, "FF15::101"}));
    CHECK_FALSE(is_multicast({address_family::ip4, "223.255.255.255"}));
    CHECK_FALSE(is_multicast({address_family::ip4, "240.0.0.1"}));
    CHECK_FALSE(is_multicast({address_family::ip4, "230"}));
    CHECK_FALSE(is_multicast({address_family::ip6, "ffwd.example.com"}));
    CHECK_FALSE(is_multicast({address_family::ip6, "2001:db8::ff"}));
}

TEST_CASE("A line without direction or connection takes those of its session (RFC 8866 5.7)") {
    session description;
    media line;
    CHECK(effective_direction(description, line) == direction::sendrecv);
    CHECK(effective_connection(description, line) == nullptr);
    description.direction = direction::sendonly;
    description.connection = connection{address_family::ip4, "192.0.2.1"};
    CHECK(effective_direction(description, line) == direction::sendonly);
    CHECK(effective_connection(description, line)->address == "192.0.2.1");
    line.direction = direction::inactive;
    line.connection = connection{address_family::ip4, "192.0.2.2"};
    CHECK(effective_direction(description, line) == direction::inactive);
    CHECK(effective_connection(description, line)->address == "192.0.2.2");
}

TEST_CASE("Codec names and transports compare without case") {
    CHECK(same_codec({"pcmu", 8000, 1}, {"PCMU", 8000, 1}));
    CHECK_FALSE(same_codec({"L16", 44100, 1}, {"L16", 44100, 2}));
    CHECK_FALSE(same_codec({"telephone-event", 8000, 1}, {"telephone-event", 48000, 1}));
    CHECK(is_rtp("rtp/avp"));
    CHECK(is_rtp("UDP/TLS/RTP/SAVPF"));
    CHECK_FALSE(is_rtp("udptl"));
    CHECK_FALSE(is_rtp("RTP/AVP/X"));
}
