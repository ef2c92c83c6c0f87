#include "sip/syntax/headers/retargeting.hpp"

#include "sip/syntax/headers/simple.hpp"
#include "syntax/chars.hpp"

namespace sip {

namespace {

/// 1*DIGIT *(DOT 1*DIGIT)
bool is_index(std::string_view text) noexcept {
    bool digit_before = false;
    for (char const c : text) {
        if (chars::is(c, chars::digit))
            digit_before = true;
        else if (c != '.' || !digit_before)
            return false;
        else
            digit_before = false;
    }
    return digit_before;
}

std::string_view unquoted(std::string_view text) noexcept {
    return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

parse_failure bad_element(std::string_view element) noexcept {
    return {errc::syntax_error, 400, header_id::unknown, static_cast<std::uint32_t>(element.size())};
}

}  // namespace

parsed<history_info_view> parse_history_info(std::string_view element) noexcept {
    auto const address = parse_name_addr(element);
    if (!address) return address.error();
    history_info_view entry;
    entry.address = *address;
    using enum history_info_view::origin;
    for (auto const& param : entry.address.params) {
        auto const names = [&](std::string_view name) { return chars::equal_ignoring_case(param.name, name); };
        if (names("index")) {
            entry.index = param.value;
        } else if (names("rc") || names("mp") || names("np")) {
            entry.how = names("rc") ? retargeted : names("mp") ? mapped : unchanged;
            entry.parent = param.value;
            if (!is_index(entry.parent)) return bad_element(element);
        }
    }
    if (address->is_star || !is_index(entry.index)) return bad_element(element);
    return entry;
}

parsed<diversion_view> parse_diversion(std::string_view element) noexcept {
    auto const address = parse_name_addr(element);
    if (!address) return address.error();
    if (address->is_star) return bad_element(element);
    diversion_view entry;
    entry.address = *address;
    auto const& params = entry.address.params;
    entry.reason = unquoted(params.value("reason"));
    if (entry.reason.empty()) entry.reason = "unknown";
    entry.privacy = unquoted(params.value("privacy"));
    entry.screen = unquoted(params.value("screen"));
    // A number that is none does not make the diverter unknown.
    if (auto const counter = parse_number(params.value("counter"))) entry.counter = *counter;
    if (auto const limit = parse_number(params.value("limit"))) entry.limit = *limit;
    return entry;
}

gruu_view gruus_of(name_addr_view const& contact) noexcept {
    return {unquoted(contact.params.value("pub-gruu")), unquoted(contact.params.value("temp-gruu"))};
}

}  // namespace sip
