// Covers: every length of SRTP and SRTCP packets over and under by one, in blocks of exactly their size so that a
// sanitizer sees a byte too much; packets without room for the tag.
#include <doctest/doctest.h>

#include <string>

#include "crypto/srtp_layout.hpp"
#include "unit/rtp/support/srtp.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

/// The parts cover the packet exactly, and every byte of them can be read.
void check_parts(std::span<std::byte> packet, srtp_layout const& parts) {
    std::size_t size = 0;
    for (auto const part : {parts.header, parts.text, parts.index_word, parts.mki, parts.tag}) {
        size += part.size();
        for (auto& byte : part) {
            REQUIRE((&byte >= packet.data() && &byte < packet.data() + packet.size()));
            byte ^= std::byte{0};
        }
    }
    CHECK(size == packet.size());
}

/// Lays out a copy of exactly this size; true if it has room for all that its header announces.
bool is_laid_out(std::span<const std::byte> bytes, packet_kind kind, crypto_suite suite, std::size_t mki) {
    exact_copy const packet(bytes);
    auto const parts = lay_out(packet.bytes(), kind, traits_of(suite), mki);
    if (parts) check_parts(packet.bytes(), *parts);
    return parts.has_value();
}

}  // namespace

TEST_CASE("A packet is as long as its header and its trailer at least, and no byte less (RFC 3711 3.1, 3.4)") {
    for (auto const suite : all_crypto_suites) {
        for (std::size_t const mki : {0U, 1U, 4U}) {
            for (auto const kind : {packet_kind::rtp, packet_kind::rtcp}) {
                auto const least = (kind == packet_kind::rtp ? 12 : 8) + trailer_size(traits_of(suite), kind, mki);
                byte_vector bytes(least + 1);
                bytes[0] = std::byte{0x80};
                CHECK(is_laid_out(bytes, kind, suite, mki));
                CHECK(is_laid_out(std::span(bytes).first(least), kind, suite, mki));
                for (std::size_t size = 0; size < least; ++size)
                    CHECK_FALSE(is_laid_out(std::span(bytes).first(size), kind, suite, mki));
            }
        }
    }
}

TEST_CASE("CSRCs and a header extension that run over the trailer are refused, to the byte (RFC 3550 5.1, 5.3.1)") {
    for (auto const suite : all_crypto_suites) {
        auto const behind = trailer_size(traits_of(suite), packet_kind::rtp, 0);
        for (unsigned csrcs = 0; csrcs <= 15; ++csrcs) {
            byte_vector bytes(12 + 4 * csrcs + behind);
            bytes[0] = static_cast<std::byte>(0x80U | csrcs);
            CHECK(is_laid_out(bytes, packet_kind::rtp, suite, 0));
            CHECK_FALSE(is_laid_out(std::span(bytes).first(bytes.size() - 1), packet_kind::rtp, suite, 0));
            if (csrcs == 15) continue;
            bytes[0] = static_cast<std::byte>(0x80U | (csrcs + 1));
            CHECK_FALSE(is_laid_out(bytes, packet_kind::rtp, suite, 0));
        }
        for (std::uint16_t const words : {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{7}}) {
            byte_vector bytes(12 + 4 + 4 * std::size_t{words} + behind);
            bytes[0] = std::byte{0x90};
            store_u16(std::span(bytes).subspan(14), words);
            CHECK(is_laid_out(bytes, packet_kind::rtp, suite, 0));
            CHECK_FALSE(is_laid_out(std::span(bytes).first(bytes.size() - 1), packet_kind::rtp, suite, 0));
            for (auto const wrong : {words + 1, 0xFFFF}) {
                store_u16(std::span(bytes).subspan(14), static_cast<std::uint16_t>(wrong));
                CHECK_FALSE(is_laid_out(bytes, packet_kind::rtp, suite, 0));
            }
        }
        // The extension's own length field lies in the trailer.
        byte_vector bytes(12 + 3 + behind);
        bytes[0] = std::byte{0x90};
        CHECK_FALSE(is_laid_out(bytes, packet_kind::rtp, suite, 0));
    }
}

TEST_CASE("A packet of another version is refused (RFC 3550 5.1)") {
    for (unsigned const first : {0x00U, 0x40U, 0xc0U}) {
        byte_vector bytes(100);
        bytes[0] = static_cast<std::byte>(first);
        auto const receiver = make_receiver(settings_with(crypto_suite::aead_aes_128_gcm));
        CHECK(unprotect_rtp(*receiver, bytes).error == errc::bad_version);
        CHECK(unprotect_rtcp(*receiver, bytes).error == errc::bad_version);
    }
}

TEST_CASE("A protected packet cut at any place is refused and leaves the receiver as it was (RFC 3711 3.3)") {
    for (auto const suite : all_crypto_suites) {
        for (auto const provider : {srtp_provider::own, srtp_provider::libsrtp}) {
            auto const settings = settings_with(suite);
            auto const sender = make_sender(settings);
            auto const receiver = make_receiver(settings, provider);
            auto const rtp_packet = protect_rtp(*sender, plain_rtp(1)).bytes;
            auto const rtcp_packet = protect_rtcp(*sender, plain_rtcp(1)).bytes;
            for (std::size_t size = 0; size < rtp_packet.size(); ++size)
                CHECK(unprotect_rtp(*receiver, std::span(rtp_packet).first(size)).error);
            for (std::size_t size = 0; size < rtcp_packet.size(); ++size)
                CHECK(unprotect_rtcp(*receiver, std::span(rtcp_packet).first(size)).error);
            CHECK(unprotect_rtp(*receiver, rtp_packet).bytes == plain_rtp(1));
            CHECK(unprotect_rtcp(*receiver, rtcp_packet).bytes == plain_rtcp(1));
        }
    }
}

TEST_CASE("A packet of the largest size has room for the tag, and none for a long MKI (RFC 3711 3.1)") {
    for (auto const suite : all_crypto_suites) {
        for (auto const provider : {srtp_provider::own, srtp_provider::libsrtp}) {
            auto const largest = plain_rtp(1, 5, packet_buffer::max_size - fixed_header_size);
            auto const sender = make_sender(settings_with(suite), provider);
            auto const packet = protect_rtp(*sender, largest);
            CHECK_FALSE(packet.error);
            // It fills the tail-room, which a received packet need not have.
            CHECK(packet.bytes.size() == packet_buffer::max_size + traits_of(suite).rtp_tag_size);
            srtp_settings const long_mki{.suite = suite, .keys = {make_key(suite, 1, byte_vector(64))}};
            CHECK(protect_rtp(*make_sender(long_mki, provider), largest).error == errc::too_large);
        }
    }
}

TEST_CASE("What is no packet is not protected") {
    for (auto const provider : {srtp_provider::own, srtp_provider::libsrtp}) {
        auto const sender = make_sender(settings_with(crypto_suite::aes_cm_128_hmac_sha1_80), provider);
        auto const packet = plain_rtp(1);
        for (std::size_t size = 0; size < 12; ++size)
            CHECK(protect_rtp(*sender, std::span(packet).first(size)).error == errc::truncated);
        for (std::size_t size = 0; size < 8; ++size)
            CHECK(protect_rtcp(*sender, std::span(packet).first(size)).error == errc::truncated);
        CHECK(protect_rtp(*sender, byte_vector(20)).error == errc::bad_version);
        CHECK_FALSE(protect_rtp(*sender, packet).error);
    }
}
