// Covered: each typed attribute with good, odd and unusable values; static payload numbers; parameters of fmtp.
#include "sdp/model/attributes.hpp"

#include <doctest/doctest.h>

using namespace sdp;
using namespace std::chrono_literals;

TEST_CASE("rtpmap names number, encoding, clock rate and channels (RFC 8866 6.6)") {
    CHECK((read_rtpmap("96 opus/48000/2") == rtpmap{payload_type{96}, "opus", 48000, 2}));
    CHECK((read_rtpmap("0 PCMU/8000") == rtpmap{payload_type{0}, "PCMU", 8000, 1}));
    CHECK((read_rtpmap("  8   PCMA/8000/1 ") == rtpmap{payload_type{8}, "PCMA", 8000, 1}));
    CHECK((read_rtpmap("127 X-own.codec_1/1") == rtpmap{payload_type{127}, "X-own.codec_1", 1, 1}));
}

TEST_CASE("An rtpmap that cannot be meant is not read") {
    for (std::string_view const bad :
         {"", "96", "96 opus", "96 opus/", "96 opus/0", "96 opus/48000/0", "128 opus/48000", "x opus/48000", "96 /8000",
          "96 opus/4294967296", "96 opus/48000/65536", "-1 a/8000"}) {
        CAPTURE(bad);
        CHECK_FALSE(read_rtpmap(bad).has_value());
    }
}

TEST_CASE("fmtp keeps its parameters as they are written (RFC 8866 6.15)") {
    auto const read = read_fmtp("97 profile-level-id=42e01e; packetization-mode=1 ");
    REQUIRE(read.has_value());
    CHECK(read->payload == payload_type{97});
    CHECK(read->parameters == "profile-level-id=42e01e; packetization-mode=1");
    CHECK_FALSE(read_fmtp("97").has_value());
    CHECK_FALSE(read_fmtp("200 x=1").has_value());
}

TEST_CASE("Parameters are found by name without case, and not inside other names or values") {
    constexpr std::string_view parameters = "useinbandfec=1; Mode = 20 ;flag;x=mode=30";
    CHECK((parameter_value(parameters, "mode") == "20"));
    CHECK((parameter_value(parameters, "MODE") == "20"));
    CHECK((parameter_value(parameters, "flag") == ""));
    CHECK((parameter_value(parameters, "x") == "mode=30"));
    CHECK_FALSE(parameter_value(parameters, "inbandfec").has_value());
    CHECK_FALSE(parameter_value("", "mode").has_value());
}

TEST_CASE("A packet time is 1 to 65535 milliseconds; of a real number the whole part counts (RFC 8866 6.4, 6.5)") {
    CHECK((read_packet_time("20") == 20ms));
    CHECK((read_packet_time(" 30 ") == 30ms));
    CHECK((read_packet_time("20.0") == 20ms));
    CHECK((read_packet_time("2.5") == 2ms));
    for (std::string_view const bad :
         {"0", "-20", "2147483648", "65536", "0.5", "20.", ".5", "20.x", "20.5.1", "20 30", "", "abc"}) {
        CAPTURE(bad);
        CHECK_FALSE(read_packet_time(bad).has_value());
    }
}

TEST_CASE("rtcp names a port and sometimes an address (RFC 3605 2.1)") {
    CHECK((read_rtcp("53020") == rtcp_view{53020, {}}));
    CHECK((read_rtcp("53020 IN IP4 192.0.2.9") == rtcp_view{53020, connection_view{address_family::ip4, "192.0.2.9"}}));
    CHECK(
        read_rtcp("53020 IN IP6 2001:db8::9") == rtcp_view{53020, connection_view{address_family::ip6, "2001:db8::9"}}
    );
    for (std::string_view const bad : {"", "0", "65536", "port", "53020 IN IP4"}) {
        CAPTURE(bad);
        CHECK_FALSE(read_rtcp(bad).has_value());
    }
}

TEST_CASE("A greedy token rule does not swallow following tokens (rtcp-xr)") {
    // The names of rtcp, rtcp-mux, rtcp-fb and rtcp-xr begin alike; only the whole name counts.
    CHECK_FALSE(read_direction("sendrecv-x").has_value());
    CHECK_FALSE(read_direction("send").has_value());
    CHECK((read_direction("SendOnly") == direction::sendonly));
    CHECK((read_connection("IN IP4 192.0.2.1 trailing") == connection_view{address_family::ip4, "192.0.2.1"}));
}

TEST_CASE("A connection of another network is kept whole") {
    CHECK((read_connection("ATM NSAP 47.0091") == connection_view{address_family::other, "ATM NSAP 47.0091"}));
    CHECK((read_connection(" IN  IP6  FF15::101/3 ") == connection_view{address_family::ip6, "FF15::101/3"}));
    CHECK_FALSE(read_connection("").has_value());
    CHECK_FALSE(read_connection("IN IP4").has_value());
}

TEST_CASE("Static numbers mean what RFC 3551 6 says") {
    CHECK((static_codec(payload_type{0}) == codec{"PCMU", 8000, 1}));
    CHECK((static_codec(payload_type{9}) == codec{"G722", 8000, 1}));
    CHECK((static_codec(payload_type{10}) == codec{"L16", 44100, 2}));
    for (unsigned const unassigned : {1U, 2U, 19U, 35U, 72U, 95U, 96U, 127U}) {
        CHECK_FALSE(static_codec(static_cast<payload_type>(unassigned)).has_value());
    }
}
