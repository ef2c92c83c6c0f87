// What a datagram on a media port is, by its first bytes.
//
// One port can carry STUN, DTLS, RTP and RTCP. RFC 7983 7 (first byte), RFC 5761 4 (RTP against RTCP).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtp {

enum class datagram_kind : std::uint8_t { rtp, rtcp, stun, dtls, zrtp, turn_channel, unknown };

[[nodiscard]] constexpr datagram_kind classify(std::span<const std::byte> datagram) noexcept {
    if (datagram.empty()) return datagram_kind::unknown;
    auto const first = std::to_integer<unsigned>(datagram[0]);
    if (first <= 3) return datagram_kind::stun;
    if (first >= 16 && first <= 19) return datagram_kind::zrtp;
    if (first >= 20 && first <= 63) return datagram_kind::dtls;
    if (first >= 64 && first <= 79) return datagram_kind::turn_channel;
    if (first < 128 || first > 191 || datagram.size() < 2) return datagram_kind::unknown;
    // RTCP types 192..223 are the RTP payload types 64..95 with the marker bit, which RFC 5761 4 forbids on a shared
    // port.
    auto const second = std::to_integer<unsigned>(datagram[1]);
    return second >= 192 && second <= 223 ? datagram_kind::rtcp : datagram_kind::rtp;
}

}  // namespace rtp
