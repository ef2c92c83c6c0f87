#include "sip/syntax/params.hpp"

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip {

namespace {

/// `at` stands behind a parameter's name: its value, if it has one. Leaves `at` behind the value.
param_view read_value(std::string_view name, char const*& at, char const* end) noexcept {
    param_view param{.name = name, .value = {}, .has_value = false, .quoted = false};
    char const* equal = chars::skip_lws(at, end);
    if (equal == end || *equal != '=') return param;
    char const* value = chars::skip_lws(equal + 1, end);
    param.has_value = true;
    if (value != end && *value == '"') {
        char const* behind = chars::skip_quoted(value, end);
        param.quoted = true;
        at = behind ? behind : end;
        param.value = chars::between(value + 1, behind ? behind - 1 : end);
    } else {
        at = chars::skip(value, end, chars::param_value);
        param.value = chars::between(value, at);
    }
    return param;
}

/// The next ';' that is not in a quoted string.
char const* next_semicolon(char const* at, char const* end) noexcept {
    for (; at != end && *at != ';'; ++at) {
        if (*at != '"') continue;
        at = chars::skip_quoted(at, end);
        if (!at) return end;
        --at;
    }
    return at;
}

}  // namespace

void params_view::iterator::advance() noexcept {
    char const* at = rest_.data();
    char const* end = at + rest_.size();
    at = next_semicolon(at, end);
    done_ = at == end;
    if (done_) return;
    char const* name = chars::skip_lws(at + 1, end);
    at = chars::skip(name, end, chars::param_name);
    current_ = read_value(chars::between(name, at), at, end);
    rest_ = chars::between(at, end);
}

// The same walk, but only the wanted name is looked at closely: every transaction looks for branch and tag.
std::optional<param_view> params_view::find(std::string_view name) const noexcept {
    char const* at = text_.data();
    char const* end = at + text_.size();
    while ((at = next_semicolon(at, end)) != end) {
        at = chars::skip_lws(at + 1, end);
        if (static_cast<std::size_t>(end - at) < name.size()) return std::nullopt;
        char const* behind = at + name.size();
        if (chars::equal_ignoring_case({at, name.size()}, name) &&
            (behind == end || !chars::is(*behind, chars::param_name)))
            return read_value({at, name.size()}, behind, end);
    }
    return std::nullopt;
}

std::string_view params_view::value(std::string_view name) const noexcept {
    auto param = find(name);
    return param ? param->value : std::string_view{};
}

// *( SEMI token [ EQUAL ( token / host / quoted-string ) ] ) (RFC 3261 25.1, generic-param)
char const* grammar::read_params(
    char const* at, char const* end, std::string_view wanted, std::string_view& found, char const*& error
) noexcept {
    for (bool is_found = false;;) {
        at = chars::skip_lws(at, end);
        if (at == end || *at != ';') return at;
        at = chars::skip_lws(at + 1, end);
        char const* name = at;
        at = chars::skip(at, end, chars::token);
        if (at == name) break;
        char const* behind_name = at;
        bool const is_wanted = !is_found && chars::between(name, at).size() == wanted.size() &&
                               chars::equal_ignoring_case({name, wanted.size()}, wanted);
        is_found |= is_wanted;
        at = chars::skip_lws(at, end);
        if (at == end || *at != '=') {
            at = behind_name;
            continue;
        }
        at = chars::skip_lws(at + 1, end);
        char const* value = at;
        if (at != end && *at == '"') {
            at = chars::skip_quoted(at, end);
            if (!at) {
                at = value;
                break;
            }
            if (is_wanted) found = chars::between(value + 1, at - 1);
        } else {
            at = chars::skip(at, end, chars::param_value);
            if (at == value) break;
            if (is_wanted) found = chars::between(value, at);
        }
    }
    error = at;
    return nullptr;
}

}  // namespace sip
