#include "sip/syntax/address.hpp"

#include <cstring>

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip {
namespace grammar {
namespace {

bool fail(fault& error, char const* at) noexcept {
    error = {at, errc::syntax_error};
    return false;
}

bool read_rest(char const* at, char const* end, name_addr_view& out, fault& error) noexcept {
    char const* params = at;
    at = read_params(at, end, "tag", out.tag_value, error.at);
    if (!at) return fail(error, error.at);
    if (at != end) return fail(error, at);
    out.params = params_view(chars::between(chars::skip_lws(params, end), end));
    return true;
}

/// `at` stands on '<'. White space just inside the brackets is an error (RFC 4475 3.1.2.14).
bool read_bracketed(char const* at, char const* end, name_addr_view& out, fault& error) noexcept {
    ++at;
    auto const* close = static_cast<char const*>(std::memchr(at, '>', static_cast<std::size_t>(end - at)));
    if (!close) return fail(error, end);
    return read_uri(at, close, out.uri, error) && read_rest(close + 1, end, out, error);
}

}  // namespace

bool read_name_addr(char const* at, char const* end, name_addr_view& out, fault& error) noexcept {
    out.text = chars::between(at, end);
    if (at == end) return fail(error, at);
    if (*at == '<') return read_bracketed(at, end, out, error);
    if (*at == '"') {
        char const* close = chars::skip_quoted(at, end);
        if (!close) return fail(error, at);
        out.display_name = chars::between(at, close);
        close = chars::skip_lws(close, end);
        if (close == end || *close != '<') return fail(error, close);
        return read_bracketed(close, end, out, error);
    }
    if (*at == '*' && end - at == 1) {
        out.is_star = true;
        return true;
    }
    char const* stop = chars::skip(at, end, chars::display);
    if (stop != end && *stop == '<') {
        out.display_name = chars::trim(chars::between(at, stop));
        return read_bracketed(stop, end, out, error);
    }
    // RFC 3261 20.10: without brackets the URI ends at the first semicolon, comma, question mark or space; what follows
    // a semicolon belongs to the header. A question mark would put URI headers there, which only brackets allow.
    while (stop != end && *stop != ';' && *stop != '?' && *stop != ',' && !chars::is(*stop, chars::lws))
        ++stop;
    return read_uri(at, stop, out.uri, error) && read_rest(stop, end, out, error);
}

}  // namespace grammar

parsed<name_addr_view> parse_name_addr(std::string_view element) noexcept {
    auto trimmed = chars::trim(element);
    parsed<name_addr_view> address(boost::system::in_place_value);
    grammar::fault error;
    if (!grammar::read_name_addr(trimmed.data(), trimmed.data() + trimmed.size(), *address, error))
        address = grammar::failure_at(element.data(), error.at, error.code);
    return address;
}

std::optional<std::uint32_t> name_addr_view::expires() const noexcept {
    auto param = params.find("expires");
    if (!param) return std::nullopt;
    auto number = parse_number(param->value);
    if (!number) return std::nullopt;
    return *number;
}

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
std::uint16_t name_addr_view::q_milli() const noexcept {
    constexpr std::uint16_t one = 1000;
    std::string_view q = params.value("q");
    if (q.empty() || q.size() > 5 || (q[0] != '0' && q[0] != '1') || (q.size() > 1 && q[1] != '.')) return one;
    unsigned milli = q[0] == '1' ? 1000 : 0, weight = 100;
    for (char c : q.substr(q.size() > 1 ? 2 : 1)) {
        if (!chars::is(c, chars::digit)) return one;
        milli += static_cast<unsigned>(c - '0') * weight;
        weight /= 10;
    }
    return milli > one ? one : static_cast<std::uint16_t>(milli);
}

std::string display_text(name_addr_view const& address) {
    std::string_view name = address.display_name;
    if (!name.starts_with('"')) return std::string(name);
    name = name.substr(1, name.size() - 2);
    std::string text;
    text.reserve(name.size());
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '\\' && i + 1 < name.size()) ++i;
        text += name[i];
    }
    return text;
}

std::string quote_display_name(std::string_view plain) {
    if (plain.empty()) return {};
    bool tokens = true;  // words of token characters with single spaces between them need no quotes
    for (std::size_t i = 0; i < plain.size(); ++i) {
        bool inner_space = plain[i] == ' ' && i != 0 && i + 1 != plain.size() && plain[i - 1] != ' ';
        if (!inner_space && !chars::is(plain[i], chars::token)) tokens = false;
    }
    if (tokens) return std::string(plain);
    std::string quoted = "\"";
    for (char c : plain) {
        if (c == '\r' || c == '\n' || c == '\0') continue;  // a quoted-pair cannot hold a line break (25.1)
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace sip
