// Covers: what SRTP promises, with both providers: what one protects the other opens, byte for byte the same; roll-over
// with loss and reordering; replay; MKI and lifetime; new keys; bounds on sources. Not covered: the published vectors
// (srtp_vectors_test.cpp), damaged packets (srtp_length_test.cpp), random traffic (srtp_differential_test.cpp).
#include "rtp/crypto/srtp.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "crypto/key_derivation.hpp"
#include "crypto/transform.hpp"
#include "unit/rtp/support/srtp.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

constexpr std::array providers{srtp_provider::own, srtp_provider::libsrtp};

/// Calls `check` with each suite and provider.
template <class Check>
void for_all(Check&& check) {
    for (auto const suite : all_crypto_suites) {
        CAPTURE(std::string(traits_of(suite).name));
        for (auto const provider : providers) {
            CAPTURE(static_cast<int>(provider));
            check(suite, provider);
        }
    }
}

/// As a peer does that encrypts RTP only: the E bit is clear, and everything is authenticated.
byte_vector protect_rtcp_without_encryption(srtp_settings const& settings, byte_vector packet) {
    auto const& traits = traits_of(settings.suite);
    auto const keys = derive_keys(settings.suite, settings.keys[0].key_and_salt, packet_kind::rtcp);
    REQUIRE(keys.has_value());
    auto cryptography = transform::create(settings.suite, *keys);
    REQUIRE(cryptography.has_value());
    auto const word = hex("00000005");
    byte_vector tag(traits.rtcp_tag_size);
    auto const all = std::span(packet);
    auto const source = static_cast<ssrc_t>(load_u32(all.subspan(4)));
    REQUIRE(cryptography->seal({.clear = all, .text = all.last(0), .suffix = word, .ssrc = source, .index = 5}, tag));
    packet.insert(packet.end(), traits.is_aead ? tag.begin() : word.begin(), traits.is_aead ? tag.end() : word.end());
    packet.insert(packet.end(), traits.is_aead ? word.begin() : tag.begin(), traits.is_aead ? word.end() : tag.end());
    return packet;
}

}  // namespace

TEST_CASE(
    "Both providers protect RTP to the same bytes, and each opens what the other protected (RFC 3711 3.1, 5.1, RFC "
    "6188 3, RFC 7714 11, 7.1, 8.2)"
) {
    for (auto const suite : all_crypto_suites) {
        CAPTURE(std::string(traits_of(suite).name));
        auto const settings = settings_with(suite);
        auto const ours = make_sender(settings);
        auto const theirs = make_sender(settings, srtp_provider::libsrtp);
        auto const our_receiver = make_receiver(settings);
        auto const their_receiver = make_receiver(settings, srtp_provider::libsrtp);
        for (unsigned sequence = 100; sequence < 110; ++sequence) {
            auto const plain = plain_rtp(sequence);
            auto const packet = protect_rtp(*ours, plain);
            REQUIRE_FALSE(packet.error);
            CHECK(packet == protect_rtp(*theirs, plain));
            CHECK(packet.bytes.size() == plain.size() + traits_of(suite).rtp_tag_size);
            CHECK(unprotect_rtp(*our_receiver, packet.bytes).bytes == plain);
            CHECK(unprotect_rtp(*their_receiver, packet.bytes).bytes == plain);
        }
    }
}

