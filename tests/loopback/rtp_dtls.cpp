// Covers: DTLS handshakes where OpenSSL's real clock is needed, because flights are lost and sent again; and the peer
// that everybody has, the openssl program: its handshake, its fingerprints by every hash function, its exported keys,
// its close_notify. Ports 42900 to 42999.
#include "rtp/crypto/dtls_association.hpp"

#include <doctest/doctest.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "support/seeded_random.hpp"
#include "support/temporary_folder.hpp"
#include "unit/rtp/support/dtls.hpp"

using namespace rtp;
using namespace rtp_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using state = dtls_association::state;

/// What a command prints.
std::string output_of(std::string const& command) {
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string text;
    std::array<char, 4096> part;
    while (auto const size = std::fread(part.data(), 1, part.size(), pipe))
        text.append(part.data(), size);
    REQUIRE(::pclose(pipe) == 0);
    return text;
}

/// The key and the certificate of the openssl program in a folder of their own.
struct openssl_peer {
    test::temporary_folder folder;
    std::string certificate = folder.path + "/certificate.pem";
    std::string key = folder.path + "/key.pem";

    explicit openssl_peer(std::string const& algorithm = "ec -pkeyopt ec_paramgen_curve:P-256") {
        (void)output_of(
            "openssl req -x509 -newkey " + algorithm + " -nodes -subj /CN=peer -keyout " + key + " -out " +
            certificate + " 2>&1"
        );
    }
    /// "sha256" is its name for our sha-256.
    [[nodiscard]] fingerprint print(std::string const& hash) const {
        auto const line = output_of("openssl x509 -noout -fingerprint -" + hash + " -in " + certificate);
        auto const digest = line.substr(line.find('=') + 1);
        auto const made = fingerprint::parse("sha-" + hash.substr(3), digest.substr(0, digest.find('\n')));
        REQUIRE(made.has_value());
        return *made;
    }
};

/// Runs `command`, in which PORT stands for our port, in the background until the association is closed or has failed.
std::string shake_hands_with(std::string command, dtls_association& association, unsigned short port) {
    asio::io_context io;
    asio::ip::udp::socket socket(io, {asio::ip::address_v4::loopback(), port});
    socket.non_blocking(true);
    auto const text = std::to_string(port);
    command.replace(command.find("PORT"), 4, text);
    std::string printed;
    std::thread peer([&] { printed = output_of("(" + command + ") 2>&1"); });

    asio::ip::udp::endpoint from;
    auto const give_up = clock::now() + 10s;
    while (clock::now() < give_up) {
        std::array<std::byte, 2000> datagram;
        boost::system::error_code error;
        auto const size = socket.receive_from(asio::buffer(datagram), from, 0, error);
        if (!error)
            association.on_datagram(clock::now(), std::span(datagram).first(size));
        else
            std::this_thread::sleep_for(1ms);
        if (auto const due = association.next_deadline(); due && *due <= clock::now())
            association.on_timeout(clock::now());
        association.take_output([&](std::span<const std::byte> out) {
            socket.send_to(asio::buffer(out.data(), out.size()), from, 0, error);
        });
        if (association.current() == state::closed || association.current() == state::failed) break;
    }
    peer.join();
    return printed;
}

byte_vector joined(srtp_master_key const& client, srtp_master_key const& server, std::size_t key_size) {
    byte_vector all;
    for (auto const* one : {&client, &server})
        for (auto const byte : one->key_and_salt.bytes().first(key_size))
            all.push_back(byte);
    for (auto const* one : {&client, &server})
        for (auto const byte : one->key_and_salt.bytes().subspan(key_size))
            all.push_back(byte);
    return all;
}

}  // namespace

TEST_CASE("A handshake survives the loss of any of its datagrams (RFC 6347 4.2.4)") {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        CAPTURE(seed);
        test::seeded_random random(seed);
        auto of_client = dtls_settings_for(dtls_role::active, bob_identity());
        auto of_server = dtls_settings_for(dtls_role::passive, alice_identity());
        of_client.first_retransmission = of_server.first_retransmission = 10ms;
        of_client.handshake_limit = of_server.handshake_limit = 1h;
        auto client = make_association(alice_identity(), of_client, clock::now());
        auto server = make_association(bob_identity(), of_server, clock::now());
        unsigned lost = 0;
        while (client.current() == state::handshaking || server.current() == state::handshaking) {
            for (auto [from, to] : {std::pair{&client, &server}, std::pair{&server, &client}}) {
                for (auto const& datagram : take_output(*from)) {
                    if (random.chance(25) && lost < 5)
                        ++lost;
                    else
                        to->on_datagram(clock::now(), datagram);
                }
            }
            for (auto* one : {&client, &server})
                if (auto const due = one->next_deadline(); due && *due <= clock::now()) one->on_timeout(clock::now());
            std::this_thread::sleep_for(1ms);
        }
        CHECK(client.current() == state::established);
        CHECK(server.current() == state::established);
        CHECK(client.take_keys()->send == server.take_keys()->receive);
    }
}

