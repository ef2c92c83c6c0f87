#include "sip/syntax/refer_target.hpp"

#include <array>

#include <fmt/format.h>

#include "sip/syntax/message.hpp"
#include "syntax/chars.hpp"

namespace sip {

namespace {

constexpr std::array<std::string_view, 11> headers_of_strangers{
    "Replaces",
    "Join",
    "Require",
    "Subject",
    "Priority",
    "Reason",
    "Accept-Contact",
    "Reject-Contact",
    "In-Reply-To",
    "User-to-User",
    "Request-Disposition",
};

bool may_be_set(std::string_view name) noexcept {
    for (auto const allowed : headers_of_strangers)
        if (chars::equal_ignoring_case(allowed, name)) return true;
    return false;
}

/// hvalue and hname: what is not hnv-unreserved or unreserved is escaped (25.1). '&' and '=' stand between headers.
std::string escape_header_part(std::string_view plain) {
    std::string escaped;
    for (char const c : plain) {
        if (chars::is(c, chars::uri_header) && c != '&' && c != '=')
            escaped += c;
        else
            escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return escaped;
}

/// The URI without its header part and method parameter.
std::string bare_uri(uri_view const& uri) {
    if (!uri.is_sip_or_sips()) return std::string(uri.text);
    auto const begin = uri.text.data();
    auto const params = uri.params.text();
    auto const head_end = params.data() != nullptr && !params.empty()             ? params.data()
                          : uri.headers.data() != nullptr && !uri.headers.empty() ? uri.headers.data() - 1
                                                                                  : begin + uri.text.size();
    std::string text(begin, head_end);
    for (auto const& param : uri.params) {
        if (chars::equal_ignoring_case(param.name, "method")) continue;
        text += ';';
        text += param.name;
        if (!param.has_value) continue;
        text += '=';
        text += param.value;
    }
    return text;
}

}  // namespace

parsed<refer_target> parse_refer_target(name_addr_view const& address) {
    auto const& uri = address.uri;
    auto const fail = [&](errc why) {
        return parse_failure{why, 400, header_id::refer_to, static_cast<std::uint32_t>(0)};
    };
    if (address.is_star || uri.text.empty()) return fail(errc::syntax_error);
    refer_target target;
    target.uri = bare_uri(uri);
    if (!uri.is_sip_or_sips()) return target;
    if (auto const name = uri.params.find("method")) {
        target.method = method_from(name->value);
        if (target.method == method::unknown) return fail(errc::syntax_error);
    }
    std::size_t count = 0;
    for (auto rest = uri.headers; !rest.empty();) {
        if (++count > refer_target::most_headers) return fail(errc::too_large);
        auto const piece = rest.substr(0, rest.find('&'));
        rest = piece.size() == rest.size() ? std::string_view{} : rest.substr(piece.size() + 1);
        auto const equals = piece.find('=');
        if (equals == std::string_view::npos || equals == 0) return fail(errc::syntax_error);
        auto name = unescape(piece.substr(0, equals));
        auto value = unescape(piece.substr(equals + 1));
        if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) return fail(errc::syntax_error);
        if (may_be_set(name)) target.headers.emplace_back(std::move(name), std::move(value));
    }
    return target;
}

std::string to_string(refer_target const& target) {
    auto text = fmt::format("<{}", target.uri);
    if (target.method != method::invite) text += fmt::format(";method={}", to_string(target.method));
    char separator = '?';
    for (auto const& [name, value] : target.headers) {
        text += fmt::format("{}{}={}", separator, escape_header_part(name), escape_header_part(value));
        separator = '&';
    }
    return text + '>';
}

}  // namespace sip
