// Covers: two sessions that secure their media by DTLS on their media ports: one port or two, early and foreign
// datagrams, a wrong certificate, re-INVITE, the end. Time is virtual, so no flight is lost here
// (tests/loopback/rtp_dtls.cpp).
#include <doctest/doctest.h>

#include <array>

#include "unit/rtp/support/dtls.hpp"
#include "unit/rtp/support/party.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

/// Two parties and what goes between them. Each knows the other by its own address.
struct secure_call {
    party alice;
    party bob;
    endpoint alice_at = at("192.0.2.10", 5004);
    endpoint bob_at = at("192.0.2.20", 6004);

    explicit secure_call(rtcp_transport rtcp = rtcp_transport::multiplexed)
        : alice(settings_with(rtcp), 1), bob(settings_with(rtcp), 2) {
        alice.media.set_remote(alice.time(), {bob_at, next_port(bob_at)});
        bob.media.set_remote(bob.time(), {alice_at, next_port(alice_at)});
    }

    static session_settings settings_with(rtcp_transport rtcp) {
        auto settings = usual_settings();
        settings.rtcp = rtcp;
        return settings;
    }
    static endpoint next_port(endpoint e) {
        ++e.port;
        return e;
    }

    [[nodiscard]] static dtls_keys keys_of(dtls_role role, dtls_identity const& own, dtls_identity const& peer) {
        dtls_keys keys;
        keys.identity = &own;
        keys.dtls = dtls_settings_for(role, peer);
        return keys;
    }
    void secure_alice(dtls_role role = dtls_role::active) {
        REQUIRE_FALSE(alice.media.set_security(alice.time(), keys_of(role, alice_identity(), bob_identity())));
    }
    void secure_bob(dtls_role role = dtls_role::passive) {
        REQUIRE_FALSE(bob.media.set_security(bob.time(), keys_of(role, bob_identity(), alice_identity())));
    }

    /// Runs what is due now and passes datagrams on until nobody has any.
    void exchange() {
        for (bool is_busy = true; is_busy;) {
            is_busy = false;
            for (auto* one : {&alice, &bob}) {
                one->advance_to(one->now);
                auto& other = one == &alice ? bob : alice;
                auto const from = one == &alice ? alice_at : bob_at;
                auto datagrams = std::move(one->out.datagrams);
                one->out.datagrams.clear();
                for (auto& sent : datagrams) {
                    is_busy = true;
                    other.media.on_packet(
                        other.time(), sent.via, std::move(sent.packet),
                        sent.via == component::rtp ? from : next_port(from), other.out
                    );
                }
            }
        }
    }
    void talk(int packets) {
        for (int i = 0; i < packets; ++i) {
            (void)alice.send();
            (void)bob.send();
            exchange();
            alice.advance_to(alice.now + 20ms);
            bob.advance_to(bob.now + 20ms);
        }
    }
};

}  // namespace

TEST_CASE("Media is secured by a handshake on its own port, and then heard (RFC 5763 5, 6.10, RFC 5764 3, 5.1.1)") {
    secure_call call;
    call.secure_alice();
    call.secure_bob();
    CHECK(call.alice.send() == errc::no_keys);
    call.exchange();
    for (auto* one : {&call.alice, &call.bob}) {
        auto const secured = one->events<media_secured>();
        REQUIRE(secured.size() == 1);
        CHECK(secured[0].via == component::rtp);
        CHECK(secured[0].suite == crypto_suite::aead_aes_128_gcm);
    }
    call.talk(10);
    CHECK(call.alice.media.statistics().packets_delivered >= 8);
    CHECK(call.bob.media.statistics().packets_delivered >= 8);
    CHECK(call.bob.media.statistics().unauthentic == 0);
}

TEST_CASE("RTCP on a port of its own has a handshake of its own (RFC 5763 6.5, RFC 5764 3, 4.2, 4.3)") {
    secure_call call(rtcp_transport::separate_port);
    call.secure_alice();
    call.secure_bob();
    call.exchange();
    REQUIRE(call.bob.events<media_secured>().size() == 2);
    call.talk(500);
    CHECK(call.bob.media.statistics().rtcp_received > 0);
    CHECK(call.bob.media.statistics().packets_delivered > 400);
    CHECK(call.bob.media.statistics().unauthentic == 0);
}

