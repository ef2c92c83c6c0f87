// What a description says about the security of one media line.
//
// Once media is to be secure, a packet that cannot be authenticated is dropped before it can change anything: no
// statistics of sources, no latching, no digits, no sound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "rtp/crypto/dtls_association.hpp"
#include "rtp/crypto/srtp.hpp"

namespace rtp {

/// RTP as it is (RTP/AVP).
struct plain_media {
    friend bool operator==(plain_media const&, plain_media const&) = default;
};

/// Media will be secure, but the peer's keys or fingerprint are not known yet: until they are, nothing is sent and
/// nothing is heard. A DTLS handshake that begins early is held (RFC 5763 6.2).
struct awaiting_keys {
    friend bool operator==(awaiting_keys const&, awaiting_keys const&) = default;
};

/// Keys from the descriptions themselves (RFC 4568).
///
/// Told again with the same keys, as after hold or any other re-INVITE, everything goes on as it was, whatever happened
/// to the addresses. With other keys, what is received under the keys before is still understood for a while (RFC 4568
/// 7.1.4).
struct described_keys {
    srtp_settings send;  ///< For our packets.
    /// For the peer's packets.
    srtp_settings receive;
    /// What new keys do to the rollover counter of what we send. It goes on if only the key changes (RFC 3711 3.3.1);
    /// it begins anew if our own address changes with it (RFC 4568 7.1.4). For what we receive both are understood.
    /// What a new key of ours does to our rollover counter.
    enum class rollover : std::uint8_t { goes_on, restarts } on_new_send_key = rollover::goes_on;

    friend bool operator==(described_keys const&, described_keys const&) = default;
};

/// Keys from a DTLS handshake on the media ports (RFC 5763): one handshake, or two if RTCP has a port of its own.
///
/// Told again with the same values, the association goes on. Anything else begins a new one, under whose keys media
/// goes on as soon as it is established. The handshake starts when the peer's address is known; `media_secured` or
/// `security_failed` reports its end.
struct dtls_keys {
    dtls_identity const* identity = nullptr;  ///< Not null; borrowed, outlives the session.
    dtls_settings dtls;  ///< How the handshake goes.
    std::size_t replay_window = 128;  ///< As in srtp_settings.
    /// Of the peer.
    std::size_t max_sources = 64;
    /// RFC 8842 4: another number begins a new association where nothing else differs, as for another tls-id.
    std::uint32_t association = 0;

    friend bool operator==(dtls_keys const&, dtls_keys const&) = default;
};

using media_security = std::variant<plain_media, awaiting_keys, described_keys, dtls_keys>;

}  // namespace rtp
