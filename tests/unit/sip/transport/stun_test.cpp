// Covered: Binding requests and responses as they are read and written, with the vectors of RFC 5769; what is no STUN;
// the answering side. Not here: MESSAGE-INTEGRITY, which this usage has not; when requests are sent (flow_watch_test).
#include "sip/transport/stun.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/seeded_random.hpp"

namespace {

using sip::stun::message_class;

std::string bytes(std::vector<unsigned> const& numbers) {
    std::string made;
    for (auto const n : numbers)
        made += static_cast<char>(n);
    return made;
}

/// RFC 5769 2.1: SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY, FINGERPRINT.
std::string const sample_request =
    bytes({0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87,
           0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c,
           0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f,
           0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76,
           0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e,
           0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf});
/// RFC 5769 2.2: 192.0.2.1 port 32853.
std::string const sample_v4_response =
    bytes({0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
           0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
           0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
           0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
           0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96});
/// RFC 5769 2.3: 2001:db8:1234:5678:11:2233:4455:6677 port 32853.
std::string const sample_v6_response =
    bytes({0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
           0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
           0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
           0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14,
           0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1, 0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75,
           0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04, 0xc8, 0xfb, 0x0b, 0x4c});
sip::stun::transaction const sample_id{0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

sip::endpoint const source{*sip::ip_address::from("192.0.2.1"), 32853, sip::transport_kind::udp};

}  // namespace

TEST_CASE("The published sample request is read, with what it asks for beyond our understanding (RFC 8489 5, 6.3)") {
    auto const read = sip::stun::parse(sample_request);
    REQUIRE(read);
    CHECK(read->what == message_class::request);
    CHECK(read->id == sample_id);
    CHECK(read->unknown == std::vector<std::uint16_t>{0x0024});  // PRIORITY; ICE-CONTROLLED may be passed over
    CHECK(!read->mapped);
}

TEST_CASE("The published sample responses tell the address, IPv4 and IPv6 (RFC 8489 14.2)") {
    auto const v4 = sip::stun::parse(sample_v4_response);
    REQUIRE(v4);
    CHECK(v4->what == message_class::success);
    CHECK(v4->id == sample_id);
    REQUIRE(v4->mapped);
    CHECK(sip::host_port(*v4->mapped) == "192.0.2.1:32853");
    auto const v6 = sip::stun::parse(sample_v6_response);
    REQUIRE((v6 && v6->mapped));
    CHECK(sip::host_port(*v6->mapped) == "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
    CHECK(v6->unknown.empty());
}

TEST_CASE("A FINGERPRINT that is wrong, or not the last attribute, makes the message none (RFC 8489 14.7)") {
    auto const type_at = sample_v4_response.size() - 8;  // two octets: another type is another attribute
    for (std::size_t at = 20; at < sample_v4_response.size(); ++at) {
        if (at == type_at || at == type_at + 1) continue;
        auto changed = sample_v4_response;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        CAPTURE(at);
        CHECK(!sip::stun::parse(changed));
    }
    auto const fingerprint = sample_v4_response.substr(sample_v4_response.size() - 8);
    auto early = sample_v4_response.substr(0, 20) + fingerprint + sample_v4_response.substr(20, 60 - 8);
    CHECK(!sip::stun::parse(early));
}

TEST_CASE("What is cut off, has another cookie, or is SIP, is no STUN message (RFC 8489 5, RFC 5626 8)") {
    CHECK(sip::stun::is_stun(sample_request));
    for (std::size_t size = 0; size < sample_request.size(); ++size)
        CHECK(!sip::stun::is_stun(sample_request.substr(0, size)));
    CHECK(!sip::stun::is_stun(sample_request + std::string(4, '\0')));
    auto other = sample_request;
    other[4] = 0x20;
    CHECK(!sip::stun::is_stun(other));
    CHECK(!sip::stun::is_stun("OPTIONS sip:a@b SIP/2.0\r\n\r\n"));
    CHECK(!sip::stun::is_stun("\r\n\r\n"));
    auto another_method = sip::stun::binding_request(sample_id);
    another_method[1] = 0x03;  // TURN's Allocate
    CHECK(sip::stun::is_stun(another_method));
    CHECK(!sip::stun::parse(another_method));
}

TEST_CASE("An attribute that runs past the end makes the message none, whatever its length says (RFC 8489 14)") {
    auto request = sip::stun::binding_request(sample_id);
    request[3] = 8;
    for (unsigned length : {5U, 8U, 0xffffU}) {
        auto const broken = request + bytes({0x80, 0x22, length >> 8, length & 0xff, 1, 2, 3, 4});
        CHECK(!sip::stun::parse(broken));
    }
    CHECK(sip::stun::parse(request + bytes({0x80, 0x22, 0, 3, 1, 2, 3, 0})));
}

TEST_CASE("A request of ours has a transaction of its own and no attributes (RFC 8489 6.2, RFC 5626 8)") {
    test::seeded_random random(3);
    auto const first = sip::stun::new_transaction(random.source());
    auto const second = sip::stun::new_transaction(random.source());
    CHECK(first != second);
    auto const wire = sip::stun::binding_request(first);
    CHECK(wire.size() == 20);
    auto const read = sip::stun::parse(wire);
    REQUIRE(read);
    CHECK(read->what == message_class::request);
    CHECK(read->id == first);
}

TEST_CASE("A Binding request is answered with the address that it came from (RFC 8489 6.3.1.1, 14.2, RFC 5626 8)") {
    auto const answer = sip::stun::answer(sip::stun::binding_request(sample_id), source);
    REQUIRE(answer);
    // What the vector hides the address behind.
    CHECK(answer->substr(20) == sample_v4_response.substr(36, 12));
    auto const read = sip::stun::parse(*answer);
    REQUIRE(read);
    CHECK(read->what == message_class::success);
    CHECK(read->id == sample_id);
    CHECK(read->mapped == source);
    sip::endpoint const v6{*sip::ip_address::from("2001:db8:1234:5678:11:2233:4455:6677"), 32853, {}};
    auto const six = sip::stun::answer(sip::stun::binding_request(sample_id), v6);
    REQUIRE(six);
    CHECK(six->substr(20) == sample_v6_response.substr(36, 24));
}

TEST_CASE("A request with an attribute that has to be understood and is not gets 420 (RFC 8489 6.3.1, 14.8, 14.13)") {
    auto const answer = sip::stun::answer(sample_request, source);
    REQUIRE(answer);
    auto const read = sip::stun::parse(*answer);
    REQUIRE(read);
    CHECK(read->what == message_class::error);
    CHECK(read->error == 420);
    CHECK(answer->substr(answer->size() - 8) == bytes({0x00, 0x0a, 0x00, 0x02, 0x00, 0x24, 0x00, 0x00}));
    CHECK(answer->size() % 4 == 0);
}

TEST_CASE("Nobody answers an answer, or an indication (RFC 8489 6.3.2, 6.3.3)") {
    CHECK(!sip::stun::answer(sample_v4_response, source));
    auto indication = sip::stun::binding_request(sample_id);
    indication[1] = 0x11;
    CHECK(sip::stun::parse(indication)->what == message_class::indication);
    CHECK(!sip::stun::answer(indication, source));
}
