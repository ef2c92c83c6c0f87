// Where SDP meets RTP: from the phone's settings to what is offered, and from what was agreed to what an RTP session is
// told. No state, no packets.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "phoned/config/settings.hpp"
#include "phoned/media/security.hpp"
#include "phoned/media/sockets.hpp"
#include "phoned/protocol/messages.hpp"
#include "rtp/codec/codec.hpp"
#include "rtp/session/settings.hpp"
#include "sdp/negotiate/agreement.hpp"
#include "sdp/negotiate/capabilities.hpp"

namespace phoned {

/// The account's codecs in its order, without those that this build cannot encode; telephone-event where digits travel
/// so.
[[nodiscard]] sdp::capabilities capabilities_of(const account_settings&, dtls_policy = dtls_policy::never);

/// Adds comfort noise (RFC 3389), behind the codecs.
void offer_comfort_noise(sdp::capabilities&);

/// Names our side of a new session (RFC 3264 5: numbers that may rise).
[[nodiscard]] sdp::origin own_origin(rtp::environment&);

/// Our side of the one audio line of a call; without keys it can only be plain.
[[nodiscard]] sdp::local_media local_media_of(const media_ports&, sdp::hold_style, stream_secrets = {});

/// What an agreement about one audio line means for its RTP session and its codecs.
struct media_plan {
    const rtp::codec* codec = nullptr;                   ///< What we send; null when nothing can be sent or decoded
    rtp::payload_type payload{};                         ///< Its number on the wire
    rtp::encoder_settings encoding;                      ///< What the peer asks of our encoder
    std::optional<rtp::payload_type> comfort_noise;      ///< What describes silence to the peer, if it takes that
    std::vector<rtp::payload_type> heard_comfort_noise;  ///< What describes the peer's
    rtp::payload_map payloads;
    rtp::remote_addresses remote;
    rtp::direction direction = rtp::direction::inactive;
    rtp::peer_media peer = rtp::peer_media::optional;
    rtp::rtcp_transport rtcp = rtp::rtcp_transport::separate_port;
    bool is_held_by_us = false;  ///< Our user asked for it: we send no sound of our own
    std::chrono::milliseconds packet_time{20};
    std::string codec_name;  ///< `PCMU/8000`, for people
    rtp::media_security security;
    media_keying keying = media_keying::none;  ///< Where the keys come from
    std::string srtp_suite;                    ///< `AES_CM_128_HMAC_SHA1_80`, where the description names it
};

/// Whether RTP may follow the peer's packets instead of its description. A private address that the peer names to one
/// who has a public one leads nowhere: the peer is behind a NAT (RFC 7362 4).
[[nodiscard]] rtp::latching latching_for(symmetric_rtp_policy, const rtp::endpoint& own, const rtp::endpoint& peer);

/// The plan for a line; nothing for one that is off. Host names in c= lines are not looked up: such a line cannot be
/// sent to.
/// `identity` is ours in DTLS, or null.
[[nodiscard]] std::optional<media_plan> plan_of(const sdp::negotiated&, const rtp::dtls_identity* identity = nullptr);

/// What the peer's a=fmtp asks of an encoder (RFC 7587 6.1). Parameters out of range count as not given.
[[nodiscard]] rtp::encoder_settings encoder_settings_of(const sdp::format&);

/// Which codec decodes a payload number of the agreement; null for telephone-event and unknown numbers.
[[nodiscard]] const rtp::codec* receiving_codec(const sdp::negotiated&, rtp::payload_type);

[[nodiscard]] media_direction direction_shown(rtp::direction);

}  // namespace phoned
