// What a description says about the security of one media line.
//
// Once media is to be secure, a packet that cannot be authenticated is dropped before it can change anything: no
// statistics of sources, no latching, no digits, no sound.
#pragma once

#include <cstdint>
#include <variant>

#include "rtp/crypto/srtp.hpp"

namespace rtp {

/// RTP as it is (RTP/AVP).
struct plain_media {
    friend bool operator==(plain_media const&, plain_media const&) = default;
};

/// Media will be secure, but the keys are not known yet: until they are, nothing is sent and nothing is heard.
struct awaiting_keys {
    friend bool operator==(awaiting_keys const&, awaiting_keys const&) = default;
};

/// Keys from the descriptions themselves (RFC 4568).
///
/// Told again with the same keys, as after hold or any other re-INVITE, everything goes on as it was, whatever happened
/// to the addresses. With other keys, what is received under the keys before is still understood for a while (RFC 4568
/// 7.1.4).
struct described_keys {
    srtp_settings send;
    srtp_settings receive;
    /// What new keys do to the rollover counter of what we send. It goes on if only the key changes (RFC 3711 3.3.1);
    /// it begins anew if our own address changes with it (RFC 4568 7.1.4). For what we receive both are understood.
    enum class rollover : std::uint8_t { goes_on, restarts } on_new_send_key = rollover::goes_on;

    friend bool operator==(described_keys const&, described_keys const&) = default;
};

using media_security = std::variant<plain_media, awaiting_keys, described_keys>;

}  // namespace rtp
