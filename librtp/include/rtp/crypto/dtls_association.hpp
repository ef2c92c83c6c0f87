// One DTLS-SRTP handshake and what follows it: datagrams in, datagrams out, keys for SRTP.
//
// OpenSSL between two buffers in memory: no sockets. The peer's certificate must have the fingerprint that the
// signalling promised, or the handshake ends. RFC 5763, RFC 5764, RFC 6347.
//
// Time: OpenSSL reads the real clock to know when a flight is to be sent again, and that cannot be injected. What it
// says is turned into a deadline here, so that nobody else sees that clock; on virtual time a handshake works as long
// as nothing is lost. The bound on the whole handshake is on the caller's time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "rtp/crypto/dtls_identity.hpp"
#include "rtp/crypto/fingerprint.hpp"
#include "rtp/crypto/srtp.hpp"
#include "rtp/error.hpp"
#include "rtp/time.hpp"

namespace rtp {

/// RFC 4145 4, RFC 5763 5: who begins.
enum class dtls_role : std::uint8_t {
    active,   ///< We send the ClientHello.
    passive,  ///< We wait for it.
};

/// How a handshake goes.
struct dtls_settings {
    dtls_role role = dtls_role::passive;  ///< Who begins.
    fingerprints peer;  ///< From the peer's description. At least one, at most 16.
    /// RFC 6347 4.2.4.1; doubled each time, up to a minute. At least a millisecond.
    duration first_retransmission = std::chrono::seconds(1);
    duration handshake_limit = std::chrono::seconds(30);  ///< After which it has failed.

    friend bool operator==(dtls_settings const&, dtls_settings const&) = default;
};

/// What the handshake agreed on (RFC 5764 4.2).
struct dtls_srtp_keys {
    crypto_suite suite{};  ///< What was agreed on.
    srtp_master_key send;  ///< For our packets.
    srtp_master_key receive;  ///< For the peer's packets.
};

/// One handshake on a media port (RFC 5764).
class dtls_association final {
public:
    /// How far it is.
    enum class state : std::uint8_t {
        handshaking,
        established,
        closed,  ///< By close_notify, ours or the peer's.
        failed,
    };

    /// `identity` is borrowed and must outlive the association. An active one has its ClientHello ready at once.
    /// Errors: invalid_argument, crypto_failed.
    [[nodiscard]] static result<dtls_association> create(time_point now, dtls_identity const&, dtls_settings const&);

    dtls_association(dtls_association&&) noexcept;  ///< The other one must not be used any more.
    dtls_association& operator=(dtls_association&&) noexcept;  ///< The other one must not be used any more.
    ~dtls_association();

    /// A datagram of the peer; what is no DTLS record is ignored.
    void on_datagram(time_point now, std::span<const std::byte>);
    /// Runs what is due.
    void on_timeout(time_point now);
    /// Nothing once the handshake is over.
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;
    /// Sends a close_notify if the handshake is done.
    void close();

    /// How far it is.
    [[nodiscard]] state current() const noexcept;
    /// Why it failed or closed, for a log or a display.
    [[nodiscard]] std::string const& reason() const noexcept;
    /// Once, when the handshake is done.
    [[nodiscard]] std::optional<dtls_srtp_keys> take_keys();

    /// Calls `send` for each datagram that is to be sent, in order. At most 1200 bytes each.
    void take_output(std::function<void(std::span<const std::byte>)> const& send);

private:
    struct implementation;
    explicit dtls_association(std::unique_ptr<implementation>) noexcept;

    std::unique_ptr<implementation> self_;
};

}  // namespace rtp
