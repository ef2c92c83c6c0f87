// The security of a stream between the two libraries: keys of our own for libsdp to hand to the peer, and what was
// agreed in the words of librtp. No state. What is secret stays in the types that wipe it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phoned/config/settings.hpp"
#include "rtp/crypto/dtls_identity.hpp"
#include "rtp/environment.hpp"
#include "rtp/session/media_security.hpp"
#include "sdp/negotiate/agreement.hpp"
#include "sdp/negotiate/capabilities.hpp"

namespace phoned {

/// What account.X.srtp_encryption and offhook.dtls_srtp ask of offer and answer.
[[nodiscard]] sdp::security_capability security_capability_of(const account_settings&, dtls_policy);

/// What one stream brings to offer and answer, for its whole life.
struct stream_secrets {
    std::vector<sdp::local_key> keys;
    std::optional<sdp::dtls_identity> dtls;
};

/// A key for each suite that librtp has, and the name of a DTLS association if there is a certificate (or null), from
/// the phone's random source. The two suites that every phone knows are offered, the others only taken, so that an
/// INVITE with keys still fits into a datagram.
[[nodiscard]] stream_secrets new_stream_secrets(rtp::environment&, const rtp::dtls_identity*, dtls_policy);

/// What the session is told. Keys that librtp refuses leave it waiting for others: it neither sends nor hears.
/// `identity` is ours, null where the stream has none.
[[nodiscard]] rtp::media_security media_security_of(const sdp::security_agreement&, const rtp::dtls_identity* identity);

/// `AES_CM_128_HMAC_SHA1_80` where the description says so; empty for plain media.
[[nodiscard]] std::string suite_shown(const sdp::security_agreement&);

}  // namespace phoned
