// RTP payload types of audio and their formats: the static numbers, names and clock rates, and which numbers may be
// given out by negotiation.
//
// Knows names and rates only; what can be decoded is in codec.hpp. RFC 3551 6 (table 4), RFC 3389 (CN), RFC 4733 2
// (telephone-event), RFC 5761 4 (numbers that RTCP would be mistaken for).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "rtp/stats/media_time.hpp"
#include "rtp/wire/packet.hpp"

namespace rtp {

namespace payload {

inline constexpr payload_type pcmu{0};
inline constexpr payload_type gsm{3};
inline constexpr payload_type g723{4};
inline constexpr payload_type pcma{8};
inline constexpr payload_type g722{9};
inline constexpr payload_type comfort_noise{13};
inline constexpr payload_type g728{15};
inline constexpr payload_type g729{18};
/// What most phones use for telephone-event; a default to offer, not a rule.
inline constexpr payload_type usual_telephone_event{101};

}  // namespace payload

/// What an rtpmap says: encoding name, RTP clock rate, channels. The name is borrowed.
struct payload_format {
    std::string_view name;  ///< As a=rtpmap has it.
    clock_rate rate{};  ///< Of the timestamps.
    std::uint8_t channels = 1;  ///< Interleaved where there are more than one.
};

/// Encoding names are compared without case (RFC 4855 3). A missing channel count means 1.
[[nodiscard]] bool is_same_format(payload_format const&, payload_format const&) noexcept;

[[nodiscard]] bool is_telephone_event(payload_format const&) noexcept;
[[nodiscard]] bool is_comfort_noise(payload_format const&) noexcept;

/// A number that RFC 3551 gives.
struct static_payload {
    payload_type type;  ///< The number on the wire.
    payload_format format;  ///< What it stands for.
};

/// The static audio types, by number.
[[nodiscard]] std::span<const static_payload> static_payloads() noexcept;

/// The format that a static audio type stands for without an rtpmap; null if the number is no such type. The pointer
/// is to a constant.
[[nodiscard]] payload_format const* find_static_format(payload_type) noexcept;

/// The static type of a format; null if it has none. For PCMU, PCMA and the like: no rtpmap is needed, though RFC 3264
/// 5.1 recommends one.
[[nodiscard]] payload_type const* find_static_type(payload_format const&) noexcept;

enum class payload_number : std::uint8_t {
    assigned,    ///< One fixed format (table 4), or one of video.
    reserved,    ///< Withdrawn numbers: 1, 2, 19.
    rtcp,        ///< 64..95: with RTP and RTCP on one port these look like RTCP packet types 192..223 (RFC 5761 4).
    unassigned,  ///< Free; to be given out only when 96..127 are used up (RFC 3551 3).
    dynamic,     ///< 96..127: means what the session description says.
    invalid,     ///< Above 127.
};

[[nodiscard]] payload_number classify(payload_type) noexcept;

}  // namespace rtp
