// SRTP of one port: what is sent, what is received, and the change from one key to the next.
#pragma once

#include <cstdint>
#include <memory>

#include "rtp/crypto/srtp.hpp"
#include "rtp/time.hpp"

namespace rtp {

/// SRTP of both directions.
class srtp_pair final {
public:
    /// What a new key does to the rollover counter.
    enum class rollover : std::uint8_t { goes_on, restarts };

    /// Errors: as of make_srtp_sender() and make_srtp_receiver(); then the key before stays in use.
    [[nodiscard]] error_code set_send(srtp_settings const&, rollover);
    /// The key before is understood for a while yet.
    [[nodiscard]] error_code set_receive(time_point now, srtp_settings const&);
    void reset() noexcept;  ///< Forgets all keys.

    /// Errors: no_keys, and those of srtp_sender and srtp_receiver.
    [[nodiscard]] error_code protect_rtp(packet_buffer&);
    [[nodiscard]] error_code protect_rtcp(packet_buffer&);  ///< In place; an error leaves the packet as it was.
    /// In place; an error says that the packet is not authentic, or comes again.
    [[nodiscard]] error_code unprotect_rtp(time_point now, packet_buffer&);
    /// In place; an error says that the packet is not authentic, or comes again.
    [[nodiscard]] error_code unprotect_rtcp(time_point now, packet_buffer&);

    /// Of the key that protects what is sent; 0 without one.
    [[nodiscard]] std::uint64_t packets_left() const noexcept { return sender_ ? sender_->packets_left() : 0; }
    /// True once for each key: when a sixteenth of its lifetime is left.
    [[nodiscard]] bool takes_notice_of_expiry() noexcept;

private:
    template <class Unprotect>
    [[nodiscard]] error_code unprotect(time_point now, Unprotect const&);

    std::unique_ptr<srtp_sender> sender_;
    std::uint64_t notice_below_ = 0;
    std::unique_ptr<srtp_receiver> receiver_;
    // The key before, and until when it is understood.
    std::unique_ptr<srtp_receiver> previous_;
    time_point previous_until_{};
};

}  // namespace rtp
