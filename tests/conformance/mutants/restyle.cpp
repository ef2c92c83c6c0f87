#include "conformance/mutants/restyle.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "sip/syntax/message.hpp"

namespace conformance {

namespace {

struct header_line {
    std::string name, value;
};

/// A name and its compact form are one name.
bool same_name(std::string_view a, std::string_view b) {
    const auto id = sip::header_from(a);
    return id == sip::header_id::unknown ? sip::detail::equal_ignoring_case(a, b) : id == sip::header_from(b);
}

std::vector<header_line> read_headers(std::string_view text) {
    std::vector<header_line> out;
    while (!text.empty()) {
        const auto end = std::min(text.find("\r\n"), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 2, text.size()));
        const auto colon = line.find(':');
        const bool goes_on = !line.empty() && (line.front() == ' ' || line.front() == '\t');
        if (colon == std::string_view::npos || goes_on) return {};
        const auto value = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
        out.push_back({std::string(line.substr(0, colon)), std::string(line.substr(value))});
    }
    return out;
}

}  // namespace

std::string restyled(const std::string& text, std::mt19937_64& random) {
    const auto one_in = [&random](unsigned many) { return random() % many == 0; };
    const auto start = text.find("\r\n"), blank = text.find("\r\n\r\n");
    if (start == std::string::npos || blank == std::string::npos || blank == start) return text;
    auto headers = read_headers(std::string_view(text).substr(start + 2, blank - start - 2));
    if (headers.empty()) return text;
    for (auto& each : headers) {
        if (const auto compact = sip::compact_form(sip::header_from(each.name)); one_in(3) && compact != '\0')
            each.name = compact;
        if (one_in(6))
            std::transform(each.name.begin(), each.name.end(), each.name.begin(), [](unsigned char c) {
                return static_cast<char>(std::toupper(c));
            });
    }
    // Of one name the order counts.
    for (auto swaps = headers.size(); swaps > 0; --swaps) {
        const auto at = random() % headers.size();
        if (at + 1 != headers.size() && !same_name(headers[at].name, headers[at + 1].name))
            std::swap(headers[at], headers[at + 1]);
    }
    auto out = text.substr(0, start);
    for (const auto& each : headers)
        out += "\r\n" + each.name + (one_in(5) ? ":\r\n\t" : one_in(5) ? " :" : ": ") + each.value;
    return out + text.substr(blank);
}

}  // namespace conformance
