// The outcome of an exchange as plain values: for each m= line, what we may send and receive, with which numbers and to
// which address. It is what a media engine needs, and the memory that the next exchange needs (RFC 3264 8).
#pragma once

#include "sdp/model/dtls.hpp"
#include "sdp/model/session.hpp"

#include <boost/container/small_vector.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace sdp {

/// Where the peer receives. `address` is the text of its c= or a=rtcp line: a literal address or a host name.
struct endpoint {
    address_family family = address_family::ip4;  ///< IPv4 or IPv6.
    std::string address;  ///< As it stands there.
    std::uint16_t port = 0;  ///< 0: none.

    bool operator==(endpoint const&) const = default;
};

using format_list = boost::container::small_vector<format, 4>;

/// SRTP with the keys of the descriptions (RFC 4568).
struct sdes_agreement {
    srtp_suite suite{};  ///< What protects the packets.
    secret local_key;                                           ///< What we send with: key and salt.
    boost::container::small_vector<master_key, 1> remote_keys;  ///< What arrives may be made with any of them.

    bool operator==(sdes_agreement const&) const = default;
};

enum class dtls_role : std::uint8_t { client, server };

/// SRTP with the keys of a DTLS handshake (RFC 5763). Any change is a new association, but for fingerprints and roles
/// that the peer repeats (RFC 8842 3.1).
struct dtls_agreement {
    dtls_role role = dtls_role::client;  ///< Ours: the client begins.
    fingerprint_list remote_fingerprints;  ///< Of which the peer's certificate matches one.
    std::string local_tls_id;  ///< Ours (RFC 8842).
    std::string remote_tls_id;  ///< Empty: the peer is older than RFC 8842.

    bool operator==(dtls_agreement const&) const = default;
};

/// monostate: plain RTP.
using security_agreement = std::variant<std::monostate, sdes_agreement, dtls_agreement>;

/// What was agreed on one m= line.
struct negotiated {
    /// Which of local_media::streams serves the line; missing: the line is off and nothing below counts.
    std::optional<std::size_t> stream;

    /// Codecs we may send, best first, with the numbers the peer expects on the wire and the parameters it declared.
    format_list send;
    /// Codecs that may arrive, with the numbers the peer will use.
    format_list receive;
    /// Telephone events to send (the clock rate of the first codec where there is one) and all that may arrive.
    std::optional<format> send_events;
    boost::container::small_vector<format, 1> receive_events;  ///< Telephone events that the peer may send.

    /// Missing: there is no address to send to (c=0.0.0.0), so neither RTP nor RTCP is sent (RFC 3264 8.4).
    std::optional<endpoint> remote_rtp;
    std::optional<endpoint> remote_rtcp;  ///< The same as remote_rtp when rtcp_mux is agreed.
    bool rtcp_mux = false;  ///< RTCP on the media port.
    security_agreement security;  ///< RTCP goes the same way.

    std::chrono::milliseconds send_ptime{20};  ///< How much audio goes into a packet we send.
    bool may_send = false;  ///< By the agreed direction.
    bool may_receive = false;  ///< By the agreed direction.
    bool local_hold = false;   ///< We hold: our user asked for it.
    bool remote_hold = false;  ///< The peer holds: it wants no media from us, or named no address.

    bool operator==(negotiated const&) const = default;
};

/// The formats that one m= line has used in this session, both sides together: a payload number keeps its meaning to
/// the end (RFC 3264 8.3.2). At most one entry for each of the 128 numbers.
using format_history = std::vector<format>;

/// All that an exchange leaves behind. Empty before the first one.
struct agreement {
    session local;                                        ///< What we last offered or answered.
    session remote;                                       ///< What the peer last offered or answered.
    boost::container::small_vector<negotiated, 1> lines;  ///< One for each m= line.
    boost::container::small_vector<format_history, 1>
        histories;  ///< One for each m= line, offers that failed included.

    bool operator==(agreement const&) const = default;
};

}  // namespace sdp
