#include "sip/syntax/headers/alerting.hpp"

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip {

bool information_view::is_alert_urn() const noexcept {
    constexpr std::string_view scheme = "urn:alert:";
    return uri.size() > scheme.size() && chars::equal_ignoring_case(uri.substr(0, scheme.size()), scheme);
}

parsed<information_view> parse_information(std::string_view element) noexcept {
    auto const value = chars::trim(element);
    information_view info;
    char const* const begin = value.data();
    char const* const end = begin + value.size();
    char const* at = begin;
    if (value.starts_with('<')) {
        auto const close = value.find('>');
        if (close == std::string_view::npos || close == 1) return grammar::failure_at(element.data(), begin);
        info.uri = value.substr(1, close - 1);
        at = begin + close + 1;
    } else {
        auto const semicolon = value.find(';');
        info.word = chars::trim(value.substr(0, semicolon));
        if (semicolon != std::string_view::npos) at = begin + semicolon;
        if (semicolon == std::string_view::npos) at = end;
        if (info.word.empty() && at == end) return grammar::failure_at(element.data(), begin);
    }
    at = chars::skip_lws(at, end);
    char const* const first = at;
    std::string_view none;
    char const* fault = nullptr;
    char const* const behind = grammar::read_params(at, end, {}, none, fault);
    if (behind == nullptr || behind != end) return grammar::failure_at(element.data(), behind ? behind : fault);
    info.params = params_view(chars::between(first, end));
    return info;
}

}  // namespace sip
