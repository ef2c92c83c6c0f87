// SRTP by libsrtp2: the reference that our own is tested against, and what a program may choose instead.
#pragma once

#include <memory>

#include "rtp/crypto/srtp.hpp"

namespace rtp {

/// Error, besides those of make_srtp_sender(): no_such_provider if this build has no libsrtp2.
[[nodiscard]] result<std::unique_ptr<srtp_sender>> make_libsrtp_sender(srtp_settings const&);
/// Another: invalid_argument for an MKI with a suite whose tags for RTP and RTCP differ, which libsrtp2 cannot receive.
[[nodiscard]] result<std::unique_ptr<srtp_receiver>> make_libsrtp_receiver(
    srtp_settings const&, source_positions const& known
);

}  // namespace rtp
