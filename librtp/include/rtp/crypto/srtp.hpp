// SRTP: encryption, authentication and replay protection of RTP and RTCP packets, in place.
//
// One object protects what one side sends under its master keys, one opens what it receives. An object serves all
// sources (SSRC) that use these keys and keeps for each its own rollover counter and replay list. There are two
// providers behind the interface: our own transform on OpenSSL's ciphers, and libsrtp2, which is the reference that it
// is tested against. RFC 3711, RFC 6188, RFC 7714. Not here: negotiation (SDP), key agreement (dtls.hpp), F8, key
// derivation rates other than zero, encrypted header extensions (RFC 6904).
//
//     auto key = srtp_master_key::create(suite, bytes);              // from a=crypto or from DTLS
//     auto sender = make_srtp_sender({.suite = suite, .keys = {*key}});
//     error_code error = (*sender)->protect_rtp(packet);             // the packet grew by the tag
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "rtp/crypto/secret.hpp"
#include "rtp/crypto/suite.hpp"
#include "rtp/error.hpp"
#include "rtp/wire/packet.hpp"
#include "rtp/wire/packet_buffer.hpp"

namespace rtp {

/// A master key with its salt, and what the peers agreed about its use.
struct srtp_master_key {
    static constexpr std::size_t max_mki_size = 128;  ///< RFC 4568 6.1
    /// RFC 3711 9.2: 2^48 RTP packets or 2^31 RTCP packets, whichever comes first.
    static constexpr std::uint64_t longest_lifetime = std::uint64_t{1} << 48;

    secret key_and_salt;  ///< In this order, as RFC 4568 6.1 and RFC 5764 4.2 deliver them.
    /// RFC 3711 3.1: names the key in every packet. Empty: packets carry no MKI.
    boost::container::small_vector<std::byte, 4> mki;
    /// How many RTP packets, and how many RTCP packets, may use the key.
    std::uint64_t lifetime = longest_lifetime;

    /// Errors: bad_key_size (not what the suite wants), invalid_argument (MKI too long, lifetime zero or too long).
    [[nodiscard]] static result<srtp_master_key> create(
        crypto_suite, std::span<const std::byte> key_and_salt, std::span<const std::byte> mki = {},
        std::uint64_t lifetime = longest_lifetime
    );

    friend bool operator==(srtp_master_key const&, srtp_master_key const&) = default;
};

/// Where a source stands: what reception under a new key goes on from (RFC 3711 3.3.1).
struct source_position {
    ssrc_t ssrc{};  ///< The source.
    std::uint64_t highest_index = 0;  ///< Rollover counter and sequence number of the newest packet: 48 bits.
};
using source_positions = boost::container::small_vector<source_position, 2>;

/// Keys and sizes of one direction.
struct srtp_settings {
    static constexpr std::size_t max_keys = 16;  ///< Master keys of one direction.

    /// What was agreed on.
    crypto_suite suite{};
    /// What is sent uses the first; what is received may use any. Several need MKIs, all of the same length.
    boost::container::small_vector<srtp_master_key, 1> keys;
    /// SRTP-WINDOW-SIZE of RFC 3711 3.3.2, in packets: 64..32767.
    std::size_t replay_window = 128;
    /// More sources than this are refused: 1..1024.
    std::size_t max_sources = 64;

    friend bool operator==(srtp_settings const&, srtp_settings const&) = default;
};

/// What one side sends. The functions change the packet in place; after an error it must not be sent.
class srtp_sender {
public:
    virtual ~srtp_sender() = default;

    /// Errors: truncated, bad_version (no RTP or RTCP), too_large (no room for the tag), key_expired, replayed (this
    /// sequence number was used before: encrypting twice would give both packets away), too_many_sources,
    /// crypto_failed.
    [[nodiscard]] virtual error_code protect_rtp(packet_buffer&) = 0;
    /// In place; an error leaves the packet as it was.
    [[nodiscard]] virtual error_code protect_rtcp(packet_buffer&) = 0;

    /// Changes to other keys; rollover counters and RTCP indices go on (RFC 3711 3.3.1, 3.4). Errors: as of
    /// make_srtp_sender; the keys before are then still in use.
    [[nodiscard]] virtual error_code set_keys(srtp_settings const&) = 0;
    /// How many packets, of the kind that is nearer to the end, the key may still protect.
    [[nodiscard]] virtual std::uint64_t packets_left() const noexcept = 0;
};

/// What one side receives. The functions change the packet in place; after an error it is as it was.
class srtp_receiver {
public:
    virtual ~srtp_receiver() = default;

    /// Errors: truncated, bad_version, unknown_mki, authentication_failed, replayed (or older than the window),
    /// key_expired, too_many_sources, crypto_failed. Only an authentic packet changes any state.
    [[nodiscard]] virtual error_code unprotect_rtp(packet_buffer&) = 0;
    /// In place; an error says that the packet is not authentic, or comes again.
    [[nodiscard]] virtual error_code unprotect_rtcp(packet_buffer&) = 0;

    /// Of all sources that were heard.
    [[nodiscard]] virtual source_positions positions() const = 0;
};

enum class srtp_provider : std::uint8_t {
    own,      ///< This library's transform on OpenSSL's ciphers.
    libsrtp,  ///< libsrtp2. Its first use initialises that library for the process, which must not run in two threads.
};

/// Errors: invalid_argument, bad_key_size, no_such_provider (built without libsrtp2), crypto_failed (OpenSSL lacks the
/// cipher).
[[nodiscard]] result<std::unique_ptr<srtp_sender>> make_srtp_sender(
    srtp_settings const&, srtp_provider = srtp_provider::own
);
/// libsrtp2 receives no MKI with a suite that shortens the tags of RTP only (invalid_argument).
/// `known`: sources that go on under a new key, as positions() of the receiver before said. A source may also begin
/// anew.
[[nodiscard]] result<std::unique_ptr<srtp_receiver>> make_srtp_receiver(
    srtp_settings const&, source_positions const& known = {}, srtp_provider = srtp_provider::own
);

}  // namespace rtp
