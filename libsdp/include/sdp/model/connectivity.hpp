// Attributes that say how packets find their way and what belongs together: ICE (RFC 8839), groups and their members
// (RFC 5888, RFC 9143), feedback (RFC 4585). Readers only, views into their text: offer and answer know these to refuse
// or repeat them rightly, and whoever performs the procedures finds them read.
#pragma once

#include "sdp/model/session.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sdp {

/// a=candidate (RFC 8839 5.1). The address is a literal or a name; its family is for whoever uses it to see.
struct candidate {
    std::string_view foundation;  ///< 1 to 32 characters.
    std::uint16_t component = 0;  ///< 1 to 256: 1 is RTP, 2 is RTCP.
    std::string_view transport;   ///< "UDP", "TCP" ...
    std::uint32_t priority = 0;   ///< 1 to 2^31 - 1.
    std::string_view address;  ///< As it stands there.
    std::uint16_t port = 0;  ///< 0: none.
    std::string_view type;             ///< "host", "srflx", "prflx", "relay" or a newer one.
    std::string_view related_address;  ///< Empty if there is none.
    std::uint16_t related_port = 0;  ///< 0: none.
    std::string_view extensions;  ///< "name value name value", as they came.

    bool operator==(candidate const&) const = default;
};
[[nodiscard]] std::optional<candidate> read_candidate(std::string_view value) noexcept;

/// a=ice-ufrag and a=ice-pwd of a line, each its own or the session's (RFC 8839 5.4).
struct ice_credentials {
    std::string_view user_fragment;  ///< 4 to 256 characters.
    std::string_view password;       ///< 22 to 256 characters. A secret: do not print it.

    bool operator==(ice_credentials const&) const = default;
};
[[nodiscard]] std::optional<ice_credentials> ice_credentials_of(session const&, media const&) noexcept;

/// a=group: "BUNDLE 0 1".
struct group {
    std::string_view semantics;  ///< "BUNDLE".
    boost::container::small_vector<std::string_view, 4> members;  ///< At most most_group_members.

    bool operator==(group const&) const = default;
};
inline constexpr std::size_t most_group_members = 64;
[[nodiscard]] std::optional<group> read_group(std::string_view value);

/// The token of a=mid; empty if the line has none.
[[nodiscard]] std::string_view mid_of(media const&) noexcept;

/// a=rtcp-fb (RFC 4585 4.2): "96 nack pli".
struct rtcp_feedback {
    std::optional<payload_type> payload;  ///< Missing: "*", all of the line.
    std::string_view type;  ///< "nack".
    std::string_view parameters;  ///< As they stand there.

    bool operator==(rtcp_feedback const&) const = default;
};
[[nodiscard]] std::optional<rtcp_feedback> read_rtcp_feedback(std::string_view value) noexcept;

}  // namespace sdp
