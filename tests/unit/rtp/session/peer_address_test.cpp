// Covers: whom we hear and where we send, with and without symmetric RTP; strangers, NAT, handover, re-INVITE, RTCP
// ports.
#include "rtp/session/peer_address.hpp"

#include <doctest/doctest.h>

using namespace rtp;
using namespace std::chrono_literals;

namespace {

constexpr time_point now = time_point{} + 1h;

endpoint at(char const* address, std::uint16_t port) {
    return endpoint::from_text(address, port).value();
}

endpoint const described = at("192.0.2.1", 4000);
endpoint const described_rtcp = at("192.0.2.1", 4001);
endpoint const nat = at("203.0.113.9", 61000);
endpoint const stranger = at("198.51.100.7", 5000);

peer_address make(latching latch, rtcp_transport rtcp = rtcp_transport::separate_port, duration relearn = 0s) {
    peer_address peer(latch, rtcp, relearn);
    CHECK(peer.set_described({described, described_rtcp}));
    return peer;
}

/// A valid RTP packet, if it is heard at all.
bool put(peer_address& peer, endpoint const& from, time_point when = now) {
    if (!peer.is_heard(component::rtp, from, when)) return false;
    (void)peer.on_valid(component::rtp, from, when);
    return true;
}

}  // namespace

TEST_CASE("Media goes where the description says, wherever it comes from, without latching") {
    auto peer = make(latching::off);
    CHECK(peer.destination(component::rtp) == described);
    CHECK(peer.destination(component::rtcp) == described_rtcp);
    for (int i = 0; i < 5; ++i)
        CHECK(put(peer, nat));
    CHECK(peer.destination(component::rtp) == described);
    CHECK(peer.destination(component::rtcp) == described_rtcp);
}

TEST_CASE("Latching sends to where two valid packets in a row came from, once") {
    auto peer = make(latching::once);
    CHECK(put(peer, nat));
    CHECK(peer.destination(component::rtp) == described);
    CHECK(peer.is_heard(component::rtp, nat, now));
    CHECK(peer.on_valid(component::rtp, nat, now));
    CHECK(peer.destination(component::rtp) == nat);
    for (int i = 0; i < 100; ++i)
        CHECK_FALSE(put(peer, stranger));
    CHECK(peer.destination(component::rtp) == nat);
    CHECK_FALSE(peer.on_valid(component::rtp, nat, now));
}

TEST_CASE("A third address is never heard once the peer was, and never moves media") {
    for (auto const latch : {latching::off, latching::once}) {
        auto peer = make(latch);
        CHECK(put(peer, described));
        for (int i = 0; i < 100; ++i)
            CHECK_FALSE(put(peer, stranger, now + i * 1h));
        CHECK(peer.destination(component::rtp) == described);
        CHECK(put(peer, described, now + 200h));
    }
}

TEST_CASE("A stranger who was first loses to the described address") {
    auto peer = make(latching::once);
    put(peer, stranger);
    put(peer, stranger);
    CHECK(peer.destination(component::rtp) == stranger);
    CHECK(peer.is_heard(component::rtp, described, now));
    CHECK(peer.on_valid(component::rtp, described, now));
    CHECK(peer.destination(component::rtp) == described);
    CHECK_FALSE(put(peer, stranger));
}

TEST_CASE("Two strangers who take turns are not latched to") {
    auto peer = make(latching::once);
    for (int i = 0; i < 10; ++i) {
        CHECK(put(peer, stranger));
        CHECK(put(peer, nat));
    }
    CHECK(peer.destination(component::rtp) == described);
}

TEST_CASE("Before any description the first who sends is heard and, with latching, answered") {
    peer_address peer(latching::once, rtcp_transport::separate_port, 0s);
    CHECK_FALSE(peer.destination(component::rtp).is_usable());
    put(peer, nat);
    put(peer, nat);
    CHECK(peer.destination(component::rtp) == nat);
}

TEST_CASE("A new description forgets what was learned; the same one keeps it") {
    auto peer = make(latching::once);
    put(peer, nat);
    put(peer, nat);
    CHECK_FALSE(peer.set_described({described, described_rtcp}));
    CHECK(peer.destination(component::rtp) == nat);
    auto const moved = at("192.0.2.77", 6000);
    CHECK(peer.set_described({moved, at("192.0.2.77", 6001)}));
    CHECK(peer.destination(component::rtp) == moved);
    CHECK(put(peer, stranger));
}

TEST_CASE("A handover is heard only after a silence, if that is allowed at all") {
    auto strict = make(latching::once);
    put(strict, described);
    CHECK_FALSE(put(strict, nat, now + 1000s));
    auto mobile = make(latching::once, rtcp_transport::separate_port, 5s);
    put(mobile, described);
    CHECK_FALSE(put(mobile, nat, now + 4s));
    CHECK(put(mobile, nat, now + 5s));
    CHECK(put(mobile, nat, now + 5s));
    CHECK(mobile.destination(component::rtp) == nat);
}

TEST_CASE("RTCP is heard from the peer's addresses at any port, and latches beside RTP") {
    auto peer = make(latching::once);
    CHECK(peer.is_heard(component::rtcp, described_rtcp, now));
    CHECK(peer.is_heard(component::rtcp, at("192.0.2.1", 9), now));
    auto const nat_rtcp = at("203.0.113.9", 61001);
    CHECK_FALSE(peer.is_heard(component::rtcp, nat_rtcp, now));
    put(peer, nat);
    put(peer, nat);
    CHECK(peer.is_heard(component::rtcp, nat_rtcp, now));
    CHECK_FALSE(peer.is_heard(component::rtcp, stranger, now));
    CHECK(peer.on_valid(component::rtcp, nat_rtcp, now));
    CHECK(peer.destination(component::rtcp) == nat_rtcp);
    CHECK_FALSE(peer.on_valid(component::rtcp, at("203.0.113.9", 7), now));
    CHECK(peer.destination(component::rtcp) == nat_rtcp);
}

TEST_CASE("On one port RTCP goes where RTP goes (RFC 5761)") {
    auto peer = make(latching::once, rtcp_transport::multiplexed);
    CHECK(peer.destination(component::rtcp) == described);
    put(peer, nat);
    put(peer, nat);
    CHECK(peer.destination(component::rtcp) == nat);
}
