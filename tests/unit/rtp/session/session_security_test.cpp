// Covers: what secure media means for a session: what goes out is protected, what cannot be authenticated changes
// nothing; keys that change, and keys that stay while addresses change. Not covered: SRTP itself (crypto/).
#include <doctest/doctest.h>

#include "unit/rtp/support/party.hpp"
#include "unit/rtp/support/srtp.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

constexpr auto suite = crypto_suite::aes_cm_128_hmac_sha1_80;

/// A session with keys, and its peer: what it protects and opens.
struct secure_party : party {
    srtp_settings their_key = settings_with(suite, 1);
    srtp_settings our_key = settings_with(suite, 2);
    std::unique_ptr<srtp_sender> peer_sender = make_sender(their_key);
    std::unique_ptr<srtp_receiver> peer_receiver = make_receiver(our_key);

    explicit secure_party(session_settings const& settings = usual_settings()) : party(settings) { secure(); }

    void secure() { REQUIRE_FALSE(media.set_security(time(), described_keys{our_key, their_key})); }

    /// A packet of the peer, protected, 20 ms after the one before.
    void hear(unsigned sequence, endpoint const& from = peer_rtp) { hear_bytes(protected_rtp(sequence), from); }
    void hear_bytes(byte_vector const& bytes, endpoint const& from = peer_rtp) {
        receive_bytes(bytes, component::rtp, from);
        advance_to(now + 20ms);
    }
    [[nodiscard]] byte_vector protected_rtp(unsigned sequence) {
        auto const made = protect_rtp(*peer_sender, plain_rtp(sequence, 0xbeef));
        REQUIRE_FALSE(made.error);
        return made.bytes;
    }
    /// What the peer makes of the last datagram that was sent.
    [[nodiscard]] outcome last_sent_as_heard() {
        REQUIRE_FALSE(out.datagrams.empty());
        auto const bytes = to_vector(out.datagrams.back().packet.bytes());
        return classify(bytes) == datagram_kind::rtcp ? unprotect_rtcp(*peer_receiver, bytes)
                                                      : unprotect_rtp(*peer_receiver, bytes);
    }
};

}  // namespace

TEST_CASE("Secure media is sent protected and heard decrypted (RFC 3711 3.3)") {
    secure_party p;
    p.hear(1);
    p.hear(2);
    p.hear(3);
    REQUIRE(p.out.media.size() == 2);
    CHECK(to_vector(p.out.media[1].packet.bytes()) == plain_rtp(3, 0xbeef));

    REQUIRE_FALSE(p.send());
    auto const heard = p.last_sent_as_heard();
    REQUIRE_FALSE(heard.error);
    auto const view = packet_view::parse(heard.bytes);
    REQUIRE(view.has_value());
    CHECK(to_vector(view->payload()) == byte_vector(160, std::byte{0x55}));
}

TEST_CASE("Reports of secure media are protected, and their size on the network counts (RFC 3711 3.4)") {
    secure_party p;
    REQUIRE_FALSE(p.send());
    p.out.clear();
    p.advance_to(p.now + 10s);
    REQUIRE(p.media.statistics().rtcp_sent > 0);
    auto const heard = p.last_sent_as_heard();
    REQUIRE_FALSE(heard.error);
    CHECK(compound_view::parse(heard.bytes).has_value());
    auto const size_on_wire = 28 + heard.bytes.size() + 10 + 4;
    CHECK(p.media.statistics().rtcp_octets_sent == p.media.statistics().rtcp_sent * size_on_wire);

    peer_compound report;
    auto const bytes =
        protect_rtcp(*p.peer_sender, report.receiver_report(ssrc_t{0xbeef}).cname(ssrc_t{0xbeef}).bytes());
    p.receive_bytes(bytes.bytes);
    CHECK(p.media.statistics().rtcp_received == 1);
    p.receive_bytes(bytes.bytes);
    CHECK(p.media.statistics().rtcp_received == 1);
    CHECK(p.media.statistics().replayed == 1);
}

TEST_CASE("Plain packets are never heard where media is secure (RFC 3711 3.3, RFC 4568 5.1.3)") {
    secure_party p;
    p.receive_run(1, 20);
    CHECK(p.out.media.empty());
    CHECK(p.out.events.empty());
    CHECK(p.media.heard_source() == nullptr);
    CHECK(p.media.statistics().unauthentic == 20);
    CHECK(p.media.statistics().on_probation == 0);
    peer_compound report;
    p.receive_bytes(report.receiver_report(ssrc_t{0xbeef}).cname(ssrc_t{0xbeef}).bye(ssrc_t{0xbeef}).bytes());
    CHECK(p.media.statistics().rtcp_received == 0);
    CHECK(p.out.events.empty());
}

TEST_CASE("A stranger's packets move nothing, because only authentic ones count for latching (RFC 3711 3.3, RFC 4961)"
) {
    auto settings = usual_settings();
    settings.latch = latching::once;
    secure_party p(settings);
    p.receive_run(1, 10, ssrc_t{0xbeef}, stranger);
    CHECK(p.media.remote() == peer_rtp);
    auto const elsewhere = at("203.0.113.9", 6000);
    for (unsigned sequence = 1; sequence <= 4; ++sequence)
        p.hear(sequence, elsewhere);
    CHECK(p.media.remote() == elsewhere);
    CHECK(p.events<remote_learned>().size() == 1);
}

TEST_CASE("A replayed packet is counted and not heard (RFC 3711 3.3.2)") {
    secure_party p;
    auto const first = p.protected_rtp(1);
    p.hear_bytes(first);
    p.hear(2);
    p.hear(3);
    p.out.clear();
    p.hear_bytes(first);
    CHECK(p.out.media.empty());
    CHECK(p.media.statistics().replayed == 1);
}

