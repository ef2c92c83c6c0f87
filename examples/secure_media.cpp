// Secure media with librtp alone: two ends that agree on keys by DTLS, on the media port itself, and then send sound
// as SRTP. No sockets and no clock: the "network" is a loop, time is a number. In a call the fingerprints travel in the
// descriptions (a=fingerprint), and so does who begins (a=setup).
//
// It prints:
// alice begins the handshake
// bob is secure: AEAD_AES_128_GCM
// alice is secure: AEAD_AES_128_GCM
// bob hears 49 of 50 packets: two in a row make a source, and the first is gone by then
// a plain packet: bob counts it as not authentic, and hears nothing
// the same SRTP packet again: bob counts a replay, and hears nothing
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <variant>

#include "rtp/session/session.hpp"

namespace {

using namespace std::chrono_literals;

constexpr rtp::payload_type pcmu{0};

/// One end: a session, and the outbox that it fills.
struct end {
    std::string name;
    rtp::endpoint address;
    std::mt19937_64 random;
    rtp::environment environment{[this] { return random(); }};  // a real program passes a cryptographic source
    rtp::packet_pool pool;
    rtp::session media;
    rtp::outbox out;

    end(std::string its_name, rtp::endpoint its_address, std::uint64_t seed, rtp::now_t now)
        : name(std::move(its_name)), address(its_address), random(seed), media(make(now)) {
        rtp::payload_map formats;
        formats.receive = {{pcmu}};
        media.set_payloads(now, formats);
        media.set_direction(now, rtp::direction::send_receive, rtp::peer_media::expected, out);
    }

private:
    rtp::session make(rtp::now_t now) {
        rtp::session_settings settings;
        settings.cname = name + "@example";
        settings.rtcp = rtp::rtcp_transport::multiplexed;
        return *rtp::session::create(now, settings, environment, pool);
    }
};

struct call {
    rtp::now_t now{rtp::time_point{} + 1h, rtp::wall_point{} + 24h * 365 * 56};
    end alice{"alice", *rtp::endpoint::from_text("192.0.2.1", 5004), 1, now};
    end bob{"bob", *rtp::endpoint::from_text("192.0.2.2", 5004), 2, now};
    rtp::packet_buffer last;  // what alice sent last, as it was on the network

    /// Hands over what both have to say until they have nothing more.
    void run() {
        for (bool is_busy = true; is_busy;) {
            is_busy = false;
            for (auto [from, to] : {std::pair{&alice, &bob}, std::pair{&bob, &alice}}) {
                if (auto const due = from->media.next_deadline(); due && *due <= now.mono)
                    from->media.on_timeout(now, from->out);
                tell(*from);
                for (auto& datagram : from->out.datagrams) {
                    is_busy = true;
                    if (from == &alice) last = rtp::packet_buffer::unpooled(datagram.packet.bytes());
                    to->media.on_packet(now, datagram.via, std::move(datagram.packet), from->address, to->out);
                }
                from->out.clear();
            }
        }
    }

    static void tell(end const& who) {
        for (auto const& happened : who.out.events) {
            if (auto const* secured = std::get_if<rtp::media_secured>(&happened))
                std::cout << who.name << " is secure: " << rtp::traits_of(secured->suite).name << '\n';
            if (auto const* failed = std::get_if<rtp::security_failed>(&happened))
                std::cout << who.name << " is not secure: " << failed->reason << '\n';
        }
    }

    void secure(end& who, rtp::dtls_role role, rtp::dtls_identity const& own, rtp::fingerprint const& peers) {
        rtp::dtls_keys keys;
        keys.identity = &own;
        keys.dtls.role = role;
        keys.dtls.peer = {peers};
        if (auto const error = who.media.set_security(now, keys)) std::cout << error.message() << '\n';
    }
};

}  // namespace

int main() {
    call c;
    auto const alice_identity = rtp::dtls_identity::generate(c.now.wall);
    auto const bob_identity = rtp::dtls_identity::generate(c.now.wall);
    if (!alice_identity || !bob_identity) return 1;

    c.alice.media.set_remote(c.now, {c.bob.address, c.bob.address});
    c.bob.media.set_remote(c.now, {c.alice.address, c.alice.address});
    c.secure(c.alice, rtp::dtls_role::active, *alice_identity, bob_identity->own_fingerprint());
    c.secure(c.bob, rtp::dtls_role::passive, *bob_identity, alice_identity->own_fingerprint());
    std::cout << "alice begins the handshake\n";
    c.run();

    auto const& heard = c.bob.media.statistics();
    for (int i = 0; i < 50; ++i) {
        rtp::packet_buffer sound(c.alice.pool);
        (void)sound.append(160);
        if (c.alice.media.send(c.now, {pcmu, 160, false, std::move(sound)}, c.alice.out)) return 1;
        c.run();
        c.now.mono += 20ms;
    }
    std::cout << "bob hears " << heard.packets_delivered
              << " of 50 packets: two in a row make a source, and the first is gone by then\n";

    auto const before = heard.packets_delivered;
    rtp::packet_buffer plain(c.bob.pool);
    (void)plain.append(160);
    (void)rtp::prepend_header(plain, {.type = pcmu, .sequence = {}, .timestamp = {}, .ssrc = rtp::ssrc_t{1}});
    c.bob.media.on_packet(c.now, rtp::component::rtp, std::move(plain), c.alice.address, c.bob.out);
    if (heard.unauthentic == 1 && heard.packets_delivered == before)
        std::cout << "a plain packet: bob counts it as not authentic, and hears nothing\n";

    c.bob.media.on_packet(c.now, rtp::component::rtp, std::move(c.last), c.alice.address, c.bob.out);
    if (heard.replayed == 1 && heard.packets_delivered == before)
        std::cout << "the same SRTP packet again: bob counts a replay, and hears nothing\n";
    return 0;
}