TEST_CASE(
    "RTCP is encrypted behind its first eight bytes, with an index that counts from zero (RFC 3711 3.4, "
    "RFC 7714 9.2, 9.4)"
) {
    for (auto const suite : all_crypto_suites) {
        CAPTURE(std::string(traits_of(suite).name));
        auto const& traits = traits_of(suite);
        auto const settings = settings_with(suite);
        auto const ours = make_sender(settings);
        auto const theirs = make_sender(settings, srtp_provider::libsrtp);
        auto const our_receiver = make_receiver(settings);
        auto const their_receiver = make_receiver(settings, srtp_provider::libsrtp);
        for (unsigned number = 0; number < 5; ++number) {
            auto const plain = plain_rtcp(number);
            auto const packet = protect_rtcp(*ours, plain);
            REQUIRE_FALSE(packet.error);
            REQUIRE(packet.bytes.size() == plain.size() + traits.rtcp_tag_size + srtcp_index_size);
            CHECK(std::equal(plain.begin(), plain.begin() + 8, packet.bytes.begin()));
            CHECK_FALSE(std::equal(plain.begin() + 8, plain.end(), packet.bytes.begin() + 8));
            auto const word_at = packet.bytes.size() - srtcp_index_size - (traits.is_aead ? 0 : traits.rtcp_tag_size);
            CHECK(load_u32(std::span(packet.bytes).subspan(word_at)) == (0x8000'0000U | number));
            // libsrtp2 begins at one.
            if (number > 0) CHECK(packet == protect_rtcp(*theirs, plain));
            CHECK(unprotect_rtcp(*our_receiver, packet.bytes).bytes == plain);
            CHECK(unprotect_rtcp(*their_receiver, packet.bytes).bytes == plain);
            CHECK(unprotect_rtcp(*our_receiver, packet.bytes).error == errc::replayed);
        }
    }
}

TEST_CASE(
    "A packet that was changed anywhere is not authentic, and changes nothing (RFC 3711 3.3, 4.2, 9.5, RFC 7714 5.1, "
    "5.3)"
) {
    for_all([](crypto_suite suite, srtp_provider provider) {
        auto const settings = settings_with(suite);
        auto const sender = make_sender(settings);
        auto const receiver = make_receiver(settings, provider);
        auto const rtp_packet = protect_rtp(*sender, plain_rtp(7)).bytes;
        auto const rtcp_packet = protect_rtcp(*sender, plain_rtcp(7)).bytes;
        for (std::size_t i = 0; i < rtp_packet.size(); ++i) {
            auto changed = rtp_packet;
            changed[i] ^= std::byte{0x01};
            auto buffer = packet_buffer::unpooled(changed);
            CHECK(receiver->unprotect_rtp(buffer));
            CHECK(to_vector(buffer.bytes()) == changed);
        }
        for (std::size_t i = 0; i < rtcp_packet.size(); ++i) {
            auto changed = rtcp_packet;
            changed[i] ^= std::byte{0x01};
            auto buffer = packet_buffer::unpooled(changed);
            CHECK(receiver->unprotect_rtcp(buffer));
            CHECK(to_vector(buffer.bytes()) == changed);
        }
        CHECK_FALSE(unprotect_rtp(*receiver, rtp_packet).error);
        CHECK_FALSE(unprotect_rtcp(*receiver, rtcp_packet).error);
    });
}

TEST_CASE("The rollover counter follows 65533, 65535, 0, 1, 65534, 2 (RFC 3711 3.3.1)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        auto const settings = settings_with(suite);
        auto const sender = make_sender(settings);
        auto const receiver = make_receiver(settings, provider);
        std::array<byte_vector, 6> packets;  // 65533 .. 65538
        for (unsigned i = 0; i < 6; ++i)
            packets[i] = protect_rtp(*sender, plain_rtp(65533 + i)).bytes;
        for (unsigned const i : {0U, 2U, 3U, 4U, 1U, 5U})
            CHECK(unprotect_rtp(*receiver, packets[i]).bytes == plain_rtp(65533 + i));
    });
}

TEST_CASE("Roll-over survives loss and reordering when a stream starts at 65530 (RFC 3711 3.3.1)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        for (std::uint64_t seed = 1; seed <= 5; ++seed) {
            CAPTURE(seed);
            test::seeded_random random(seed);
            auto const settings = settings_with(suite, seed);
            auto const sender = make_sender(settings);
            auto const receiver = make_receiver(settings, provider);
            std::vector<std::pair<unsigned, byte_vector>> under_way;
            auto const deliver = [&](std::size_t which) {
                auto const [sequence, bytes] = under_way[which];
                under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
                CHECK(unprotect_rtp(*receiver, bytes).bytes == plain_rtp(sequence));
                CHECK(unprotect_rtp(*receiver, bytes).error == errc::replayed);
            };
            for (unsigned sequence = 65530; sequence < 65530 + 300; ++sequence) {
                auto packet = protect_rtp(*sender, plain_rtp(sequence)).bytes;
                // The first must arrive: who misses all until the wrap cannot know of it. Others may be lost.
                if (sequence == 65530)
                    CHECK_FALSE(unprotect_rtp(*receiver, packet).error);
                else if (!random.chance(20))
                    under_way.emplace_back(sequence, std::move(packet));
                while (under_way.size() > 8)
                    deliver(random.below(under_way.size()));
            }
            while (!under_way.empty())
                deliver(random.below(under_way.size()));
        }
    });
}

