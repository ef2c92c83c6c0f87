#include "sip/syntax/headers/reason.hpp"

#include "sip/syntax/headers/simple.hpp"
#include "syntax/chars.hpp"

namespace sip {

bool reason_view::is_sip() const noexcept {
    return chars::equal_ignoring_case(protocol, "SIP");
}

parsed<reason_view> parse_reason(std::string_view element) noexcept {
    auto const value = parse_token_params(element);
    if (!value) return value.error();
    reason_view reason;
    reason.protocol = value->token;
    reason.params = value->params;
    reason.text = value->params.value("text");
    // 2: a cause that cannot be read leaves the protocol, which may be enough.
    if (auto const cause = parse_number(value->params.value("cause")); cause && *cause <= 0xffff)
        reason.cause = static_cast<std::uint16_t>(*cause);
    return reason;
}

std::string sip_reason(std::uint16_t status, std::string_view text) {
    auto value = "SIP;cause=" + std::to_string(status);
    if (text.empty()) return value;
    value += ";text=\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') value += '\\';
        value += c;
    }
    return value += '"';
}

std::string answered_elsewhere() {
    return sip_reason(200, "Call completed elsewhere");
}

}  // namespace sip
