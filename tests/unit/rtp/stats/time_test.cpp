// Covers: NTP formats, the RFC's round-trip example, conversion between durations and RTP units over long uptimes.
#include "rtp/stats/media_time.hpp"
#include "rtp/stats/ntp.hpp"

#include <doctest/doctest.h>

#include "rtp/stats/sequence.hpp"

using namespace rtp;
using namespace std::chrono_literals;

TEST_CASE("Wall-clock time becomes NTP time (RFC 3550 4)") {
    CHECK(to_ntp(wall_point{}) == ntp64_t{0x83aa7e80'00000000});
    CHECK(to_ntp(wall_point{1500ms}) == ntp64_t{0x83aa7e81'80000000});
    CHECK(to_ntp(wall_point{-1s}) == ntp64_t{0x83aa7e7f'00000000});
    // 2036-02-07 06:28:16 UTC: the seconds wrap to zero.
    CHECK(to_ntp(wall_point{2'085'978'496s}) == ntp64_t{0});
    CHECK(middle(ntp64_t{0x01234567'89abcdef}) == ntp32_t{0x456789ab});
}

TEST_CASE("Short NTP spans hold 18 hours and saturate") {
    CHECK(to_ntp32(1s) == ntp32_t{65'536});
    CHECK(to_ntp32(5250ms) == ntp32_t{0x0005'4000});
    CHECK(to_ntp32(-1s) == ntp32_t{0});
    CHECK(to_ntp32(65'535s) == ntp32_t{65'535U << 16});
    CHECK(to_ntp32(65'536s) == ntp32_t{0xffff'ffff});
    CHECK(to_ntp32(50 * 365 * 24h) == ntp32_t{0xffff'ffff});
    CHECK(to_duration(ntp32_t{0x0005'4000}) == 5250ms);
    CHECK(to_duration(ntp32_t{0xffff'ffff}) > 65'535s);
}

TEST_CASE("The round trip of RFC 3550 figure 2 is 6.125 seconds") {
    // A = b710:8000, LSR = b705:2000, DLSR = 0005:4000
    auto const elapsed = to_duration(static_cast<ntp32_t>(distance(ntp32_t{0xb705'2000}, ntp32_t{0xb710'8000})));
    CHECK(round_trip(elapsed, ntp32_t{0x0005'4000}) == 6125ms);
}

TEST_CASE("A peer that claims to have held our report too long gives a round trip of zero") {
    CHECK(round_trip(1s, to_ntp32(2s)) == 0s);
}

TEST_CASE("RTP units follow the clock exactly, after two days at 48 kHz and after fifty years") {
    CHECK(to_units(20ms, clock_rate{8000}) == 160);
    CHECK(to_units(1s + 125us, clock_rate{8000}) == 8001);
    CHECK(to_units(50 * 365 * 24h + 20ms, clock_rate{48'000}) == std::int64_t{50} * 365 * 86'400 * 48'000 + 960);
    CHECK(to_units(-20ms, clock_rate{8000}) == -160);
    CHECK(to_duration(std::int64_t{160}, clock_rate{8000}) == 20ms);
    CHECK(to_duration(std::int64_t{50} * 365 * 86'400 * 48'000 + 960, clock_rate{48'000}) == 50 * 365 * 24h + 20ms);
    CHECK(to_duration(std::int64_t{160}, clock_rate{0}) == 0s);
}
