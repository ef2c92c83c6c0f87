// Covers: DTLS-SRTP handshakes between two associations in memory: keys on both sides, fingerprints, what a failure is
// called, what comes at the wrong time, the end. Not covered: lost flights, which need OpenSSL's real clock
// (tests/loopback/rtp_dtls.cpp); sessions (session/session_dtls_test.cpp).
#include "rtp/crypto/dtls_association.hpp"

#include <doctest/doctest.h>

#include <string>

#include "rtp/wire/demux.hpp"
#include "support/seeded_random.hpp"
#include "unit/rtp/support/dtls.hpp"
#include "unit/rtp/support/srtp.hpp"

using namespace rtp;
using namespace rtp_test;
using namespace std::chrono_literals;

namespace {

using state = dtls_association::state;

srtp_settings settings_of(dtls_srtp_keys const& keys, srtp_master_key const& key) {
    return {.suite = keys.suite, .keys = {key}};
}

}  // namespace

TEST_CASE("A handshake gives both sides the same keys, crosswise, without an MKI (RFC 5764 4.1.3, 4.2)") {
    dtls_pair pair;
    pair.exchange();
    REQUIRE(pair.client.current() == state::established);
    REQUIRE(pair.server.current() == state::established);
    auto const client = pair.client.take_keys();
    auto const server = pair.server.take_keys();
    REQUIRE(client.has_value());
    REQUIRE(server.has_value());
    CHECK(client->suite == crypto_suite::aead_aes_128_gcm);
    CHECK(server->suite == client->suite);
    CHECK(client->send == server->receive);
    CHECK(client->receive == server->send);
    CHECK_FALSE(client->send == client->receive);
    CHECK(client->send.mki.empty());
    CHECK_FALSE(pair.client.take_keys().has_value());
    CHECK_FALSE(pair.client.next_deadline().has_value());

    auto const sender = make_sender(settings_of(*client, client->send));
    auto const receiver = make_receiver(settings_of(*server, server->receive));
    CHECK(unprotect_rtp(*receiver, protect_rtp(*sender, plain_rtp(1)).bytes).bytes == plain_rtp(1));
}

TEST_CASE(
    "Every datagram of a handshake is DTLS by its first byte, and small enough for any path (RFC 7983 7, RFC 6347 "
    "4.1.1)"
) {
    dtls_pair pair;
    std::size_t count = 0;
    for (bool is_busy = true; is_busy;) {
        is_busy = false;
        for (auto [from, to] : {std::pair{&pair.client, &pair.server}, std::pair{&pair.server, &pair.client}}) {
            for (auto const& datagram : take_output(*from)) {
                is_busy = true;
                ++count;
                CHECK(classify(datagram) == datagram_kind::dtls);
                CHECK(datagram.size() <= 1200);
                to->on_datagram(dtls_epoch, datagram);
            }
        }
    }
    CHECK(count >= 4);
    CHECK(pair.client.current() == state::established);
}

TEST_CASE(
    "A certificate without the fingerprint that was signalled ends the handshake on either side (RFC 5763 5, RFC 5764 "
    "7.3.1)"
) {
    auto const stranger = make_identity();
    for (bool const is_client_deceived : {true, false}) {
        CAPTURE(is_client_deceived);
        dtls_pair pair(
            dtls_settings_for(dtls_role::active, is_client_deceived ? stranger : bob_identity()),
            dtls_settings_for(dtls_role::passive, is_client_deceived ? alice_identity() : stranger)
        );
        pair.exchange();
        auto& deceived = is_client_deceived ? pair.client : pair.server;
        auto& other = is_client_deceived ? pair.server : pair.client;
        CHECK(deceived.current() == state::failed);
        CHECK(deceived.reason() == "the peer's certificate does not have the fingerprint that was signalled");
        CHECK_FALSE(deceived.take_keys().has_value());
        CHECK(other.current() != state::handshaking);
        CHECK(other.reason().find("bad certificate") != std::string::npos);
        CHECK_FALSE(deceived.next_deadline().has_value());
    }
}

TEST_CASE("Fingerprints by all hash functions are checked, and of several the strongest counts (RFC 8122 5)") {
    // The digests of the certificate are found by letting a client print what a server would have to promise.
    auto const& own = bob_identity().own_fingerprint();
    CHECK(own.hash == hash_function::sha_256);
    auto wrong = own;
    wrong.digest[0] ^= std::byte{1};
    auto weak_and_wrong = *fingerprint::parse(
        "sha-1", std::string("00") +
                     [] {
                         std::string s;
                         for (int i = 0; i < 19; ++i)
                             s += ":00";
                         return s;
                     }()
    );
    auto strong_and_wrong = weak_and_wrong;
    strong_and_wrong.hash = hash_function::sha_512;
    strong_and_wrong.digest.resize(64);

    struct row {
        fingerprints promised;
        bool is_good;
    };
    for (auto const& [promised, is_good] : {
             row{{own}, true},
             row{{wrong}, false},
             row{{wrong, own}, true},
             row{{weak_and_wrong, own}, true},
             row{{own, strong_and_wrong}, false},
         }) {
        auto of_client = dtls_settings_for(dtls_role::active, bob_identity());
        of_client.peer = promised;
        dtls_pair pair(of_client, dtls_settings_for(dtls_role::passive, alice_identity()));
        pair.exchange();
        CHECK((pair.client.current() == state::established) == is_good);
    }
}

