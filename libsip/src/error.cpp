#include "sip/error.hpp"

#include <string>

namespace sip {
namespace {

char const* message_of(errc e) noexcept {
    switch (e) {
        case errc::syntax_error:
            return "syntax error";
        case errc::missing_header:
            return "missing header";
        case errc::duplicate_header:
            return "duplicate header";
        case errc::number_out_of_range:
            return "number out of range";
        case errc::unsupported_version:
            return "unsupported SIP version";
        case errc::too_large:
            return "message too large";
        case errc::truncated:
            return "message truncated";
        case errc::method_mismatch:
            return "CSeq names another method";
        case errc::unsupported_scheme:
            return "unsupported URI scheme";
        case errc::transaction_timeout:
            return "no answer in time";
        case errc::transport_failed:
            return "transport failed";
        case errc::name_not_found:
            return "name not found";
        case errc::queue_full:
            return "queue full";
        case errc::limit_reached:
            return "limit reached";
        case errc::no_such_session:
            return "no such session";
        case errc::no_such_account:
            return "no such account";
        case errc::wrong_state:
            return "not allowed in this state";
        case errc::invalid_argument:
            return "invalid argument";
        case errc::credentials_rejected:
            return "credentials rejected";
        case errc::no_credentials:
            return "no credentials for this realm";
        case errc::weak_algorithm:
            return "challenge offers only weak algorithms";
        case errc::unsupported_by_peer:
            return "the other side does not take this method";
        case errc::certificate_refused:
            return "the peer's certificate is refused";
        case errc::handshake_failed:
            return "handshake failed";
        case errc::unusable_certificate:
            return "our certificate cannot be used";
    }
    return "unknown error";
}

// boost::system::error_category has a protected non-virtual destructor: nobody destroys through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "sip"; }
    std::string message(int value) const override { return message_of(static_cast<errc>(value)); }
};
#pragma GCC diagnostic pop

constexpr category the_category;

}  // namespace

boost::system::error_category const& sip_category() noexcept {
    return the_category;
}

}  // namespace sip