TEST_CASE(
    "A stream whose packets before the wrap were all lost is understood from the first that arrives (RFC 3711 3.3.1)"
) {
    for (auto const suite : all_crypto_suites) {
        auto const settings = settings_with(suite);
        auto const sender = make_sender(settings);
        auto const receiver = make_receiver(settings);
        for (unsigned sequence = 65530; sequence < 65540; ++sequence)
            (void)protect_rtp(*sender, plain_rtp(sequence));
        for (unsigned sequence = 65540; sequence < 65550; ++sequence)
            CHECK(
                unprotect_rtp(*receiver, protect_rtp(*sender, plain_rtp(sequence)).bytes).bytes == plain_rtp(sequence)
            );
    }
}

TEST_CASE("The replay window has the size that was asked for (RFC 3711 3.3.2)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        for (std::size_t const window : {64U, 128U, 1024U}) {
            auto settings = settings_with(suite);
            settings.replay_window = window;
            auto const sender = make_sender(settings);
            auto const receiver = make_receiver(settings, provider);
            std::vector<byte_vector> packets;
            for (unsigned i = 0; i <= window; ++i)
                packets.push_back(protect_rtp(*sender, plain_rtp(1000 + i)).bytes);
            CHECK_FALSE(unprotect_rtp(*receiver, packets[window]).error);
            CHECK(unprotect_rtp(*receiver, packets[window]).error == errc::replayed);
            CHECK(unprotect_rtp(*receiver, packets[0]).error == errc::replayed);
            CHECK_FALSE(unprotect_rtp(*receiver, packets[1]).error);
            CHECK(unprotect_rtp(*receiver, packets[1]).error == errc::replayed);
        }
    });
}

TEST_CASE("No sequence number is used twice with one key (RFC 3711 9.1, RFC 7714 8.4)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        auto const sender = make_sender(settings_with(suite), provider);
        CHECK_FALSE(protect_rtp(*sender, plain_rtp(10)).error);
        CHECK_FALSE(protect_rtp(*sender, plain_rtp(12)).error);
        CHECK_FALSE(protect_rtp(*sender, plain_rtp(11)).error);
        CHECK(protect_rtp(*sender, plain_rtp(11)).error == errc::replayed);
        CHECK(protect_rtp(*sender, plain_rtp(12)).error == errc::replayed);
    });
}

TEST_CASE("Each source has its own rollover counter and replay list (RFC 3711 3.2.1, RFC 4568 6.4.1)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        auto const settings = settings_with(suite);
        auto const sender = make_sender(settings);
        auto const receiver = make_receiver(settings, provider);
        for (unsigned i = 0; i < 20; ++i) {
            for (std::uint32_t const ssrc : {1U, 2U, 3U}) {
                auto const sequence = 65530 + i * ssrc;
                auto const packet = protect_rtp(*sender, plain_rtp(sequence, ssrc)).bytes;
                CHECK(unprotect_rtp(*receiver, packet).bytes == plain_rtp(sequence, ssrc));
                CHECK(unprotect_rtp(*receiver, packet).error == errc::replayed);
            }
        }
    });
}

TEST_CASE("More sources than agreed are refused, those that are known go on (RFC 3711 3.2.3)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        auto settings = settings_with(suite);
        auto const sender = make_sender(settings);
        settings.max_sources = 2;
        auto const receiver = make_receiver(settings, provider);
        auto const bounded_sender = make_sender(settings, provider);
        CHECK_FALSE(unprotect_rtp(*receiver, protect_rtp(*sender, plain_rtp(1, 1)).bytes).error);
        CHECK_FALSE(unprotect_rtcp(*receiver, protect_rtcp(*sender, plain_rtcp(1, 2)).bytes).error);
        CHECK(unprotect_rtp(*receiver, protect_rtp(*sender, plain_rtp(1, 3)).bytes).error == errc::too_many_sources);
        CHECK(unprotect_rtcp(*receiver, protect_rtcp(*sender, plain_rtcp(1, 3)).bytes).error == errc::too_many_sources);
        CHECK_FALSE(unprotect_rtp(*receiver, protect_rtp(*sender, plain_rtp(2, 1)).bytes).error);
        CHECK_FALSE(unprotect_rtp(*receiver, protect_rtp(*sender, plain_rtp(2, 2)).bytes).error);
        for (std::uint32_t const ssrc : {1U, 2U, 1U})
            CHECK(protect_rtp(*bounded_sender, plain_rtp(ssrc == 1 ? 9 : 8, ssrc)).error != errc::too_many_sources);
        CHECK(protect_rtp(*bounded_sender, plain_rtp(1, 3)).error == errc::too_many_sources);
    });
}

