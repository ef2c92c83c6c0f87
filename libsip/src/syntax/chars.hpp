// The alphabet of SIP: one table that tells for each byte which grammar rules of RFC 3261 25.1 it may stand in, and the
// few scanners that every header parser is made of. Knows characters only, no header.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sip::chars {

using mask = std::uint32_t;

inline constexpr mask digit = 1 << 0;
inline constexpr mask alpha = 1 << 1;
inline constexpr mask hex = 1 << 2;
inline constexpr mask token = 1 << 3;     ///< alphanum - . ! % * _ + ` ' ~
inline constexpr mask lws = 1 << 4;       ///< SP, HT, and the CR LF of a folded line (7.3.1)
inline constexpr mask host = 1 << 5;      ///< hostname and IPv4; '_' because real networks have it in names
inline constexpr mask user = 1 << 6;      ///< unreserved / user-unreserved, without escapes; '#' because phones dial it
inline constexpr mask password = 1 << 7;  ///< unreserved / & = + $ ,
inline constexpr mask uri_param = 1 << 8;     ///< paramchar without escapes
inline constexpr mask uri_header = 1 << 9;    ///< hname and hvalue without escapes
inline constexpr mask any_uri = 1 << 10;      ///< RFC 3986: reserved / unreserved
inline constexpr mask param_value = 1 << 11;  ///< token / host, and what peers put there unquoted: base64, addresses
inline constexpr mask call_id = 1 << 12;      ///< word / "@", and '=' '&' '$' '|' '#' '^' of real peers; no ',' or ';'
inline constexpr mask display = 1 << 13;      ///< token / LWS, and UTF-8 of peers that forget the quotes
inline constexpr mask scheme = 1 << 14;       ///< ALPHA / DIGIT / + - .
inline constexpr mask uri_value = 1 << 15;    ///< paramchar and '=': base64 in Record-Route cookies
inline constexpr mask reserved = 1 << 16;     ///< RFC 3261 25.1: ; / ? : @ & = + $ ,
inline constexpr mask param_name = 1 << 17;   ///< what may stand in a parameter's name, of a header or a URI

consteval std::array<mask, 256> make_table() {
    std::array<mask, 256> table{};
    auto add = [&table](std::string_view set, unsigned bits) {
        for (char c : set) {
            auto& entry = table[static_cast<unsigned char>(c)];
            entry = static_cast<mask>(entry | bits);
        }
    };
    constexpr std::string_view digits = "0123456789";
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr unsigned alphanum = token | host | user | password | uri_param | uri_header | any_uri | param_value |
                                  call_id | display | scheme | uri_value | param_name;
    add(digits, digit | hex | alphanum);
    add(letters, alpha | alphanum);
    add("ABCDEFabcdef", hex);
    add("-.!%*_+`'~", token | param_value | call_id | display);
    add(" \t\r\n", lws | display);
    add("-._", host);
    constexpr std::string_view mark = "-_.!~*'()";
    add(mark, user | password | uri_param | uri_header | any_uri | uri_value);
    add("&=+$,;?/#", user);
    add("&=+$,", password);
    add("[]/:&+$", uri_param | uri_value);
    add("[]/:&+$%-.!*_`'~()", param_name);
    add("=", uri_value);
    add("[]/?:+$&=", uri_header);
    add(":/?#[]@!$&'()*+,;=%", any_uri);
    add("[]:/@=&$?()", param_value);
    add("()<>:\\\"/[]?{}@=&$|#^", call_id);
    add("+-.", scheme);
    add(";/?:@&=+$,", reserved);
    for (unsigned c = 0x80; c < 256; ++c)
        table[c] = display;
    return table;
}

inline constexpr std::array<mask, 256> table = make_table();

[[nodiscard]] constexpr bool is(char c, mask wanted) noexcept {
    return (table[static_cast<unsigned char>(c)] & wanted) != 0;
}

/// The first byte in [at, end) that is not of the class.
[[nodiscard]] constexpr char const* skip(char const* at, char const* end, mask wanted) noexcept {
    // Every header is read by this loop: eight bytes for one look at the bound.
    for (; end - at >= 8; at += 8)
        for (int i = 0; i < 8; ++i)
            if (!is(at[i], wanted)) return at + i;
    while (at != end && is(*at, wanted))
        ++at;
    return at;
}
[[nodiscard]] constexpr bool is_lws(char c) noexcept {
    return static_cast<unsigned char>(c) <= ' ' && is(c, lws);
}
[[nodiscard]] constexpr char const* skip_lws(char const* at, char const* end) noexcept {
    while (at != end && is_lws(*at))
        ++at;
    return at;
}

/// The same, where "%" HEX HEX counts as one character of the class. A '%' that begins no escape stops the scan.
[[nodiscard]] constexpr char const* skip_escaped(char const* at, char const* end, mask wanted) noexcept {
    for (;;) {
        at = skip(at, end, wanted);
        if (end - at < 3 || *at != '%' || !is(at[1], hex) || !is(at[2], hex)) return at;
        at += 3;
    }
}

/// `at` stands on the opening quote: the byte behind the closing one, or nullptr where there is none. A backslash takes
/// the next byte with it (quoted-pair).
[[nodiscard]] inline char const* skip_quoted(char const* at, char const* end) noexcept {
    ++at;
    // A quote with no backslash in front of it ends the string, whatever stands before.
    auto const* quote = static_cast<char const*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (!quote) return nullptr;
    if (quote[-1] != '\\') return quote + 1;
    for (; at != end; ++at) {
        if (*at == '"') return at + 1;
        if (*at == '\\' && ++at == end) return nullptr;
    }
    return nullptr;
}

[[nodiscard]] constexpr std::string_view between(char const* from, char const* to) noexcept {
    return {from, static_cast<std::size_t>(to - from)};
}

[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
    char const* at = text.data();
    char const* end = at + text.size();
    while (at != end && is_lws(*at))
        ++at;
    while (at != end && is_lws(end[-1]))
        --end;
    return between(at, end);
}

[[nodiscard]] constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

[[nodiscard]] constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i])) return false;
    return true;
}

/// The value of a hexadecimal digit; the caller has checked that it is one.
[[nodiscard]] constexpr unsigned hex_value(char c) noexcept {
    return c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>(to_lower(c) - 'a' + 10);
}

/// The character at text[i], where an escape counts as the character it stands for; `i` is left on its last byte.
[[nodiscard]] constexpr char next_unescaped(std::string_view text, std::size_t& i) noexcept {
    if (text[i] != '%' || text.size() - i < 3 || !is(text[i + 1], hex) || !is(text[i + 2], hex)) return text[i];
    i += 2;
    return static_cast<char>(hex_value(text[i - 1]) << 4 | hex_value(text[i]));
}

enum class letter_case : std::uint8_t { counts, ignored };

/// Compares parts of URIs (RFC 3261 19.1.4): a character equals its escape, unless it is a reserved one, which means
/// something else unescaped.
[[nodiscard]] constexpr bool equal_unescaped(std::string_view a, std::string_view b, letter_case letters) noexcept {
    std::size_t i = 0, j = 0;
    for (; i < a.size() && j < b.size(); ++i, ++j) {
        bool escaped_x = a[i] == '%', escaped_y = b[j] == '%';
        char x = next_unescaped(a, i), y = next_unescaped(b, j);
        if (escaped_x != escaped_y && is(x, reserved)) return false;
        if (letters == letter_case::ignored) x = to_lower(x), y = to_lower(y);
        if (x != y) return false;
    }
    return i == a.size() && j == b.size();
}

}  // namespace sip::chars