TEST_CASE("A ClientHello that overtakes the answer is held, and answered when its sender is known (RFC 5763 6.2)") {
    secure_call call;
    call.secure_bob(dtls_role::active);
    REQUIRE_FALSE(call.alice.media.set_security(call.alice.time(), awaiting_keys{}));
    call.exchange();
    CHECK(call.alice.out.events.empty());
    CHECK(call.bob.events<media_secured>().empty());
    call.secure_alice(dtls_role::passive);
    call.exchange();
    CHECK(call.alice.events<media_secured>().size() == 1);
    CHECK(call.bob.events<media_secured>().size() == 1);
}

TEST_CASE("Of what overtakes the answer only a few datagrams are held, and a stranger's is not answered (RFC 5763 6.2)"
) {
    secure_call call;
    REQUIRE_FALSE(call.alice.media.set_security(call.alice.time(), awaiting_keys{}));
    byte_vector hello(100, std::byte{22});
    for (int i = 0; i < 100; ++i)
        call.alice.receive_bytes(hello, component::rtp, stranger);
    call.secure_bob(dtls_role::active);
    call.exchange();
    call.secure_alice(dtls_role::passive);
    call.exchange();
    CHECK(call.alice.events<media_secured>().size() == 1);
    CHECK(call.bob.events<media_secured>().size() == 1);
}

TEST_CASE("A ClientHello from another address than the agreed one is ignored (RFC 5763 6.2, RFC 5764 5.1)") {
    secure_call call;
    call.secure_alice(dtls_role::passive);
    call.alice.advance_to(call.alice.now);
    auto foreign = make_association(bob_identity(), dtls_settings_for(dtls_role::active, alice_identity()));
    for (auto const& datagram : take_output(foreign))
        call.alice.receive_bytes(datagram, component::rtp, stranger);
    CHECK(call.alice.out.datagrams.empty());
    CHECK(call.alice.media.statistics().foreign_address == 1);
    call.secure_bob(dtls_role::active);
    call.exchange();
    CHECK(call.alice.events<media_secured>().size() == 1);
}

TEST_CASE(
    "With latching the peer may shake hands from an address that its description could not know (RFC 4961, RFC 5763 "
    "6.7.2)"
) {
    auto settings = secure_call::settings_with(rtcp_transport::multiplexed);
    settings.latch = latching::once;
    party alice(settings);
    alice.media.set_remote(alice.time(), {at("10.0.0.1", 4000), at("10.0.0.1", 4001)});
    REQUIRE_FALSE(alice.media.set_security(
        alice.time(), secure_call::keys_of(dtls_role::passive, alice_identity(), bob_identity())
    ));
    alice.advance_to(alice.now);
    auto peer = make_association(bob_identity(), dtls_settings_for(dtls_role::active, alice_identity()));
    for (bool is_busy = true; is_busy;) {
        is_busy = false;
        for (auto const& datagram : take_output(peer))
            alice.receive_bytes(datagram, component::rtp, stranger);
        for (auto const& answer : alice.out.datagrams) {
            is_busy = true;
            CHECK(answer.to == stranger);
            peer.on_datagram(dtls_epoch, answer.packet.bytes());
        }
        alice.out.datagrams.clear();
    }
    CHECK(peer.current() == dtls_association::state::established);
    CHECK(alice.events<media_secured>().size() == 1);
}

TEST_CASE("A wrong certificate ends it: nothing is sent and nothing is heard (RFC 5763 5)") {
    auto const deceiver = make_identity();
    secure_call call;
    call.secure_alice();
    REQUIRE_FALSE(call.bob.media.set_security(
        call.bob.time(), secure_call::keys_of(dtls_role::passive, deceiver, alice_identity())
    ));
    call.exchange();
    auto const failed = call.alice.events<security_failed>();
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].reason.find("fingerprint") != std::string::npos);
    CHECK(call.alice.events<media_secured>().empty());
    CHECK(call.alice.send() == errc::no_keys);
    call.alice.receive_run(1, 5, ssrc_t{1}, call.bob_at);
    CHECK(call.alice.out.media.empty());
    REQUIRE(call.bob.events<security_failed>().size() == 1);
    CHECK(call.bob.events<security_failed>()[0].reason.find("certificate") != std::string::npos);
}

