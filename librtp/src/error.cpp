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
        case errc::no_payload_type:
            return "no payload type was negotiated for this format";
        case errc::no_ports:
            return "no free port pair in the range";
    }
    return "unknown RTP error";
}

}  // namespace rtp
