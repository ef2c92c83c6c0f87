#include "conformance/mutants/restyle.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

namespace conformance {

namespace {

struct header_line {
    std::string name, value;
};

/// RFC 3261 20, RFC 3515 2.1, RFC 3892 3, RFC 6665 8.2.1.
constexpr std::pair<std::string_view, std::string_view> compact_forms[] = {
    {"Call-ID", "i"}, {"Contact", "m"},      {"Content-Encoding", "e"}, {"Content-Length", "l"},
    {"From", "f"},    {"Content-Type", "c"}, {"Supported", "k"},        {"To", "t"},
    {"Via", "v"},     {"Refer-To", "r"},     {"Referred-By", "b"},      {"Event", "o"},
};

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
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
        if (one_in(3))
            for (const auto& [name, compact] : compact_forms)
                if (same_name(each.name, name)) each.name = compact;
        if (one_in(6))
            std::transform(each.name.begin(), each.name.end(), each.name.begin(), [](unsigned char c) {
                return static_cast<char>(std::toupper(c));
            });
    }
    // Of one name the order counts; a name and its compact form are one name, so Via stays before Via.
    for (auto swaps = headers.size(); swaps > 0; --swaps) {
        const auto at = random() % headers.size();
        if (at + 1 == headers.size()) continue;
        const auto has_order = [](const header_line& h) { return same_name(h.name, "Via") || same_name(h.name, "v"); };
        const bool is_one_name =
            same_name(headers[at].name, headers[at + 1].name) || (has_order(headers[at]) && has_order(headers[at + 1]));
        if (!is_one_name) std::swap(headers[at], headers[at + 1]);
    }
    auto out = text.substr(0, start);
    for (const auto& each : headers)
        out += "\r\n" + each.name + (one_in(5) ? ":\r\n\t" : one_in(5) ? " :" : ": ") + each.value;
    return out + text.substr(blank);
}

}  // namespace conformance