TEST_CASE("The association outlives a re-INVITE that changes nothing of it (RFC 5763 6.6, RFC 8842 4)") {
    secure_call call;
    call.secure_alice();
    call.secure_bob();
    call.exchange();
    call.talk(5);
    call.secure_alice();
    call.secure_bob();
    call.alice.media.set_direction(call.alice.time(), direction::inactive, peer_media::optional, call.alice.out);
    call.alice.media.set_direction(call.alice.time(), direction::send_receive, peer_media::expected, call.alice.out);
    call.exchange();
    auto const before = call.bob.media.statistics().packets_delivered;
    call.talk(5);
    CHECK(call.bob.media.statistics().packets_delivered == before + 5);
    CHECK(call.alice.events<media_secured>().size() == 1);
}

TEST_CASE(
    "A new association takes over when it is established, and the old keys serve until then (RFC 5763 6.8, "
    "RFC 5764 5.2, RFC 8842 4)"
) {
    secure_call call;
    call.secure_alice();
    call.secure_bob();
    call.exchange();
    call.talk(5);
    auto again = secure_call::keys_of(dtls_role::active, alice_identity(), bob_identity());
    again.association = 1;
    REQUIRE_FALSE(call.alice.media.set_security(call.alice.time(), again));
    CHECK_FALSE(call.alice.send());
    auto answer = secure_call::keys_of(dtls_role::passive, bob_identity(), alice_identity());
    answer.association = 1;
    REQUIRE_FALSE(call.bob.media.set_security(call.bob.time(), answer));
    call.exchange();
    CHECK(call.alice.events<media_secured>().size() == 2);
    CHECK(call.bob.events<media_secured>().size() == 2);
    auto const before = call.bob.media.statistics().packets_delivered;
    call.talk(5);
    CHECK(call.bob.media.statistics().packets_delivered == before + 5);
    CHECK(call.bob.media.statistics().unauthentic == 0);
}

TEST_CASE("A handshake waits for the peer's address (RFC 5763 5)") {
    secure_call call;
    call.alice.media.set_remote(call.alice.time(), {});
    call.secure_alice();
    call.secure_bob();
    call.exchange();
    CHECK(call.bob.events<media_secured>().empty());
    call.alice.media.set_remote(call.alice.time(), {call.bob_at, call.bob_at});
    call.exchange();
    CHECK(call.alice.events<media_secured>().size() == 1);
}

TEST_CASE("The end of the session closes its association after the BYE (RFC 5246 7.2.1, RFC 3550 6.3.7)") {
    secure_call call;
    call.secure_alice();
    call.secure_bob();
    call.exchange();
    call.talk(5);
    call.alice.media.stop(call.alice.time(), "bye", call.alice.out);
    REQUIRE(call.alice.out.datagrams.size() == 2);
    CHECK(classify(call.alice.out.datagrams[1].packet.bytes()) == datagram_kind::dtls);
    CHECK(call.alice.events<security_failed>().empty());
    call.exchange();
    CHECK(call.bob.events<remote_bye>().size() == 1);
    REQUIRE(call.bob.events<security_failed>().size() == 1);
    CHECK(call.bob.events<security_failed>()[0].reason == "the peer closed the association");
}

TEST_CASE("DTLS where media is plain, or has its keys from the description, is dropped (RFC 5764 5.1.2)") {
    party plain;
    byte_vector hello(100, std::byte{22});
    plain.receive_bytes(hello, component::rtp, peer_rtp);
    CHECK(plain.media.statistics().malformed == 1);
    CHECK(plain.out.datagrams.empty());
}

TEST_CASE("DTLS without an identity or a fingerprint is refused, and what was set before stays") {
    party p;
    dtls_keys keys;
    CHECK(p.media.set_security(p.time(), keys) == errc::invalid_argument);
    keys.identity = &alice_identity();
    CHECK(p.media.set_security(p.time(), keys) == errc::invalid_argument);
    CHECK_FALSE(p.send());
}
