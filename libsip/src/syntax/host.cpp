#include <cstring>

#include "syntax/chars.hpp"
#include "syntax/grammar.hpp"

namespace sip::grammar {
namespace {

/// IPv6address of RFC 3986 3.2.2: up to eight groups, one "::", the last two groups may be an IPv4 address. RFC 5118
/// 4.10: the RFC 3261 grammar lets ":::" through by mistake before an IPv4 part, so peers may write it; it reads as
/// "::".
bool is_ipv6(char const* at, char const* end) noexcept {
    int groups = 0;
    bool elided = false;
    while (at != end) {
        if (end - at >= 2 && at[0] == ':' && at[1] == ':') {
            if (elided) return false;
            elided = true;
            at += 2;
            if (at != end && *at == ':' && std::memchr(at, '.', static_cast<std::size_t>(end - at))) ++at;
            continue;
        }
        if (groups != 0 && !(elided && at[-1] == ':')) {
            if (*at != ':') return false;
            ++at;
        }
        char const* group = at;
        at = chars::skip(at, end, chars::hex);
        if (at == group || at - group > 4) return false;
        if (at != end && *at == '.') {  // the rest is IPv4: three dots, four numbers below 256
            at = group;
            for (int part = 0; part < 4; ++part) {
                if (part != 0 && (at == end || *at++ != '.')) return false;
                int number = 0;
                char const* digits = at;
                for (; at != end && chars::is(*at, chars::digit) && at - digits < 3; ++at)
                    number = number * 10 + (*at - '0');
                if (at == digits || number > 255) return false;
            }
            groups += 2;
            if (at != end) return false;
            break;
        }
        ++groups;
    }
    return elided ? groups < 8 : groups == 8;
}

}  // namespace

char const* read_ipv6_reference(char const* at, char const* end, fault& error) noexcept {
    auto const* close = static_cast<char const*>(std::memchr(at, ']', static_cast<std::size_t>(end - at)));
    if (!close || !is_ipv6(at + 1, close)) return error = {at}, nullptr;
    return close + 1;
}

char const* read_port(char const* at, char const* end, std::optional<std::uint16_t>& port, fault& error) noexcept {
    char const* digits = at;
    std::uint32_t number = 0;
    for (; at != end && chars::is(*at, chars::digit); ++at) {
        number = number * 10 + static_cast<std::uint32_t>(*at - '0');
        if (number > 65535) return error = {digits, errc::number_out_of_range}, nullptr;
    }
    if (at == digits) return error = {at}, nullptr;
    port = static_cast<std::uint16_t>(number);
    return at;
}

}  // namespace sip::grammar