TEST_CASE(
    "The openssl program as client exports the keys that we do, for every profile (RFC 5764 4.1.1, 4.1.2, 4.2, RFC "
    "7714 14.2)"
) {
    openssl_peer const peer;
    unsigned short port = 42'900;
    for (auto const& [name, suite] : {
             std::pair{"SRTP_AES128_CM_SHA1_80", crypto_suite::aes_cm_128_hmac_sha1_80},
             std::pair{"SRTP_AES128_CM_SHA1_32", crypto_suite::aes_cm_128_hmac_sha1_32},
             std::pair{"SRTP_AEAD_AES_128_GCM", crypto_suite::aead_aes_128_gcm},
             std::pair{"SRTP_AEAD_AES_256_GCM", crypto_suite::aead_aes_256_gcm},
         }) {
        CAPTURE(std::string(name));
        dtls_settings settings;
        settings.peer = {peer.print("sha256")};
        auto association = make_association(bob_identity(), settings, clock::now());
        auto const& traits = traits_of(suite);
        auto const length = 2 * (traits.key_size + traits.salt_size);
        auto const printed = shake_hands_with(
            "openssl s_client -dtls1_2 -connect 127.0.0.1:PORT -cert " + peer.certificate + " -key " + peer.key +
                " -use_srtp " + name + " -keymatexport EXTRACTOR-dtls_srtp -keymatexportlen " + std::to_string(length) +
                " </dev/null",
            association, port++
        );
        INFO(printed);
        REQUIRE(association.current() == state::closed);
        CHECK(association.reason() == "the peer closed the association");
        auto const keys = association.take_keys();
        REQUIRE(keys.has_value());
        CHECK(keys->suite == suite);
        std::string const title = "Keying material: ";
        auto const at = printed.find(title);
        REQUIRE(at != std::string::npos);
        auto const exported = hex(printed.substr(at + title.size(), 2 * length));
        CHECK(exported == joined(keys->receive, keys->send, traits.key_size));
    }
}

TEST_CASE("Fingerprints by every hash function match the certificate of the openssl program (RFC 8122 5)") {
    openssl_peer const peer("rsa:2048");
    unsigned short port = 42'920;
    for (auto const* hash : {"sha1", "sha224", "sha256", "sha384", "sha512"}) {
        for (bool const is_right : {true, false}) {
            CAPTURE(std::string(hash));
            CAPTURE(is_right);
            dtls_settings settings;
            settings.peer = {peer.print(hash)};
            if (!is_right) settings.peer[0].digest.back() ^= std::byte{1};
            auto association = make_association(bob_identity(), settings, clock::now());
            auto const printed = shake_hands_with(
                "openssl s_client -dtls1_2 -connect 127.0.0.1:PORT -cert " + peer.certificate + " -key " + peer.key +
                    " -use_srtp SRTP_AES128_CM_SHA1_80 </dev/null; true",
                association, port++
            );
            INFO(printed);
            CHECK(association.take_keys().has_value() == is_right);
            CHECK((association.current() == state::closed) == is_right);
        }
    }
}

TEST_CASE(
    "A peer without a certificate, without an SRTP profile or with DTLS 1.0 only is refused by name (RFC 5763 5, RFC "
    "5764 4.1)"
) {
    openssl_peer const peer;
    auto const with_certificate = " -cert " + peer.certificate + " -key " + peer.key;
    struct row {
        std::string options;
        std::string reason;
    };
    unsigned short port = 42'940;
    for (auto const& [options, reason] : {
             row{"-dtls1_2 -use_srtp SRTP_AES128_CM_SHA1_80", "peer did not return a certificate"},
             row{"-dtls1_2" + with_certificate, "the peer agreed to no SRTP profile"},
             row{"-dtls1 -cipher ALL:@SECLEVEL=0 -use_srtp SRTP_AES128_CM_SHA1_80" + with_certificate,
                 "unsupported protocol"},
         }) {
        CAPTURE(options);
        dtls_settings settings;
        settings.peer = {peer.print("sha256")};
        auto association = make_association(bob_identity(), settings, clock::now());
        auto const printed = shake_hands_with(
            "openssl s_client -connect 127.0.0.1:PORT " + options + " </dev/null; true", association, port++
        );
        INFO(printed);
        CHECK(association.current() == state::failed);
        CHECK(association.reason().find(reason) != std::string::npos);
        CHECK_FALSE(association.take_keys().has_value());
    }
}