TEST_CASE("Before its keys are known secure media is neither sent nor heard (RFC 4568 5.1.3)") {
    party p;
    REQUIRE_FALSE(p.media.set_security(p.time(), awaiting_keys{}));
    CHECK(p.send() == errc::no_keys);
    p.receive_run(1, 5);
    CHECK(p.out.media.empty());
    CHECK(p.media.statistics().without_keys == 5);
    p.advance_to(p.now + 20s);
    CHECK(p.out.datagrams.empty());
}

TEST_CASE("The rollover counter outlives hold, re-INVITE and a new address as long as the key stays (RFC 3711 3.3.1)") {
    secure_party p;
    for (unsigned sequence = 65530; sequence < 65546; ++sequence)
        p.hear(sequence & 0xFFFF);
    p.media.set_direction(p.time(), direction::inactive, peer_media::optional, p.out);
    p.secure();
    p.media.set_remote(p.time(), {at("192.0.2.9", 4444), at("192.0.2.9", 4445)});
    p.media.set_direction(p.time(), direction::send_receive, peer_media::expected, p.out);
    p.out.clear();
    p.hear(11, at("192.0.2.9", 4444));
    p.hear(12, at("192.0.2.9", 4444));
    CHECK(p.out.media.size() == 2);
    CHECK(p.media.statistics().unauthentic == 0);
}

TEST_CASE("After a new key packets under the key before are still understood for a while (RFC 4568 7.1.4)") {
    secure_party p;
    for (unsigned sequence = 1; sequence <= 3; ++sequence)
        p.hear(sequence);
    auto const late = p.protected_rtp(4);
    auto const too_late = p.protected_rtp(5);
    p.their_key = settings_with(suite, 3);
    p.our_key = settings_with(suite, 4);
    p.secure();
    p.hear_bytes(late);
    CHECK(p.media.statistics().packets_delivered == 3);

    REQUIRE_FALSE(p.peer_sender->set_keys(p.their_key));
    p.hear(6);
    CHECK(p.media.statistics().packets_delivered == 4);
    p.advance_to(p.now + 3s);
    p.hear_bytes(too_late);
    CHECK(p.media.statistics().packets_delivered == 4);
    CHECK(p.media.statistics().unauthentic == 1);

    p.peer_receiver = make_receiver(p.our_key);
    REQUIRE_FALSE(p.send());
    CHECK_FALSE(p.last_sent_as_heard().error);
}

TEST_CASE(
    "The rollover counter goes on under a new key, unless the address changes with it (RFC 3711 3.3.1, RFC 4568 7.1.4)"
) {
    for (bool const restarts : {false, true}) {
        CAPTURE(restarts);
        secure_party p;
        std::uint64_t highest = 0;
        for (unsigned sent = 0; sent < 70000; ++sent) {  // past the end of the 16 bits
            p.out.clear();
            REQUIRE_FALSE(p.send());
            auto const sequence = load_u16(p.out.datagrams[0].packet.bytes().subspan(2));
            highest = sent == 0 ? sequence : highest + 1;
        }
        p.our_key = settings_with(suite, 5);
        described_keys keys{p.our_key, p.their_key};
        if (restarts) keys.on_new_send_key = described_keys::rollover::restarts;
        REQUIRE_FALSE(p.media.set_security(p.time(), keys));
        REQUIRE_FALSE(p.send());
        auto const source = p.media.local_source();
        auto const bytes = to_vector(p.out.datagrams.back().packet.bytes());
        for (auto const provider : {srtp_provider::own, srtp_provider::libsrtp}) {
            auto const anew = make_receiver(p.our_key, provider, {{source, highest & 0xFFFF}});
            auto const after = make_receiver(p.our_key, provider, {{source, highest}});
            CHECK(unprotect_rtp(restarts ? *anew : *after, bytes).error == error_code{});
            // libsrtp2 knows only what it was told; our own receiver finds out by itself that a peer began anew.
            bool const is_found = restarts && provider == srtp_provider::own;
            CHECK((unprotect_rtp(restarts ? *after : *anew, bytes).error == error_code{}) == is_found);
        }
    }
}

TEST_CASE("A key's end is announced once, and then sending ends (RFC 3711 9.2)") {
    secure_party p;
    p.our_key.keys = {make_key(suite, 7, {}, 32)};
    p.secure();
    for (int sent = 0; sent < 29; ++sent)
        REQUIRE_FALSE(p.send());
    CHECK(p.events<key_expires_soon>().empty());
    for (int sent = 29; sent < 32; ++sent)
        REQUIRE_FALSE(p.send());
    REQUIRE(p.events<key_expires_soon>().size() == 1);
    CHECK(p.events<key_expires_soon>()[0].packets_left == 2);
    CHECK(p.send() == errc::key_expired);
    p.secure();  // the same key again is no new one
    CHECK(p.send() == errc::key_expired);
}

TEST_CASE("Keys that do not fit their suite are refused and leave those before in use") {
    secure_party p;
    auto wrong = settings_with(suite, 9);
    wrong.suite = crypto_suite::aead_aes_128_gcm;
    CHECK(p.media.set_security(p.time(), described_keys{wrong, p.their_key}) == errc::bad_key_size);
    CHECK(p.media.set_security(p.time(), described_keys{p.our_key, wrong}) == errc::bad_key_size);
    REQUIRE_FALSE(p.send());
    CHECK_FALSE(p.last_sent_as_heard().error);
}
