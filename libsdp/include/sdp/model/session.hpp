// The session description as plain values (RFC 8866 5): what the lines say, with no reference to the text they came
// from. Everything is copyable, comparable with == and free to be filled by hand. A model read by parse() and printed
// by to_text() reads back equal. This header knows nothing of offers and answers.
#pragma once

#include "sdp/model/crypto.hpp"

#include <boost/container/small_vector.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sdp {

/// RTP payload type number, 0 to 127 (RFC 3551).
enum class payload_type : std::uint8_t {};

[[nodiscard]] constexpr unsigned number(payload_type payload) noexcept {
    return static_cast<unsigned>(payload);
}

/// 96 to 127: numbers that mean nothing without an rtpmap (RFC 3551 6).
[[nodiscard]] constexpr bool is_dynamic(payload_type payload) noexcept {
    return number(payload) >= 96;
}

/// Media direction as seen by the one who wrote the description
/// (RFC 8866 6.7). The two bits are "sends" and "receives".
enum class direction : std::uint8_t { inactive = 0, sendonly = 1, recvonly = 2, sendrecv = 3 };

[[nodiscard]] constexpr bool sends(direction d) noexcept {
    return (static_cast<unsigned>(d) & 1U) != 0;
}
[[nodiscard]] constexpr bool receives(direction d) noexcept {
    return (static_cast<unsigned>(d) & 2U) != 0;
}

/// The same stream seen from the other end.
[[nodiscard]] constexpr direction reversed(direction d) noexcept {
    auto const bits = static_cast<unsigned>(d);
    return static_cast<direction>(((bits & 1U) << 1U) | (bits >> 1U));
}

