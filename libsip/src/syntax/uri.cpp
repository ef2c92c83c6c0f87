#include "sip/syntax/uri.hpp"

#include <array>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip {
namespace grammar {
namespace {

bool fail(fault& error, char const* at, errc code = errc::syntax_error) noexcept {
    error = {at, code};
    return false;
}

/// *( ";" pname [ "=" pvalue ] ), without white space.
char const* skip_uri_params(char const* at, char const* end, fault& error) noexcept {
    while (at != end && *at == ';') {
        char const* name = ++at;
        at = chars::skip_escaped(at, end, chars::uri_param);
        if (at == name) return fail(error, at), nullptr;
        if (at == end || *at != '=') continue;
        char const* value = ++at;
        at = chars::skip_escaped(at, end, chars::uri_value);
        if (at == value) return fail(error, at), nullptr;
    }
    return at;
}

/// sip:user:password@host:port;params?headers, behind the scheme.
bool read_sip_uri(char const* at, char const* end, uri_view& out, fault& error) noexcept {
    // '@' may stand nowhere else in a SIP URI unescaped, so the first one ends the user part.
    if (auto const* sign = static_cast<char const*>(std::memchr(at, '@', static_cast<std::size_t>(end - at)))) {
        char const* behind = chars::skip_escaped(at, sign, chars::user);
        if (behind == at) return fail(error, at);
        out.user = chars::between(at, behind);
        if (behind != sign && *behind == ':') {
            char const* password = behind + 1;
            behind = chars::skip_escaped(password, sign, chars::password);
            out.password = chars::between(password, behind);
        }
        if (behind != sign) return fail(error, behind);
        at = sign + 1;
    }
    at = read_host_port(at, end, colon_space::forbidden, out.host, out.port, error);
    if (!at) return false;
    char const* params = at;
    at = skip_uri_params(at, end, error);
    if (!at) return false;
    out.params = params_view(chars::between(params, at));
    if (at != end && *at == '?') {
        char const* headers = ++at;
        at = chars::skip_escaped(at, end, chars::uri_header);
        if (at == headers) return fail(error, at);
        out.headers = chars::between(headers, at);
    }
    return at == end || fail(error, at);
}

/// RFC 3966: a global number with '+', or a local one with hexadecimal digits, '*' and '#'; visual separators.
bool read_tel_uri(char const* at, char const* end, uri_view& out, fault& error) noexcept {
    char const* number = at;
    bool global = at != end && *at == '+';
    if (global) ++at;
    std::size_t digits = 0;
    for (; at != end && *at != ';'; ++at) {
        bool dialled = chars::is(*at, global ? chars::digit : chars::hex) || (!global && (*at == '*' || *at == '#'));
        if (dialled)
            ++digits;
        else if (*at != '-' && *at != '.' && *at != '(' && *at != ')')
            return fail(error, at);
    }
    if (digits == 0) return fail(error, at);
    out.user = chars::between(number, at);
    char const* params = at;
    at = skip_uri_params(at, end, error);
    if (!at) return false;
    out.params = params_view(chars::between(params, at));
    return at == end || fail(error, at);
}

/// The four bytes at `at`, letters in upper case: ':' and letters have no other byte that becomes them.
std::uint32_t scheme_word(char const* at) noexcept {
    std::uint32_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word & std::bit_cast<std::uint32_t>(std::array<unsigned char, 4>{0xdf, 0xdf, 0xdf, 0xff});
}
consteval std::uint32_t word_of(char const (&text)[5]) {
    return std::bit_cast<std::uint32_t>(std::array<char, 4>{text[0], text[1], text[2], text[3]});
}

}  // namespace

bool read_uri(char const* at, char const* end, uri_view& out, fault& error) noexcept {
    out.text = chars::between(at, end);
    if (end - at >= 4) {
        std::uint32_t const word = scheme_word(at);
        if (word == word_of("SIP:")) {
            out.scheme = uri_scheme::sip;
            return read_sip_uri(at + 4, end, out, error);
        }
        if ((word == word_of("SIPS") || word == word_of("SIPs")) && end - at > 4 && at[4] == ':') {
            out.scheme = uri_scheme::sips;
            return read_sip_uri(at + 5, end, out, error);
        }
        if (word == word_of("TEL:")) {
            out.scheme = uri_scheme::tel;
            return read_tel_uri(at + 4, end, out, error);
        }
    }
    out.scheme = uri_scheme::other;
    if (at == end || !chars::is(*at, chars::alpha)) return fail(error, at);
    at = chars::skip(at, end, chars::scheme);
    if (at == end || *at != ':') return fail(error, at);
    char const* opaque = ++at;
    at = chars::skip(at, end, chars::any_uri);
    return (at == end && at != opaque) || fail(error, at);
}

}  // namespace grammar

parsed<uri_view> parse_uri(std::string_view text) noexcept {
    parsed<uri_view> uri(boost::system::in_place_value);
    grammar::fault error;
    if (!grammar::read_uri(text.data(), text.data() + text.size(), *uri, error))
        uri = grammar::failure_at(text.data(), error.at, error.code);
    return uri;
}

bool uri_view::is_loose_router() const noexcept {
    // RFC 3261 19.1.2: a character and its escape are the same, so ";%6C%72" is "lr" too (RFC 4475 3.1.1.3).
    for (auto const& param : params)
        if (chars::equal_unescaped(param.name, "lr", chars::letter_case::ignored)) return true;
    return false;
}

std::string unescape(std::string_view escaped) {
    std::string plain;
    plain.reserve(escaped.size());
    for (std::size_t i = 0; i < escaped.size(); ++i)
        plain += chars::next_unescaped(escaped, i);
    return plain;
}

std::string escape_user(std::string_view plain) {
    std::string escaped;
    escaped.reserve(plain.size());
    for (char c : plain) {
        // '#' is read from peers that dial it, but never written as it is (25.1 has it in no URI).
        if (chars::is(c, chars::user) && c != '#')
            escaped += c;
        else
            escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return escaped;
}

std::string to_string(uri_parts const& parts) {
    std::string text;
    switch (parts.scheme) {
        case uri_scheme::sip:
            text = "sip:";
            break;
        case uri_scheme::sips:
            text = "sips:";
            break;
        case uri_scheme::tel:
            return "tel:" + parts.user + parts.params;
        case uri_scheme::other:
            break;
    }
    if (!parts.user.empty()) text.append(escape_user(parts.user)).append("@");
    bool bare_ipv6 = parts.host.find(':') != std::string::npos && !parts.host.starts_with('[');
    if (bare_ipv6) text += '[';
    text += parts.host;
    if (bare_ipv6) text += ']';
    if (parts.port) text += fmt::format(":{}", *parts.port);
    return text + parts.params;
}

}  // namespace sip
