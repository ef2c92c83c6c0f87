// The security of a stream between the two libraries: keys of our own for libsdp to hand to the peer, and what was
// agreed in the words of librtp. No state. What is secret stays in the types that wipe it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "phoned/config/settings.hpp"
#include "rtp/environment.hpp"
#include "rtp/session/media_security.hpp"
#include "sdp/negotiate/agreement.hpp"
#include "sdp/negotiate/capabilities.hpp"

namespace phoned {

/// What the account's account.X.srtp_encryption asks of offer and answer.
[[nodiscard]] sdp::security_capability security_capability_of(const account_settings&);

/// A key for each suite that librtp has, from the phone's random source: for one stream and its whole life. The two
/// that every phone knows are offered, the others only taken, so that an INVITE with keys still fits into a datagram.
[[nodiscard]] std::vector<sdp::local_key> new_stream_keys(rtp::environment&);

/// What the session is told. Keys that librtp refuses leave it waiting for others: it neither sends nor hears.
[[nodiscard]] rtp::media_security media_security_of(const sdp::security_agreement&);

/// `AES_CM_128_HMAC_SHA1_80` where the description says so; empty for plain media.
[[nodiscard]] std::string suite_shown(const sdp::security_agreement&);

}  // namespace phoned
