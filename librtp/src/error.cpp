#include "rtp/error.hpp"

#include <string>

namespace rtp {

namespace {

// boost::system::error_category has a protected non-virtual destructor; nobody destroys through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class rtp_category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "rtp"; }
    std::string message(int code) const override { return std::string(describe(static_cast<errc>(code))); }
};
#pragma GCC diagnostic pop

}  // namespace

boost::system::error_category const& category() noexcept {
    static rtp_category const instance;
    return instance;
}

std::string_view describe(errc code) noexcept {
    switch (code) {
        case errc::truncated:
            return "packet ends inside a field";
        case errc::bad_version:
            return "version is not 2";
        case errc::bad_padding:
            return "padding count is impossible";
        case errc::bad_extension:
            return "header extension runs over its end";
        case errc::bad_rtcp_length:
            return "RTCP length runs over the datagram";
        case errc::bad_rtcp_start:
            return "not a valid compound RTCP packet";
        case errc::bad_rtcp_item:
            return "item runs over its RTCP packet";
        case errc::bad_telephone_event:
            return "telephone-event payload is too short";
        case errc::bad_quality_report:
            return "not a voice quality report";
        case errc::authentication_failed:
            return "SRTP authentication failed";
        case errc::replayed:
            return "SRTP packet is a replay or too old";
        case errc::unknown_mki:
            return "SRTP packet names an unknown master key";
        case errc::too_large:
            return "does not fit in a packet";
        case errc::invalid_argument:
            return "argument out of range";
        case errc::invalid_digit:
            return "not a telephone-event digit";
        case errc::event_not_accepted:
            return "the peer does not accept this telephone event";
        case errc::queue_full:
            return "too many digits are waiting";
        case errc::no_remote_address:
            return "the peer's media address is not known";
        case errc::not_sending:
            return "the session may not send now";
        case errc::no_keys:
            return "the keys of secure media are not known yet";
        case errc::no_payload_type:
            return "no payload type was negotiated for this format";
        case errc::no_ports:
            return "no free port pair in the range";
        case errc::unknown_suite:
            return "unknown crypto suite";
        case errc::f8_not_supported:
            return "crypto suite needs AES in f8 mode, which no crypto library here has";
        case errc::unknown_hash:
            return "unknown or broken hash function of a fingerprint";
        case errc::bad_fingerprint:
            return "fingerprint does not fit its hash function";
        case errc::bad_key_size:
            return "master key and salt have the wrong length for the crypto suite";
        case errc::key_expired:
            return "lifetime of the SRTP master key is used up";
        case errc::too_many_sources:
            return "too many sources share the SRTP master key";
        case errc::no_such_provider:
            return "built without this SRTP provider";
        case errc::crypto_failed:
            return "crypto library refused the operation";
    }
    return "unknown RTP error";
}

}  // namespace rtp