/// What both allow.
[[nodiscard]] constexpr direction both(direction a, direction b) noexcept {
    return static_cast<direction>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

/// The attribute name: "sendrecv" and so on.
[[nodiscard]] std::string_view name_of(direction) noexcept;

enum class address_family : std::uint8_t {
    ip4,
    ip6,
    other,  ///< Not "IN IP4" and not "IN IP6": the whole value is kept as text and can only be printed again.
};

/// A c= line, and the address part of o= and a=rtcp.
struct connection {
    /// IPv4 or IPv6.
    address_family family = address_family::ip4;
    /// An address or a host name, with "/ttl/count" where multicast has it. For `other`, everything after "c=".
    std::string address;

    bool operator==(connection const&) const = default;
};

/// No place to send to: 0.0.0.0 (hold as of RFC 2543, RFC 3264 8.4), "::", or a name under .invalid (RFC 6157 4.1).
[[nodiscard]] bool is_unspecified(connection const&) noexcept;
[[nodiscard]] bool is_multicast(connection const&) noexcept;

/// The o= line. Numbers are 64 bit as RFC 3264 5 asks.
struct origin {
    std::string username = "-";  ///< "-": none.
    std::uint64_t session_id = 0;  ///< The same for all descriptions of a session.
    std::uint64_t version = 0;  ///< Grows with each change (RFC 3264 5).
    connection address;  ///< Of the machine that made it.

    bool operator==(origin const&) const = default;
};

/// A b= line: kilobits per second for "AS" and "CT", bits per second for "TIAS", "RS" and "RR".
struct bandwidth {
    std::string type;  ///< "AS", "TIAS".
    std::uint64_t value = 0;  ///< In the unit of its type.

    bool operator==(bandwidth const&) const = default;
};

/// A t= line with what belongs to it.
struct time_description {
    std::uint64_t start = 0;  ///< NTP seconds; 0: no beginning.
    /// NTP seconds; 0: no end.
    std::uint64_t stop = 0;
    /// The r= and z= lines that follow, whole and as they came.
    std::vector<std::string> repeats;

    bool operator==(time_description const&) const = default;
};

/// What an encoding is called; names compare without case (RFC 4855 3), see same_codec().
struct codec {
    std::string name;  ///< Empty for a dynamic number that no rtpmap explains.
    std::uint32_t clock_rate = 8000;  ///< In Hz.
    std::uint16_t channels = 1;  ///< Interleaved where there are more than one.

    bool operator==(codec const&) const = default;
};

[[nodiscard]] bool same_codec(codec const&, codec const&) noexcept;

/// One entry of the format list of an RTP m= line, with its rtpmap and fmtp.
struct format {
    payload_type payload{};  ///< The number.
    sdp::codec codec;  ///< Name, clock rate and channels.
    std::string parameters;  ///< The value of a=fmtp after the number; empty if there is none.

    bool operator==(format const&) const = default;
};

/// An attribute without a field of its own, as it came. "a=name" has an empty value.
struct attribute {
    std::string name;  ///< Before the colon.
    std::string value;  ///< Behind the colon; may be empty.

    bool operator==(attribute const&) const = default;
};

/// A line without a field of its own: i=, u=, e=, p=, a repeated line that should stand once, or a letter no RFC knows.
/// Never k=, which is neither read nor printed (RFC 8866 5.12).
struct line {
    char type = 0;  ///< The letter before '='.
    std::string value;  ///< Behind the colon; may be empty.

    bool operator==(line const&) const = default;
};

/// The a=rtcp attribute (RFC 3605 2.1).
struct rtcp_attribute {
    std::uint16_t port = 0;  ///< 0: none.
    std::optional<connection> address;  ///< Nothing: that of the media.

    bool operator==(rtcp_attribute const&) const = default;
};

/// The a=crypto lines of an m= line that are read; those beyond are kept as they came.
inline constexpr std::size_t most_crypto_lines = 32;

/// An m= line and the lines below it.
struct media {
    std::string type = "audio";                         ///< "audio", "video", "image" ...
    std::uint16_t port = 0;                             ///< 0: the stream is not wanted (RFC 3264 5.1).
    std::uint16_t port_count = 1;                       ///< More than 1 for "port/count".
    std::string transport = "RTP/AVP";                  ///< As written; compare with is_transport().
    boost::container::small_vector<format, 6> formats;  ///< The list of an RTP line, each number once.
    std::string other_formats;                          ///< The list of a line that is not RTP ("t38"), as it came.

    std::optional<sdp::connection> connection;  ///< Missing: that of the session counts.
    std::vector<bandwidth> bandwidths;  ///< B= lines, in order.
    std::optional<sdp::direction> direction;  ///< Missing: that of the session counts, else sendrecv.
    std::optional<std::chrono::milliseconds> ptime;  ///< Of a packet, as the sender of the description likes it.
    std::optional<std::chrono::milliseconds> maxptime;  ///< No packet is longer.
    std::optional<rtcp_attribute> rtcp;  ///< Where RTCP goes (RFC 3605).
    bool rtcp_mux = false;  ///< RTCP on the media port (RFC 5761).
    std::vector<sdp::crypto> crypto;    ///< At most most_crypto_lines, most wanted first.
    std::vector<attribute> attributes;  ///< All others in order: unknown, repeated, or unreadable ones.
    std::vector<line> lines;            ///< All other lines, in the order RFC 8866 gives them.

    bool operator==(media const&) const = default;
};

/// One description.
struct session {
    sdp::origin origin;  ///< O=.
    std::string name = "-";  ///< The s= line; never empty in a description that was read.
    std::optional<sdp::connection> connection;  ///< C= for all media without one of their own.
    std::vector<bandwidth> bandwidths;  ///< B= lines, in order.
    boost::container::small_vector<time_description, 1> times;  ///< Empty prints as "t=0 0".
    std::optional<sdp::direction> direction;  ///< For all media without one of their own.
    std::vector<attribute> attributes;  ///< The other a= lines, in order.
    std::vector<line> lines;  ///< What is none of these, in order.
    boost::container::small_vector<media, 1> media_lines;  ///< M= and what belongs to each.

    bool operator==(session const&) const = default;
};

/// RTP over plain UDP or secured, with or without feedback: the format list holds payload numbers (RFC 8866 8.2.3).
[[nodiscard]] bool is_rtp(std::string_view transport) noexcept;

/// Compares without case, since that is what peers do: is_transport("rtp/avp", "RTP/AVP").
[[nodiscard]] bool is_transport(std::string_view written, std::string_view expected) noexcept;

/// The direction that counts for the line: its own, else the session's, else sendrecv (RFC 8866 6.7).
[[nodiscard]] direction effective_direction(session const&, media const&) noexcept;

/// The connection that counts for the line: its own, else the session's; null if there is none.
/// The pointer lives as long as the argument that holds it.
[[nodiscard]] connection const* effective_connection(session const&, media const&) noexcept;

}  // namespace sdp