TEST_CASE("A packet that is not authentic makes no source known (RFC 3711 3.3)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        auto settings = settings_with(suite);
        settings.max_sources = 1;
        auto const receiver = make_receiver(settings, provider);
        auto const stranger = make_sender(settings_with(suite, 99));
        for (std::uint32_t ssrc = 1; ssrc < 50; ++ssrc) {
            CHECK(unprotect_rtp(*receiver, protect_rtp(*stranger, plain_rtp(1, ssrc)).bytes).error);
            CHECK(unprotect_rtcp(*receiver, protect_rtcp(*stranger, plain_rtcp(1, ssrc)).bytes).error);
        }
        auto const sender = make_sender(settings);
        CHECK_FALSE(unprotect_rtp(*receiver, protect_rtp(*sender, plain_rtp(1, 50)).bytes).error);
    });
}

TEST_CASE("The MKI says which master key a packet uses (RFC 3711 3.1, 3.4, RFC 7714 8.2)") {
    for (std::size_t const mki_size : {1U, 4U, 128U}) {
        CAPTURE(mki_size);
        for_all([&](crypto_suite suite, srtp_provider provider) {
            byte_vector const first(mki_size, std::byte{1});
            byte_vector const second(mki_size, std::byte{2});
            byte_vector const third(mki_size, std::byte{3});
            srtp_settings const both{.suite = suite, .keys = {make_key(suite, 1, first), make_key(suite, 2, second)}};
            srtp_settings const only_second{.suite = suite, .keys = {make_key(suite, 2, second)}};
            srtp_settings const other{.suite = suite, .keys = {make_key(suite, 2, third)}};
            auto const& traits = traits_of(suite);
            bool const is_beyond_libsrtp =
                provider == srtp_provider::libsrtp && traits.rtp_tag_size != traits.rtcp_tag_size;
            CHECK(make_srtp_receiver(both, {}, provider).has_error() == is_beyond_libsrtp);
            auto const receiver = make_receiver(both, is_beyond_libsrtp ? srtp_provider::own : provider);
            auto const sender = make_sender(both, provider);
            auto const ours = make_sender(both);
            auto const packet = protect_rtp(*sender, plain_rtp(1));
            REQUIRE_FALSE(packet.error);
            CHECK(packet.bytes.size() == 172 + traits_of(suite).rtp_tag_size + mki_size);
            CHECK(packet == protect_rtp(*ours, plain_rtp(1)));
            CHECK(unprotect_rtp(*receiver, packet.bytes).bytes == plain_rtp(1));
            CHECK(unprotect_rtcp(*receiver, protect_rtcp(*sender, plain_rtcp(1)).bytes).bytes == plain_rtcp(1));

            auto const rekeyed = make_sender(only_second, provider);
            CHECK(unprotect_rtp(*receiver, protect_rtp(*rekeyed, plain_rtp(2)).bytes).bytes == plain_rtp(2));
            auto const unknown = make_sender(other, provider);
            CHECK(unprotect_rtp(*receiver, protect_rtp(*unknown, plain_rtp(3)).bytes).error == errc::unknown_mki);
            CHECK(unprotect_rtcp(*receiver, protect_rtcp(*unknown, plain_rtcp(3)).bytes).error == errc::unknown_mki);
        });
    }
}

