// The security of one session: SRTP on its port, or its two ports, and where the keys come from.
#pragma once

#include <array>
#include <optional>

#include "rtp/session/dtls_channel.hpp"
#include "rtp/session/media_security.hpp"
#include "rtp/session/settings.hpp"
#include "rtp/session/srtp_pair.hpp"
#include "rtp/time.hpp"

namespace rtp {

/// SRTP of a session, however its keys come.
class media_protection final {
public:
    explicit media_protection(rtcp_transport rtcp) noexcept : rtcp_(rtcp) {}  ///< Nothing is protected yet.

    /// From now on RTCP goes there.
    void set_transport(rtcp_transport rtcp) noexcept { rtcp_ = rtcp; }
    /// Errors: as of make_srtp_sender() and dtls_association::create(); then nothing has changed.
    [[nodiscard]] error_code set(time_point now, media_security const&);

    /// Do nothing if media is plain. Errors: as of srtp_pair.
    [[nodiscard]] error_code protect_rtp(packet_buffer&);
    [[nodiscard]] error_code protect_rtcp(packet_buffer&);  ///< In place; an error leaves the packet as it was.
    /// In place; an error says that the packet is not authentic, or comes again.
    [[nodiscard]] error_code unprotect_rtp(time_point now, packet_buffer&);
    /// In place; an error says that the packet is not authentic, or comes again.
    [[nodiscard]] error_code unprotect_rtcp(time_point now, packet_buffer&);

    /// Keys of one component.
    [[nodiscard]] srtp_pair& pair_of(component via) noexcept { return pairs_[index_of(via)]; }

    /// Null where media has nothing to do with DTLS.
    [[nodiscard]] dtls_keys const* dtls() const noexcept { return std::get_if<dtls_keys>(&security_); }
    /// True where media must be secure and cannot be yet.
    [[nodiscard]] bool is_awaiting_keys() const noexcept { return std::holds_alternative<awaiting_keys>(security_); }
    /// The handshake of one component.
    [[nodiscard]] dtls_channel& channel_of(component via) noexcept { return channels_[index_of(via)]; }
    /// The handshake of one component.
    [[nodiscard]] dtls_channel const& channel_of(component via) const noexcept { return channels_[index_of(via)]; }
    /// RTP, and RTCP if it has a port of its own.
    [[nodiscard]] bool is_used(component via) const noexcept {
        return via == component::rtp || rtcp_ == rtcp_transport::separate_port;
    }
    /// When the security was set that an association is owed for.
    [[nodiscard]] time_point owed_since() const noexcept { return owed_since_; }
    /// The keys of an association that has just been established go to its port.
    [[nodiscard]] error_code install(time_point now, component via, dtls_srtp_keys const&);

private:
    [[nodiscard]] bool is_plain() const noexcept { return std::holds_alternative<plain_media>(security_); }
    [[nodiscard]] error_code set_described(time_point now, described_keys const&);
    /// Keys from descriptions serve both ports (RFC 4568 6.4.2); each DTLS association serves its own (RFC 5764 4.2).
    [[nodiscard]] std::size_t index_of(component via) const noexcept {
        return via == component::rtcp && !std::holds_alternative<described_keys>(security_) && is_used(via) ? 1 : 0;
    }

    rtcp_transport rtcp_;
    media_security security_;
    std::array<srtp_pair, 2> pairs_;
    std::array<dtls_channel, 2> channels_;
    time_point owed_since_{};
};

}  // namespace rtp
