// The security of one session: SRTP for what it sends and receives, and the change from one key to the next.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "rtp/crypto/srtp.hpp"
#include "rtp/session/media_security.hpp"
#include "rtp/time.hpp"

namespace rtp {

class media_protection final {
public:
    /// Errors: as of make_srtp_sender(); then nothing has changed.
    [[nodiscard]] error_code set(time_point now, media_security const&);

    [[nodiscard]] bool is_secure() const noexcept { return !std::holds_alternative<plain_media>(security_); }

    /// Do nothing if media is plain. Errors: no_keys, and those of srtp_sender and srtp_receiver.
    [[nodiscard]] error_code protect_rtp(packet_buffer&);
    [[nodiscard]] error_code protect_rtcp(packet_buffer&);
    [[nodiscard]] error_code unprotect_rtp(time_point now, packet_buffer&);
    [[nodiscard]] error_code unprotect_rtcp(time_point now, packet_buffer&);

    /// True once for each key: when a sixteenth of its lifetime is left.
    [[nodiscard]] bool takes_notice_of_expiry() noexcept;

    /// Of the key that protects what is sent; 0 without one.
    [[nodiscard]] std::uint64_t packets_left() const noexcept { return sender_ ? sender_->packets_left() : 0; }

private:
    [[nodiscard]] error_code set_keys(time_point now, described_keys const&);
    template <class Unprotect>
    [[nodiscard]] error_code unprotect(time_point now, Unprotect const&);

    media_security security_;
    std::unique_ptr<srtp_sender> sender_;
    std::uint64_t notice_below_ = 0;
    std::unique_ptr<srtp_receiver> receiver_;
    // The keys before, and until when they are understood.
    std::unique_ptr<srtp_receiver> previous_;
    time_point previous_until_{};
};

}  // namespace rtp
