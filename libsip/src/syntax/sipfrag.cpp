#include "sip/syntax/sipfrag.hpp"

#include <fmt/format.h>

#include "sip/syntax/names.hpp"
#include "syntax/chars.hpp"

namespace sip {

std::optional<sipfrag_status> parse_sipfrag(std::string_view body) noexcept {
    constexpr std::string_view version = "SIP/2.0 ";
    auto line = body.substr(0, body.find_first_of("\r\n"));
    if (line.size() < version.size() + 3 || !chars::equal_ignoring_case(line.substr(0, version.size()), version))
        return std::nullopt;
    line.remove_prefix(version.size());
    sipfrag_status found;
    for (char const digit : line.substr(0, 3)) {
        if (!chars::is(digit, chars::digit)) return std::nullopt;
        found.status = static_cast<std::uint16_t>(found.status * 10 + (digit - '0'));
    }
    if (found.status < 100 || found.status > 699) return std::nullopt;
    line.remove_prefix(3);
    if (!line.empty() && line.front() != ' ') return std::nullopt;
    found.reason = chars::trim(line);
    return found;
}

std::string make_sipfrag(std::uint16_t status, std::string_view reason) {
    auto text = fmt::format("SIP/2.0 {} {}", status, reason.empty() ? reason_phrase(status) : reason);
    for (auto& c : text)
        if (c == '\r' || c == '\n' || c == '\0') c = ' ';
    return text + "\r\n";
}

}  // namespace sip
