#include "sip/packages/phone_events.hpp"

#include <fmt/format.h>

#include "sip/syntax/message.hpp"

namespace sip::packages {

namespace {

/// As the inside of a quoted string.
std::string quoted(std::string_view plain) {
    std::string text;
    for (char const c : plain) {
        if (c == '"' || c == '\\') text += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) text += c;
    }
    return text;
}

std::string_view unquoted(std::string_view text) noexcept {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
    return text;
}

}  // namespace

std::optional<phone_command> phone_command_from(token_params_view const& event) noexcept {
    if (event.token == "check-sync")
        return detail::equal_ignoring_case(event.params.value("reboot"), "true") ? phone_command::restart
                                                                                 : phone_command::synchronise;
    if (event.token == "talk") return phone_command::talk;
    if (event.token == "hold") return phone_command::hold;
    return std::nullopt;
}

std::string to_string(profile_request const& wanted) {
    auto text = fmt::format("{};profile-type={}", profile_request::event, wanted.type);
    if (!wanted.vendor.empty()) text += fmt::format(";vendor=\"{}\"", quoted(wanted.vendor));
    if (!wanted.model.empty()) text += fmt::format(";model=\"{}\"", quoted(wanted.model));
    if (!wanted.version.empty()) text += fmt::format(";version=\"{}\"", quoted(wanted.version));
    return text;
}

parsed<std::string_view> profile_location(media_type_view const& type) noexcept {
    auto const url = unquoted(type.params.value("URL"));
    auto const access = unquoted(type.params.value("access-type"));
    if (!type.is("message", "external-body") || url.empty() || !detail::equal_ignoring_case(access, "URL"))
        return parse_failure{errc::syntax_error, 400, header_id::content_type, 0};
    return url;
}

}  // namespace sip::packages
