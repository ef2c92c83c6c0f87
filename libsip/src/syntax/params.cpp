#include "sip/syntax/params.hpp"

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip {

void params_view::iterator::advance() noexcept {
    char const* at = rest_.data();
    char const* end = at + rest_.size();
    at = chars::skip_lws(at, end);
    if (at == end || *at != ';') {
        done_ = true;
        return;
    }
    done_ = false;
    at = chars::skip_lws(at + 1, end);
    char const* name = at;
    while (at != end && *at != '=' && *at != ';' && !chars::is(*at, chars::lws))
        ++at;
    current_ = {.name = chars::between(name, at), .value = {}, .has_value = false, .quoted = false};
    at = chars::skip_lws(at, end);
    if (at != end && *at == '=') {
        at = chars::skip_lws(at + 1, end);
        current_.has_value = true;
        char const* value = at;
        if (at != end && *at == '"') {
            char const* behind = chars::skip_quoted(at, end);
            current_.quoted = true;
            at = behind ? behind : end;
            current_.value = chars::between(value + 1, behind ? behind - 1 : end);
        } else {
            while (at != end && *at != ';' && !chars::is(*at, chars::lws))
                ++at;
            current_.value = chars::between(value, at);
        }
    }
    while (at != end && *at != ';')
        ++at;
    rest_ = chars::between(at, end);
}

std::optional<param_view> params_view::find(std::string_view name) const noexcept {
    for (auto const& param : *this)
        if (chars::equal_ignoring_case(param.name, name)) return param;
    return std::nullopt;
}

std::string_view params_view::value(std::string_view name) const noexcept {
    auto param = find(name);
    return param ? param->value : std::string_view{};
}

// *( SEMI token [ EQUAL ( token / host / quoted-string ) ] ) (RFC 3261 25.1, generic-param)
char const* grammar::read_params(char const* at, char const* end, char const*& error) noexcept {
    for (;;) {
        at = chars::skip_lws(at, end);
        if (at == end || *at != ';') return at;
        at = chars::skip_lws(at + 1, end);
        char const* name = at;
        at = chars::skip(at, end, chars::token);
        if (at == name) break;
        char const* behind_name = at;
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
        } else {
            at = chars::skip(at, end, chars::param_value);
            if (at == value) break;
        }
    }
    error = at;
    return nullptr;
}

}  // namespace sip
