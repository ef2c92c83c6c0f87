// Covered: readers of ICE attributes, groups, mid and rtcp-fb with good and unusable values.
#include "sdp/model/connectivity.hpp"

#include "sdp/model/parse.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sdp;

TEST_CASE("A candidate has foundation, component, transport, priority, address and type (RFC 8839 5.1)") {
    auto const host = read_candidate("1 1 UDP 2130706431 203.0.113.141 8998 typ host");
    REQUIRE(host.has_value());
    CHECK(host->foundation == "1");
    CHECK(host->component == 1);
    CHECK(host->transport == "UDP");
    CHECK(host->priority == 2130706431);
    CHECK(host->address == "203.0.113.141");
    CHECK(host->port == 8998);
    CHECK(host->type == "host");
    CHECK(host->related_address.empty());
    auto const reflexive = read_candidate(
        "2 2 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998 generation 0 ufrag x"
    );
    REQUIRE(reflexive.has_value());
    CHECK(reflexive->related_address == "203.0.113.141");
    CHECK(reflexive->related_port == 8998);
    CHECK(reflexive->extensions == "generation 0 ufrag x");
    CHECK(read_candidate("1 1 udp 1 4d8c.local 9 typ host")->address == "4d8c.local");
    CHECK(read_candidate("1 1 tcp 1 192.0.2.1 9 typ host tcptype active")->extensions == "tcptype active");
}

TEST_CASE("A candidate beyond the bounds of its numbers is not read (RFC 8839 5.1)") {
    for (std::string_view const bad :
         {"", "1", "1 0 UDP 1 192.0.2.1 9 typ host", "1 257 UDP 1 192.0.2.1 9 typ host",
          "1 1 UDP 0 192.0.2.1 9 typ host", "1 1 UDP 2147483648 192.0.2.1 9 typ host",
          "1 1 UDP 1 192.0.2.1 65536 typ host", "1 1 UDP 1 192.0.2.1 9 host", "1 1 UDP 1 192.0.2.1 9 typ",
          "- 1 UDP 1 192.0.2.1 9 typ host", "1 1 UDP 1 192.0.2.1 9 typ srflx raddr 192.0.2.2",
          "123456789012345678901234567890123 1 UDP 1 192.0.2.1 9 typ host"}) {
        CAPTURE(bad);
        CHECK_FALSE(read_candidate(bad).has_value());
    }
}

TEST_CASE("ICE credentials are those of the line or of the session, each long enough (RFC 8839 5.4)") {
    auto const read = parse(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=ice-ufrag:8hhY\r\n"
        "a=ice-pwd:asd88fgpdd777uzjYhagZg\r\nm=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\na=ice-ufrag:9uB6\r\n"
        "a=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\nm=audio 4004 RTP/AVP 0\r\na=ice-ufrag:abc\r\n"
    );
    REQUIRE(read.has_value());
    CHECK((ice_credentials_of(*read, read->media_lines[0]) == ice_credentials{"8hhY", "asd88fgpdd777uzjYhagZg"}));
    CHECK((ice_credentials_of(*read, read->media_lines[1]) == ice_credentials{"9uB6", "YH75Fviy6338Vbrhrlp8Yh"}));
    CHECK_FALSE(ice_credentials_of(*read, read->media_lines[2]).has_value());
}

TEST_CASE("A group has semantics and members (RFC 5888 5, RFC 9143 6)") {
    auto const bundle = read_group("BUNDLE 0 1 audio2");
    REQUIRE(bundle.has_value());
    CHECK(bundle->semantics == "BUNDLE");
    REQUIRE(bundle->members.size() == 3);
    CHECK(bundle->members[2] == "audio2");
    CHECK(read_group("LS")->members.empty());
    CHECK_FALSE(read_group(" ").has_value());
    std::string many = "BUNDLE";
    for (int i = 0; i != 1000; ++i)
        many.append(" ").append(std::to_string(i));
    CHECK(read_group(many)->members.size() == most_group_members);
}

TEST_CASE("Feedback is for one format or for all (RFC 4585 4.2)") {
    CHECK((read_rtcp_feedback("96 nack pli") == rtcp_feedback{payload_type{96}, "nack", "pli"}));
    CHECK((read_rtcp_feedback("* trr-int 100") == rtcp_feedback{{}, "trr-int", "100"}));
    CHECK((read_rtcp_feedback("111 transport-cc") == rtcp_feedback{payload_type{111}, "transport-cc", ""}));
    for (std::string_view const bad : {"", "*", "128 nack", "x nack"})
        CHECK_FALSE(read_rtcp_feedback(bad).has_value());
}
