// Covers: our own SRTP and libsrtp2 do the same with the same random traffic, byte by byte and error by error: any
// payload size, CSRCs, header extensions, MKI, several sources, loss, reordering, replay, roll-over, damage. A packet
// of RTP and its twin are compared after protection and after being opened. The seed of a failure is printed.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rtp/wire/packet.hpp"
#include "support/srtp_twins.hpp"
#include "unit/rtp/support/srtp.hpp"

using namespace rtp;
using namespace rtp_test;

namespace {

byte_vector random_rtp(test::seeded_random& random, std::uint16_t sequence, std::uint32_t ssrc) {
    auto const csrcs = random.chance(20) ? random.below(16) : 0;
    bool const has_extension = random.chance(20);
    byte_vector bytes = random_bytes(random, 12 + 4 * csrcs);
    bytes[0] = static_cast<std::byte>(0x80U | csrcs | (has_extension ? 0x10U : 0U));
    auto const at = std::span(bytes);
    store_u16(at.subspan(2), sequence);
    store_u32(at.subspan(8), ssrc);
    if (has_extension) {
        auto const words = random.below(10);
        auto extension = random_bytes(random, 4 + 4 * words);
        store_u16(std::span(extension).subspan(2), static_cast<std::uint16_t>(words));
        bytes.insert(bytes.end(), extension.begin(), extension.end());
    }
    auto const payload = random_bytes(random, random.chance(10) ? random.below(1200) : random.below(200));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

byte_vector random_rtcp(test::seeded_random& random, std::uint32_t ssrc) {
    auto bytes = random_bytes(random, 8 + 4 * random.below(30));
    store_u16(bytes, 0x80c8);
    store_u32(std::span(bytes).subspan(4), ssrc);
    return bytes;
}

/// A source that moves on, now and then by a jump.
struct source_state {
    std::uint32_t ssrc;
    std::uint32_t sequence;
};

void run_traffic(crypto_suite suite, std::uint64_t seed) {
    test::seeded_random random(seed);
    srtp_settings settings{.suite = suite, .keys = {}};
    // libsrtp2 cannot receive RTCP with an MKI if its tags differ from those of RTP.
    bool const may_have_mki = traits_of(suite).rtp_tag_size == traits_of(suite).rtcp_tag_size;
    auto const mki_size = may_have_mki && random.chance(50) ? 1 + random.below(6) : 0;
    settings.keys.push_back(make_key(suite, seed, random_bytes(random, mki_size)));
    settings.replay_window = 64 * (1 + random.below(4));
    test::srtp_twins twins(settings);

    std::vector<source_state> sources;
    for (std::uint32_t ssrc = 1; ssrc <= 3; ++ssrc)
        sources.push_back({ssrc, static_cast<std::uint32_t>(65400 - random.below(100))});
    struct sent {
        bool is_rtp;
        byte_vector plain;
        byte_vector bytes;
    };
    std::vector<sent> under_way;
    // Nobody who misses the first packets of a stream that wraps knows of it; those are delivered.
    std::vector<std::uint32_t> heard;

    for (int step = 0; step < 600; ++step) {
        auto& source = sources[random.below(sources.size())];
        bool const is_rtp = random.chance(90);
        source.sequence += random.chance(2) ? static_cast<std::uint32_t>(random.below(2000)) : 1;
        auto const plain = is_rtp ? random_rtp(random, static_cast<std::uint16_t>(source.sequence), source.ssrc)
                                  : random_rtcp(random, source.ssrc);
        REQUIRE((is_rtp ? twins.protect_rtp(plain) : twins.protect_rtcp(plain)));
        REQUIRE_FALSE(twins.error());
        sent packet{is_rtp, plain, twins.result()};
        if (is_rtp && std::ranges::find(heard, source.ssrc) == heard.end()) {
            heard.push_back(source.ssrc);
            REQUIRE(twins.unprotect_rtp(packet.bytes));
            REQUIRE(twins.result() == plain);
        }
        under_way.push_back(std::move(packet));
        while (under_way.size() > 10) {
            auto const which = random.below(under_way.size());
            auto const& [arrives_as_rtp, original, bytes] = under_way[which];
            auto arriving = bytes;
            if (random.chance(10))
                arriving[random.below(arriving.size())] ^= static_cast<std::byte>(1 + random.below(255));
            if (random.chance(3)) arriving.resize(random.below(arriving.size()));
            bool const is_whole = arriving == bytes;
            REQUIRE((arrives_as_rtp ? twins.unprotect_rtp(arriving) : twins.unprotect_rtcp(arriving)));
            if (!twins.error()) REQUIRE(twins.result() == original);
            REQUIRE((is_whole || twins.error()));
            // Left where it is, it comes again later: a replay.
            if (random.chance(90)) under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
        }
    }
}

}  // namespace

TEST_CASE(
    "Our own SRTP and libsrtp2 agree on every packet of random traffic (RFC 3711 3.2, 3.3, 3.4, RFC 7714 5, 8.3, "
    "RFC 6188 3)"
) {
    for (auto const suite : all_crypto_suites) {
        CAPTURE(std::string(traits_of(suite).name));
        for (std::uint64_t seed = 1; seed <= 12; ++seed) {
            CAPTURE(seed);
            run_traffic(suite, seed);
        }
    }
}
