#include "rtp/crypto/srtp.hpp"

#include "crypto/libsrtp.hpp"
#include "crypto/own_srtp.hpp"

namespace rtp {

result<std::unique_ptr<srtp_sender>> make_srtp_sender(srtp_settings const& settings, srtp_provider provider) {
    if (provider == srtp_provider::libsrtp) return make_libsrtp_sender(settings);
    auto keys = key_ring::create(settings);
    if (!keys) return keys.error();
    return std::make_unique<own_sender>(std::move(*keys), settings);
}

result<std::unique_ptr<srtp_receiver>> make_srtp_receiver(
    srtp_settings const& settings, source_positions const& known, srtp_provider provider
) {
    if (provider == srtp_provider::libsrtp) return make_libsrtp_receiver(settings, known);
    auto keys = key_ring::create(settings);
    if (!keys) return keys.error();
    return std::make_unique<own_receiver>(std::move(*keys), settings, known);
}

}  // namespace rtp