TEST_CASE("A fingerprint is read and written, in any case, and refused when it does not fit its hash (RFC 8122 5)") {
    auto const text = alice_identity().own_fingerprint().to_text();
    auto const parsed = fingerprint::parse("SHA-256", text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == alice_identity().own_fingerprint());
    CHECK(parsed->to_text() == text);
    CHECK_FALSE(*parsed == bob_identity().own_fingerprint());
    std::string low = text;
    for (auto& letter : low)
        if (letter >= 'A' && letter <= 'F') letter = static_cast<char>(letter - 'A' + 'a');
    CHECK(*fingerprint::parse("sha-256", low) == *parsed);

    CHECK(fingerprint::parse("md5", "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF").error() == errc::unknown_hash);
    CHECK(fingerprint::parse("", text).error() == errc::unknown_hash);
    CHECK(fingerprint::parse("sha-256", text.substr(1)).error() == errc::bad_fingerprint);
    CHECK(fingerprint::parse("sha-256", text + ":00").error() == errc::bad_fingerprint);
    CHECK(fingerprint::parse("sha-1", text).error() == errc::bad_fingerprint);
    CHECK(fingerprint::parse("sha-256", "").error() == errc::bad_fingerprint);
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto broken = text;
        broken[i] = 'G';
        CHECK(fingerprint::parse("sha-256", broken).error() == errc::bad_fingerprint);
    }
}

TEST_CASE("Each life of the program has a certificate of its own (RFC 5763 5)") {
    CHECK_FALSE(make_identity().own_fingerprint() == make_identity().own_fingerprint());
}

TEST_CASE("Bytes that are no handshake change nothing (RFC 6347 4.1.2.7)") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        test::seeded_random random(seed);
        dtls_pair pair;
        for (int i = 0; i < 50; ++i) {
            auto junk = random_bytes(random, random.below(200));
            if (!junk.empty()) junk[0] = static_cast<std::byte>(20 + random.below(44));
            // A plain alert could end a handshake; that is the protocol's weakness, not a matter of junk.
            if (!junk.empty() && junk[0] == std::byte{21}) junk[0] = std::byte{23};
            pair.server.on_datagram(dtls_epoch, junk);
        }
        pair.exchange();
        CHECK(pair.server.current() == state::established);
        CHECK(pair.client.current() == state::established);
    }
}

TEST_CASE("Datagrams that come twice do no harm (RFC 6347 4.1.2.6, 4.2.4)") {
    dtls_pair pair;
    for (bool is_busy = true; is_busy;) {
        is_busy = false;
        for (auto [from, to] : {std::pair{&pair.client, &pair.server}, std::pair{&pair.server, &pair.client}}) {
            for (auto const& datagram : take_output(*from)) {
                is_busy = true;
                to->on_datagram(dtls_epoch, datagram);
                to->on_datagram(dtls_epoch, datagram);
            }
        }
    }
    CHECK(pair.client.current() == state::established);
    CHECK(pair.server.current() == state::established);
}

TEST_CASE("Two that both wait for the other, or both begin, give up in time with a reason (RFC 5763 5)") {
    for (auto const role : {dtls_role::active, dtls_role::passive}) {
        auto association = make_association(alice_identity(), dtls_settings_for(role, bob_identity()));
        REQUIRE(association.next_deadline().has_value());
        auto now = dtls_epoch;
        while (auto const deadline = association.next_deadline()) {
            REQUIRE(*deadline > now);
            now = *deadline;
            association.on_timeout(now);
        }
        CHECK(now <= dtls_epoch + 30s);
        CHECK(association.current() == state::failed);
        CHECK(association.reason() == "the handshake took too long");
    }
}

TEST_CASE("The end is told by close_notify, and what comes afterwards is ignored (RFC 5246 7.2.1)") {
    dtls_pair pair;
    pair.exchange();
    pair.client.close();
    CHECK(pair.client.current() == state::closed);
    auto const notify = take_output(pair.client);
    REQUIRE(notify.size() == 1);
    pair.server.on_datagram(dtls_epoch, notify[0]);
    CHECK(pair.server.current() == state::closed);
    CHECK(pair.server.reason() == "the peer closed the association");
    pair.exchange();
    pair.client.on_datagram(dtls_epoch, notify[0]);
    CHECK(pair.client.reason() == "closed by us");
}

TEST_CASE("Settings without a fingerprint, or out of bounds, make no association") {
    auto settings = dtls_settings_for(dtls_role::active, bob_identity());
    settings.peer.clear();
    CHECK(dtls_association::create(dtls_epoch, alice_identity(), settings).error() == errc::invalid_argument);
    settings.peer.resize(17, bob_identity().own_fingerprint());
    CHECK(dtls_association::create(dtls_epoch, alice_identity(), settings).error() == errc::invalid_argument);
    settings = dtls_settings_for(dtls_role::active, bob_identity());
    settings.first_retransmission = 0s;
    CHECK(dtls_association::create(dtls_epoch, alice_identity(), settings).error() == errc::invalid_argument);
}
