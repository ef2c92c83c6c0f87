#include "sip/syntax/headers/via.hpp"

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip {
namespace grammar {
namespace {

/// One of the three tokens of sent-protocol, with the white space and the slash that may follow it.
char const* read_protocol_part(char const* at, char const* end, std::string_view& out, fault& error) noexcept {
    char const* from = at;
    at = chars::skip(at, end, chars::token);
    if (at == from) return error = {at}, nullptr;
    out = chars::between(from, at);
    return at;
}

char const* read_slash(char const* at, char const* end, fault& error) noexcept {
    at = chars::skip_lws(at, end);
    if (at == end || *at != '/') return error = {at}, nullptr;
    return chars::skip_lws(at + 1, end);
}

}  // namespace

// SIP/2.0/UDP host:port;params, where white space may stand around every separator (RFC 3261 20.42, 25.1).
bool read_via(char const* at, char const* end, via_view& out, fault& error) noexcept {
    out.text = chars::between(at, end);
    std::string_view protocol, version;
    if (!(at = read_protocol_part(at, end, protocol, error)) || !(at = read_slash(at, end, error)) ||
        !(at = read_protocol_part(at, end, version, error)) || !(at = read_slash(at, end, error)) ||
        !(at = read_protocol_part(at, end, out.transport, error)))
        return false;
    char const* sent_by = chars::skip_lws(at, end);
    if (sent_by == at) return error = {at}, false;
    at = read_host_port(sent_by, end, colon_space::allowed, out.host, out.port, error);
    if (!at) return false;
    char const* params = chars::skip_lws(at, end);
    std::string_view branch;
    at = read_params(params, end, "branch", branch, error.at);
    if (!at) return error.code = errc::syntax_error, false;
    if (at != end) return error = {at}, false;
    out.params = params_view(chars::between(params, end));
    out.branch_value = branch;
    return true;
}

}  // namespace grammar

parsed<via_view> parse_via(std::string_view element) noexcept {
    auto trimmed = chars::trim(element);
    parsed<via_view> via(boost::system::in_place_value);
    grammar::fault error;
    if (!grammar::read_via(trimmed.data(), trimmed.data() + trimmed.size(), *via, error))
        via = grammar::failure_at(element.data(), error.at, error.code);
    return via;
}

}  // namespace sip
