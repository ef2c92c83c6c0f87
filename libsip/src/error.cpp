#include "sip/error.hpp"

#include <string>

#include <boost/system/errc.hpp>

namespace sip {

error_facts facts_of(errc e) noexcept {
    using enum error_layer;
    switch (e) {
        case errc::syntax_error:
            return {
                "syntax_error", syntax, "syntax error", "The peer's message breaks the grammar: report it to them."};
        case errc::missing_header:
            return {"missing_header", syntax, "missing header", "The peer left a header out: report it to them."};
        case errc::duplicate_header:
            return {
                "duplicate_header", syntax, "duplicate header",
                "The peer wrote a header twice that may stand once: report it to them."};
        case errc::number_out_of_range:
            return {
                "number_out_of_range", syntax, "number out of range",
                "The peer's number is larger than its RFC allows: report it to them."};
        case errc::unsupported_version:
            return {"unsupported_version", syntax, "unsupported SIP version", "The peer does not speak SIP/2.0."};
        case errc::too_large:
            return {
                "too_large", syntax, "message too large",
                "Raise parse_limits if messages of this size are to be expected."};
        case errc::truncated:
            return {
                "truncated", syntax, "message truncated",
                "A datagram was cut on its way: use TCP or TLS for large messages."};
        case errc::method_mismatch:
            return {
                "method_mismatch", syntax, "CSeq names another method",
                "The peer's CSeq does not fit its request: report it to them."};
        case errc::unsupported_scheme:
            return {"unsupported_scheme", syntax, "unsupported URI scheme", "Use a sip, sips or tel URI."};
        case errc::transaction_timeout:
            return {
                "transaction_timeout", transaction, "no answer in time",
                "Nobody answers at that address: check host, port and transport, and firewalls on the way."};
        case errc::transport_failed:
            return {
                "transport_failed", transport, "transport failed",
                "Listen on the transport that the target needs, and check that the network is there."};
        case errc::name_not_found:
            return {
                "name_not_found", transport, "name not found", "Check the spelling of the host, and its DNS records."};
        case errc::queue_full:
            return {
                "queue_full", transport, "queue full",
                "The peer reads too slowly, or is gone: try again later, or raise shell_config's bounds."};
        case errc::limit_reached:
            return {
                "limit_reached", user_agent, "limit reached",
                "End something first, or raise user_agent_limits or shell_config's bounds."};
        case errc::no_such_session:
            return {
                "no_such_session", user_agent, "no such session",
                "The object has ended: forget its handle when its last event comes."};
        case errc::no_such_account:
            return {"no_such_account", user_agent, "no such account", "Use the handle that add_account() returned."};
        case errc::wrong_state:
            return {
                "wrong_state", user_agent, "not allowed in this state",
                "Wait for the event that makes this possible; the function's comment names it."};
        case errc::invalid_argument:
            return {
                "invalid_argument", user_agent, "invalid argument",
                "An argument cannot stand in a message: look for bad URIs, line breaks and reserved headers."};
        case errc::credentials_rejected:
            return {"credentials_rejected", security, "credentials rejected", "Check user name and password."};
        case errc::no_credentials:
            return {
                "no_credentials", security, "no credentials for this realm",
                "Set the account's password, and its realm where another server than its own asks."};
        case errc::weak_algorithm:
            return {
                "weak_algorithm", security, "challenge offers only weak algorithms",
                "Let the server offer SHA-256, or lower the account's minimum_strength."};
        case errc::unsupported_by_peer:
            return {
                "unsupported_by_peer", user_agent, "the other side does not take this method",
                "Do without it in this call, or wait until the call is answered."};
        case errc::certificate_refused:
            return {
                "certificate_refused", security, "the peer's certificate is refused",
                "Look at the detail: renew the certificate, trust its issuer, or use a name that it holds."};
        case errc::handshake_failed:
            return {
                "handshake_failed", security, "handshake failed",
                "Look at the detail: port and transport may not fit, or the versions of TLS."};
        case errc::unusable_certificate:
            return {
                "unusable_certificate", security, "our certificate cannot be used",
                "Check the files of tls_config with check(), which tells what is wrong."};
    }
    return {{}, user_agent, "unknown error", {}};
}

std::string_view to_string(error_layer layer) noexcept {
    switch (layer) {
        case error_layer::syntax:
            return "syntax";
        case error_layer::transport:
            return "transport";
        case error_layer::transaction:
            return "transaction";
        case error_layer::security:
            return "security";
        case error_layer::user_agent:
            return "user_agent";
    }
    return {};
}

std::string_view advice(error_code const& error) noexcept {
    namespace system = boost::system::errc;
    if (!error) return {};
    if (error.category() == sip_category()) return facts_of(static_cast<errc>(error.value())).advice;
    if (error == system::address_in_use) return "Another program uses this port: end it, or listen on another one.";
    if (error == system::address_not_available)
        return "The address is not one of this machine: listen on 0.0.0.0 or ::.";
    if (error == system::permission_denied) return "The system forbids it: ports below 1024 need a privilege.";
    if (error == system::connection_refused) return "Nobody listens there: check port and transport.";
    if (error == system::connection_reset) return "The peer has cut the connection: look into its log.";
    if (error == system::timed_out) return "Nobody answers there: check address, port and firewalls.";
    if (error == system::network_unreachable || error == system::host_unreachable)
        return "There is no route to this address: check network and address family.";
    if (error == system::too_many_files_open) return "Raise the limit on open files (ulimit -n).";
    if (error == system::operation_canceled) return "The operation was cancelled, or its user agent has ended.";
    return {};
}

namespace {

// boost::system::error_category has a protected non-virtual destructor: nobody destroys through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "sip"; }
    std::string message(int value) const override { return std::string(facts_of(static_cast<errc>(value)).cause); }
};
#pragma GCC diagnostic pop

constexpr category the_category;

}  // namespace

boost::system::error_category const& sip_category() noexcept {
    return the_category;
}

}  // namespace sip
