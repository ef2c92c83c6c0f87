#include "sip/usage/remedies.hpp"

#include "sip/syntax/multipart.hpp"

namespace sip {

namespace {

/// Calls visit with each element of a comma-separated list.
template <class Visitor>
void for_each_option(std::string_view list, Visitor&& visit) {
    while (!list.empty()) {
        auto element = detail::next_list_element(list);
        if (!element.empty()) visit(element);
    }
}

bool has_option(std::string_view list, std::string_view option) {
    bool found = false;
    for_each_option(list, [&](std::string_view one) { found = found || detail::equal_ignoring_case(one, option); });
    return found;
}

void append_option(std::string& list, std::string_view option) {
    if (!list.empty()) list += ", ";
    list += option;
}

/// True where Accept has this type; a response without Accept takes session descriptions alone (RFC 3261 20.1).
bool is_accepted(message_view response, media_type_view const& type) noexcept {
    if (!response.has(header_id::accept)) return type.is("application", "sdp");
    for (auto const& range : response.all<header_id::accept>())
        if (range && (range->is(type.type, type.subtype) || range->is(type.type, "*") || range->is("*", "*")))
            return true;
    return false;
}

}  // namespace

std::optional<std::uint32_t> retry_after_of(message_view response) noexcept {
    auto const* row = remedy_row_of(response.status());
    if (row == nullptr || !row->tells_when) return std::nullopt;
    auto const value = response.get<header_id::retry_after>();
    return value ? std::optional(value->seconds) : std::nullopt;
}

std::optional<std::string> without_unsupported(std::string_view options, message_view response) {
    std::string kept;
    bool is_shorter = false;
    for_each_option(options, [&](std::string_view one) {
        if (response.has_token<header_id::unsupported>(one))
            is_shorter = true;
        else
            append_option(kept, one);
    });
    return is_shorter ? std::optional(std::move(kept)) : std::nullopt;
}

std::optional<std::string> with_required(std::string_view options, std::string_view have, message_view response) {
    std::string list(options);
    bool is_longer = false;
    for (auto const& required : response.all<header_id::require>()) {
        if (!required || !has_option(have, required->token)) return std::nullopt;
        if (has_option(list, required->token)) continue;
        append_option(list, required->token);
        is_longer = true;
    }
    return is_longer ? std::optional(std::move(list)) : std::nullopt;
}

bool is_essential(std::string_view option) noexcept {
    for (std::string_view const one : {"replaces", "join", "tdialog"})
        if (detail::equal_ignoring_case(one, option)) return true;
    return false;
}

std::optional<typed_body> accepted_part(message_view request, message_view response) noexcept {
    auto const type = request.get<header_id::content_type>();
    if (!type || !detail::equal_ignoring_case(type->type, "multipart")) return std::nullopt;
    auto reader = multipart_reader::from(*type, request.body());
    if (!reader) return std::nullopt;
    for (auto part = reader->next(); part && *part; part = reader->next()) {
        auto const own = (*part)->content_type();
        if (own && is_accepted(response, *own)) return typed_body{(*part)->header("Content-Type"), (*part)->body};
    }
    return std::nullopt;
}

std::string number_at(std::string_view number, std::string_view domain) {
    std::string uri = "sip:";
    uri += escape_user(number);
    uri += '@';
    uri += domain;
    return uri += ";user=phone";
}

}  // namespace sip
