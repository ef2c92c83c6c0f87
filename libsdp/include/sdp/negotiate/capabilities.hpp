// What our side can do and wants in an exchange: codecs in order, telephone-event, packet times, security, and the
// sockets, keys and hold state that the application brings. Plain values; the functions of answer.hpp and the
// negotiator read them and keep nothing.
#pragma once

#include "sdp/model/dtls.hpp"
#include "sdp/model/session.hpp"

#include <boost/container/small_vector.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sdp {

/// An encoding we can send and receive.
struct codec_capability {
    /// Name, clock rate and channels.
    sdp::codec codec;
    /// The number to offer it with, unless the session already uses another. Missing: a free dynamic one.
    std::optional<payload_type> payload;
    /// What we declare in a=fmtp, in offers and answers.
    std::string parameters;

    bool operator==(codec_capability const&) const = default;
};

/// The usual entry for an encoding known by name ("PCMU", "G722",
/// "G729", "opus" ...): number, clock rate and parameters.
[[nodiscard]] std::optional<codec_capability> known_codec(std::string_view name);

/// Telephone events (RFC 4733): offered once for each clock rate among the codecs, 8000 always.
struct telephone_event_capability {
    payload_type payload{101};    ///< For the 8000 Hz clock; others get free numbers.
    std::string events = "0-15";  ///< The events we understand when we receive them.

    bool operator==(telephone_event_capability const&) const = default;
};

enum class rtcp_mux_policy : std::uint8_t { refuse, accept, offer };  ///< RFC 5761 5.1.1

/// Whether media travel as SRTP.
enum class media_security : std::uint8_t {
    off,        ///< Lines of a secure transport are refused, keys on plain lines are passed over.
    optional,   ///< Secure wherever the peer can, else plain.
    mandatory,  ///< Plain lines are refused.
};

/// How an offer leaves the choice to the peer where security is optional.
enum class optional_form : std::uint8_t {
    keys_on_plain_line,  ///< RTP/AVP with keys (RFC 8643): one line, which a peer without SRTP takes as it always did.
    two_lines,           ///< RTP/SAVP and below it RTP/AVP, at the same port: for peers that pass over keys elsewhere.
};

/// How keys are agreed on.
enum class srtp_keying : std::uint8_t {
    sdes,  ///< In the description (RFC 4568).
    dtls,  ///< By a DTLS handshake beside the media (RFC 5763).
};

/// Which protection of media we offer and take.
struct security_capability {
    media_security policy = media_security::off;  ///< Whether we insist.
    /// How protection is offered that may be left out.
    optional_form form = optional_form::keys_on_plain_line;
    /// What we offer, and what we take of an offer that leaves the choice, if the stream has the material for it.
    srtp_keying preferred = srtp_keying::sdes;

    bool operator==(security_capability const&) const = default;
};

/// What we can do.
struct capabilities {
    std::vector<codec_capability> audio;  ///< Preferred first.
    /// Nothing: no digits.
    std::optional<telephone_event_capability> telephone_event = telephone_event_capability{};
    /// The a=ptime we ask the peer to send with, and a=maxptime; missing: the line is left out.
    std::optional<std::chrono::milliseconds> ptime = std::chrono::milliseconds{20};
    /// No packet is longer.
    std::optional<std::chrono::milliseconds> maxptime;
    /// The packet times our own sender can produce; what the peer asks for is brought into this range.
    std::chrono::milliseconds shortest_packet{10};
    std::chrono::milliseconds longest_packet{60};  ///< That we send.
    std::chrono::milliseconds packet_step{10};  ///< Packets are multiples of this.
    rtcp_mux_policy rtcp_mux = rtcp_mux_policy::refuse;  ///< RTCP on the media port.
    security_capability security;  ///< Protection of media.

    bool operator==(capabilities const&) const = default;
};

/// How we tell the peer to stop sending (RFC 3264 8.4, RFC 6337 5.3).
enum class hold_style : std::uint8_t {
    none,          ///< Not on hold by us.
    sendonly,      ///< The usual form; we may play music.
    inactive,      ///< We will not send either.
    zero_address,  ///< c=0.0.0.0 and sendonly, for peers of RFC 2543. With IPv6 it is the same as sendonly.
};

/// A key of our own for one suite: what we send is made with it. From a random source of the application, 16 or 32
/// octets of key and 14 or 12 of salt (key_and_salt_size()), never the same in two streams.
struct local_key {
    srtp_suite suite{};  ///< What protects the packets.
    secret key_and_salt;  ///< Ours.
    bool is_offered = true;  ///< False: taken where the peer offers the suite, and not offered by us.

    bool operator==(local_key const&) const = default;
};

/// Our end of DTLS associations.
struct dtls_identity {
    fingerprint_list fingerprints;  ///< Of our certificate, SHA-256 at least (RFC 8122 5.1).
    std::string tls_id;             ///< 20 to 255 random characters, new for each new association (RFC 8842 4).
    bool is_offered = true;         ///< False: taken where the peer offers it, and not offered by us.

    bool operator==(dtls_identity const&) const = default;
};

/// One local audio stream: the sockets that the application has opened for it, and what its user wants now.
struct local_stream {
    std::uint16_t port = 0;       ///< RTP, never 0.
    std::uint16_t rtcp_port = 0;  ///< 0: the RTP port plus one.
    direction wanted = direction::sendrecv;  ///< What we want to do now.
    /// How we say that we hold.
    hold_style hold = hold_style::none;
    /// One for each suite we can do, best first; none: no SDES. They stay for the life of the stream, so that its
    /// counters go on; where its address changes they must be new (RFC 4568 7.1.4).
    std::vector<local_key> keys = {};
    std::optional<dtls_identity> dtls = {};  ///< Missing: no DTLS-SRTP.

    bool operator==(local_stream const&) const = default;
};

/// What the application brings to an exchange. As many audio lines are accepted or offered as there are streams.
struct local_media {
    connection address;  ///< ip4 or ip6, a literal address; goes to c= and o=.
    boost::container::small_vector<local_stream, 1> streams;  ///< One for each media line.

    bool operator==(local_media const&) const = default;
};

}  // namespace sdp
