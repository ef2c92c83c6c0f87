// When two URIs mean the same resource: RFC 3261 19.1.4 for sip and sips, RFC 3966 4 for tel.
#include <iterator>

#include "sip/syntax/uri.hpp"
#include "syntax/chars.hpp"

namespace sip {
namespace {

using chars::letter_case;

// Comparing lists without order takes time in the product of their lengths. A peer's list beyond this bound is compared
// as text.
constexpr std::ptrdiff_t longest_list = 64;

bool is_short(params_view params) noexcept {
    std::ptrdiff_t count = 0;
    for (auto it = params.begin(); it != params.end(); ++it)
        if (++count > longest_list) return false;
    return true;
}

std::optional<param_view> find(params_view params, std::string_view name) noexcept {
    for (auto const& param : params)
        if (chars::equal_unescaped(param.name, name, letter_case::ignored)) return param;
    return std::nullopt;
}

/// Parameters that must be in both URIs or in neither. transport is one by RFC 3261's own table of examples.
bool counts_alone(std::string_view name) noexcept {
    for (std::string_view strict : {"user", "ttl", "method", "maddr", "transport"})
        if (chars::equal_unescaped(name, strict, letter_case::ignored)) return true;
    return false;
}

bool params_agree(params_view a, params_view b) noexcept {
    if (a.text() == b.text()) return true;
    if (!is_short(a) || !is_short(b)) return false;
    for (auto const& param : a) {
        if (find(a, param.name)->name.data() != param.name.data()) continue;  // of one name the first counts
        auto other = find(b, param.name);
        if (!other) {
            if (counts_alone(param.name)) return false;
            continue;
        }
        if (!chars::equal_unescaped(param.value, other->value, letter_case::ignored)) return false;
    }
    for (auto const& param : b)
        if (counts_alone(param.name) && !find(a, param.name)) return false;
    return true;
}

/// Takes the next "name=value" from a URI's headers.
std::string_view next_header(std::string_view& rest) noexcept {
    auto end = rest.find('&');
    auto header = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return header;
}

std::ptrdiff_t count_headers(std::string_view headers) noexcept {
    std::ptrdiff_t count = 0;
    for (; !headers.empty() && count <= longest_list; ++count)
        (void)next_header(headers);
    return count;
}

bool same_header(std::string_view a, std::string_view b) noexcept {
    auto split_a = a.find('='), split_b = b.find('=');
    auto value = [](std::string_view text, std::size_t split) {
        return split == std::string_view::npos ? std::string_view{} : text.substr(split + 1);
    };
    return chars::equal_unescaped(a.substr(0, split_a), b.substr(0, split_b), letter_case::ignored) &&
           chars::equal_unescaped(value(a, split_a), value(b, split_b), letter_case::counts);
}

/// Every header of one URI in the other, in any order, as often.
bool headers_agree(std::string_view a, std::string_view b) noexcept {
    if (a == b) return true;
    auto count = count_headers(a);
    if (count != count_headers(b) || count > longest_list) return false;
    auto occurrences = [](std::string_view list, std::string_view wanted) {
        int found = 0;
        while (!list.empty())
            found += same_header(next_header(list), wanted) ? 1 : 0;
        return found;
    };
    for (auto rest = a; !rest.empty();) {
        auto header = next_header(rest);
        if (occurrences(a, header) != occurrences(b, header)) return false;
    }
    return true;
}

bool is_separator(char c) noexcept {
    return c == '-' || c == '.' || c == '(' || c == ')';
}

/// RFC 3966 4: digits without their visual separators.
bool same_number(std::string_view a, std::string_view b) noexcept {
    std::size_t i = 0, j = 0;
    for (;;) {
        while (i < a.size() && is_separator(a[i]))
            ++i;
        while (j < b.size() && is_separator(b[j]))
            ++j;
        if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
        if (chars::to_lower(a[i++]) != chars::to_lower(b[j++])) return false;
    }
}

/// RFC 3966 4: the same parameters in any order; extensions and contexts that are numbers compare as numbers.
bool tel_params_agree(params_view a, params_view b) noexcept {
    if (a.text() == b.text()) return true;
    if (!is_short(a) || !is_short(b)) return false;
    auto contained = [](params_view inner, params_view outer) {
        for (auto const& param : inner) {
            auto other = find(outer, param.name);
            if (!other || param.has_value != other->has_value) return false;
            bool number = chars::equal_ignoring_case(param.name, "ext") || param.value.starts_with('+');
            if (number ? !same_number(param.value, other->value)
                       : !chars::equal_unescaped(param.value, other->value, letter_case::ignored))
                return false;
        }
        return true;
    };
    return contained(a, b) && contained(b, a);
}

}  // namespace

bool equivalent(uri_view const& a, uri_view const& b) noexcept {
    if (a.scheme != b.scheme) return false;
    switch (a.scheme) {
        case uri_scheme::sip:
        case uri_scheme::sips:
            return a.port == b.port && chars::equal_ignoring_case(a.host, b.host) &&
                   chars::equal_unescaped(a.user, b.user, letter_case::counts) &&
                   chars::equal_unescaped(a.password, b.password, letter_case::counts) &&
                   params_agree(a.params, b.params) && headers_agree(a.headers, b.headers);
        case uri_scheme::tel:
            return same_number(a.user, b.user) && tel_params_agree(a.params, b.params);
        case uri_scheme::other:
            break;
    }
    return a.text == b.text;
}

}  // namespace sip
