#include "sip/syntax/secrets.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "syntax/chars.hpp"

namespace sip {
namespace {

void hide(char* at, char const* end) noexcept {
    for (; at != end; ++at)
        if (*at != '\r' && *at != '\n') *at = 'x';
}

bool starts_with(char const* at, char const* end, std::string_view prefix) noexcept {
    return static_cast<std::size_t>(end - at) >= prefix.size() &&
           chars::equal_ignoring_case({at, prefix.size()}, prefix);
}

bool is_one_of(std::string_view word, std::span<std::string_view const> list) noexcept {
    return std::any_of(list.begin(), list.end(), [&](std::string_view one) {
        return chars::equal_ignoring_case(word, one);
    });
}

/// RFC 7616 3.4, 3.5: what a listener learns from the request itself or from the challenge before it.
constexpr std::array<std::string_view, 11> harmless{"username", "realm", "nonce",     "uri", "algorithm", "cnonce",
                                                    "opaque",   "qop",   "nextnonce", "nc",  "userhash"};

/// name=value pairs with commas between; what follows no such form is hidden as a whole.
void hide_in_parameters(char* at, char* end) noexcept {
    while (at != end) {
        at += chars::skip_lws(at, end) - at;
        char* const name = at;
        at += chars::skip(at, end, chars::token) - at;
        auto const named = chars::between(name, at);
        char* value = at + (chars::skip_lws(at, end) - at);
        if (value == end || *value != '=') return hide(name, end);
        ++value;
        value += chars::skip_lws(value, end) - value;
        char const* behind = value;
        if (value != end && *value == '"')
            behind = chars::skip_quoted(value, end);
        else
            behind = std::find(value, end, ',');
        if (!behind) return hide(value, end);
        if (!is_one_of(named, harmless)) hide(value, behind);
        at += std::find(behind, static_cast<char const*>(end), ',') - at;
        if (at != end) ++at;
    }
}

void hide_credentials(char* at, char* end) noexcept {
    char* const colon = std::find(at, end, ':');
    auto const name = chars::trim(chars::between(at, colon));
    constexpr std::array<std::string_view, 2> credentials{"Authorization", "Proxy-Authorization"};
    constexpr std::array<std::string_view, 2> proofs{"Authentication-Info", "Proxy-Authentication-Info"};
    if (colon == end) return;
    if (is_one_of(name, proofs)) return hide_in_parameters(colon + 1, end);
    if (!is_one_of(name, credentials)) return;
    char* scheme = colon + 1;
    scheme += chars::skip_lws(scheme, end) - scheme;
    if (!starts_with(scheme, end, "Digest") || (end - scheme > 6 && !chars::is_lws(scheme[6])))
        return hide(scheme, end);
    hide_in_parameters(scheme + 6, end);
}

/// Up to the end of the word that begins at `at`.
char* end_of(char* at, char* end, std::string_view stops) noexcept {
    return std::find_if(at, end, [&](char c) { return stops.find(c) != std::string_view::npos; });
}

void hide_keys(char* at, char* end) noexcept {
    if (starts_with(at, end, "a=crypto:")) {
        constexpr std::string_view method = "inline:";  // RFC 4568 6.1: inline:key|lifetime|MKI:length
        for (char* key = at; (key = std::search(key, end, method.begin(), method.end())) != end;) {
            key += method.size();
            char* const behind = end_of(key, end, "|; \t\r\n");
            hide(key, behind);
            key = behind;
        }
    }
    for (std::string_view const prefix : {"a=key-mgmt:", "a=ice-pwd:", "k=clear:", "k=base64:", "k=uri:"})
        if (starts_with(at, end, prefix)) hide(at + prefix.size(), end);
}

void hide_passwords(char* at, char* end) noexcept {
    constexpr std::string_view scheme = "sip";
    while ((at = std::search(at, end, scheme.begin(), scheme.end(), [](char a, char b) {
                return chars::to_lower(a) == b;
            })) != end) {
        at += scheme.size();
        if (at != end && chars::to_lower(*at) == 's') ++at;
        if (at == end || *at != ':') continue;
        ++at;
        char* const behind = end_of(at, end, " \t\r\n<>\"");
        char* const host = std::find(at, behind, '@');
        char* const colon = std::find(at, host, ':');
        if (host != behind && colon != host) hide(colon + 1, host);
    }
}

}  // namespace

void mask_secrets(std::span<char> message) noexcept {
    char* at = message.data();
    char* const end = at + message.size();
    while (at != end) {
        char* line_end = std::find(at, end, '\n');
        // A header goes on in lines that begin with white space (RFC 3261 7.3.1).
        while (line_end != end && line_end + 1 != end && (line_end[1] == ' ' || line_end[1] == '\t'))
            line_end = std::find(line_end + 1, end, '\n');
        hide_credentials(at, line_end);
        hide_keys(at, line_end);
        hide_passwords(at, line_end);
        at = line_end == end ? end : line_end + 1;
    }
}

}  // namespace sip
