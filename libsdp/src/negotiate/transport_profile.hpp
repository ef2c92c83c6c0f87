// The transports of RTP lines that offer and answer can serve, taken apart: what each says of security.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sdp {

/// With feedback (AVPF, SAVPF) or without makes no difference here: we give none, and an answer without a=rtcp-fb says
/// so (RFC 4585 4.2).
enum class transport_profile : std::uint8_t {
    plain,   ///< RTP/AVP, RTP/AVPF: not secured, unless keys stand below (RFC 8643).
    secure,  ///< RTP/SAVP, RTP/SAVPF: keys by SDES; by DTLS from peers older than RFC 5764 8.
    dtls,    ///< UDP/TLS/RTP/SAVP, UDP/TLS/RTP/SAVPF (RFC 5764 8).
};

/// Nothing for every other transport, RTP over TCP among them.
[[nodiscard]] std::optional<transport_profile> profile_of(std::string_view transport) noexcept;

/// What we write in lines of our own.
[[nodiscard]] std::string_view transport_of(transport_profile) noexcept;

}  // namespace sdp
