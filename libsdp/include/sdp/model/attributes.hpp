// The values of the attributes that the model types (RFC 8866 6, RFC 3605), read as views into their text. Attributes
// that the model has no field for are kept as they came; dtls.hpp and connectivity.hpp read more of them.
#pragma once

#include "sdp/model/session.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace sdp {

/// The value of a=rtpmap: "96 opus/48000/2".
struct rtpmap {
    payload_type payload{};  ///< The number.
    std::string_view name;  ///< Of the encoding.
    std::uint32_t clock_rate = 0;  ///< In Hz.
    std::uint16_t channels = 1;  ///< Interleaved where there are more than one.

    bool operator==(rtpmap const&) const = default;
};

/// The value of a=fmtp of an RTP line: "96 useinbandfec=1".
struct fmtp {
    payload_type payload{};  ///< The number.
    std::string_view parameters;  ///< As they stand there.

    bool operator==(fmtp const&) const = default;
};

/// "IN IP4 192.0.2.1", the value of c= and the end of o= and a=rtcp.
/// Any other network or address type is `other`, kept whole.
struct connection_view {
    address_family family = address_family::ip4;  ///< IPv4 or IPv6.
    std::string_view address;  ///< As it stands there.

    bool operator==(connection_view const&) const = default;
};

/// The value of a=rtcp: "53020" or "53020 IN IP4 192.0.2.1".
struct rtcp_view {
    std::uint16_t port = 0;  ///< 0: none.
    std::optional<connection_view> address;  ///< Nothing: that of the media.

    bool operator==(rtcp_view const&) const = default;
};

/// Each reader returns nothing for a value it cannot use: a clock rate of 0, a payload number above 127, a packet time
/// of 0. What it returns refers to `value`.
[[nodiscard]] std::optional<rtpmap> read_rtpmap(std::string_view value) noexcept;
[[nodiscard]] std::optional<fmtp> read_fmtp(std::string_view value) noexcept;
[[nodiscard]] std::optional<connection_view> read_connection(std::string_view value) noexcept;
[[nodiscard]] std::optional<rtcp_view> read_rtcp(std::string_view value) noexcept;
/// Milliseconds from 1 to 65535, for a=ptime and a=maxptime. Of a real number (RFC 8866 6.4) the whole part counts.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_packet_time(std::string_view value) noexcept;
[[nodiscard]] std::optional<direction> read_direction(std::string_view attribute_name) noexcept;

/// The encoding that RFC 3551 6 ties to a number without an rtpmap.
[[nodiscard]] std::optional<codec> static_codec(payload_type);

/// The value of one parameter in the "name=value;name=value" form of fmtp; names compare without case.
/// A parameter without "=" has an empty value. The view refers to `parameters`.
[[nodiscard]] std::optional<std::string_view> parameter_value(
    std::string_view parameters, std::string_view name
) noexcept;

/// The first attribute of that name (without case), or null.
[[nodiscard]] attribute const* find_attribute(std::span<attribute const>, std::string_view name) noexcept;

}  // namespace sdp