TEST_CASE("A key protects as many packets as its lifetime says, and opens no more (RFC 3711 9.2, RFC 4568 6.1)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        srtp_settings const short_lived{.suite = suite, .keys = {make_key(suite, 1, {}, 3)}};
        auto const long_lived = settings_with(suite);
        auto const sender = make_sender(short_lived, provider);
        auto const receiver = make_receiver(short_lived, provider);
        auto const endless = make_sender(long_lived);
        CHECK(sender->packets_left() == 3);
        for (unsigned i = 1; i <= 3; ++i) {
            CHECK_FALSE(protect_rtp(*sender, plain_rtp(i)).error);
            CHECK_FALSE(unprotect_rtp(*receiver, protect_rtp(*endless, plain_rtp(i)).bytes).error);
        }
        CHECK(sender->packets_left() == 0);
        CHECK(protect_rtp(*sender, plain_rtp(4)).error == errc::key_expired);
        CHECK(unprotect_rtp(*receiver, protect_rtp(*endless, plain_rtp(4)).bytes).error == errc::key_expired);
        for (unsigned i = 1; i <= 3; ++i)
            CHECK_FALSE(protect_rtcp(*sender, plain_rtcp(i)).error);
        CHECK(protect_rtcp(*sender, plain_rtcp(4)).error == errc::key_expired);

        REQUIRE_FALSE(sender->set_keys(settings_with(suite, 2)));
        CHECK_FALSE(protect_rtp(*sender, plain_rtp(5)).error);
    });
}

TEST_CASE("Under a new key the sender's rollover counter and RTCP index go on (RFC 3711 3.3.1, 3.4, 8.1)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        auto const old_key = settings_with(suite, 1);
        auto const new_key = settings_with(suite, 2);
        auto const sender = make_sender(old_key, provider);
        auto const old_receiver = make_receiver(old_key, provider);
        for (unsigned sequence = 65530; sequence < 65550; ++sequence)
            REQUIRE_FALSE(unprotect_rtp(*old_receiver, protect_rtp(*sender, plain_rtp(sequence)).bytes).error);
        REQUIRE_FALSE(protect_rtcp(*sender, plain_rtcp(1)).error);
        REQUIRE_FALSE(sender->set_keys(new_key));
        auto const packet = protect_rtp(*sender, plain_rtp(65550)).bytes;
        for (auto const receiving : providers) {
            auto const receiver = make_receiver(new_key, receiving, old_receiver->positions());
            CHECK(unprotect_rtp(*receiver, packet).bytes == plain_rtp(65550));
        }
        auto const report = protect_rtcp(*sender, plain_rtcp(2)).bytes;
        auto const& traits = traits_of(suite);
        auto const word_at = report.size() - srtcp_index_size - (traits.is_aead ? 0 : traits.rtcp_tag_size);
        auto const first = provider == srtp_provider::own ? 0U : 1U;
        CHECK(load_u32(std::span(report).subspan(word_at)) == (0x8000'0000U | (first + 1)));
    });
}

TEST_CASE("A peer that begins its rollover counter anew under a new key is understood too (RFC 4568 7.1.4)") {
    for (auto const suite : all_crypto_suites) {
        auto const settings = settings_with(suite, 2);
        auto const anew = make_sender(settings);
        auto const receiver =
            make_receiver(settings, srtp_provider::own, {{ssrc_t{0xcafebabe}, std::uint64_t{5} << 16 | 100}});
        for (unsigned sequence = 40000; sequence < 40010; ++sequence)
            CHECK(unprotect_rtp(*receiver, protect_rtp(*anew, plain_rtp(sequence)).bytes).bytes == plain_rtp(sequence));
    }
}

TEST_CASE("RTCP that is authenticated but not encrypted is read too: the E bit says so (RFC 3711 3.4, RFC 7714 9.3)") {
    for_all([](crypto_suite suite, srtp_provider provider) {
        auto const settings = settings_with(suite);
        auto const receiver = make_receiver(settings, provider);
        auto const packet = protect_rtcp_without_encryption(settings, plain_rtcp(3));
        auto changed = packet;
        changed[20] ^= std::byte{1};
        CHECK(unprotect_rtcp(*receiver, changed).error == errc::authentication_failed);
        // libsrtp2 wants to be told beforehand, in counter mode.
        bool const is_beyond_libsrtp = provider == srtp_provider::libsrtp && !traits_of(suite).is_aead;
        auto const opened = unprotect_rtcp(*receiver, packet);
        CHECK((opened.error == error_code{}) == !is_beyond_libsrtp);
        if (!is_beyond_libsrtp) CHECK(opened.bytes == plain_rtcp(3));
    });
}
