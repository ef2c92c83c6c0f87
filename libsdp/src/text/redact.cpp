#include "sdp/text/redact.hpp"

#include "sdp/text/scan.hpp"

namespace sdp {

namespace {

constexpr char placeholder = 'x';

bool starts_with(std::string_view line, std::string_view start) noexcept {
    return line.size() >= start.size() && same_text(line.substr(0, start.size()), start);
}

/// How much of the line may be shown: all of it, or up to where the secret begins.
std::size_t open_part(std::string_view line) noexcept {
    auto const from_letter = trimmed_left(line);
    auto const before = line.size() - from_letter.size();
    auto value = from_letter;
    if (value.empty()) return line.size();
    char const type = lower(value.front());
    value = trimmed_left(value.substr(1));
    if ((type != 'a' && type != 'k') || value.empty() || value.front() != '=') return line.size();
    value = trimmed_left(value.substr(1));
    auto const value_at = before + from_letter.size() - value.size();
    if (type == 'k') {
        auto const method = value.find(':');  // "prompt" has no key
        return method == std::string_view::npos ? line.size() : value_at + method + 1;
    }
    if (starts_with(value, "ice-pwd") || starts_with(value, "key-mgmt")) {
        auto const colon = value.find(':');
        return colon == std::string_view::npos ? value_at + value.size() : value_at + colon + 1;
    }
    if (!starts_with(value, "crypto")) return line.size();
    // Tag and suite may be shown. What follows may be a key in any form, also one that is written wrongly.
    auto rest = value;
    (void)take_field(rest);
    (void)take_field(rest);
    return line.size() - trimmed_left(rest).size();
}

}  // namespace

std::string without_keys(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        auto const end = std::min(text.find_first_of("\r\n"), text.size());
        auto const next = std::min(text.find_first_not_of("\r\n", end), text.size());
        auto const line = text.substr(0, end);
        auto const open = open_part(line);
        shown.append(line.substr(0, open));
        shown.append(line.size() - open, placeholder);
        shown.append(text.substr(end, next - end));
        text.remove_prefix(next);
    }
    return shown;
}

}  // namespace sdp
