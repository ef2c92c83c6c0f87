#include "sip/transport/certificate_names.hpp"

#include <algorithm>

#include "sip/syntax/uri.hpp"
#include "syntax/chars.hpp"

namespace sip {
namespace {

/// A certificate may carry any bytes. What ends early for one reader and not for another (a NUL) proves nothing, and
/// what no host name holds shall not get into a log either.
bool is_plain(std::string_view name) noexcept {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string_view without_root(std::string_view name) noexcept {
    if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
    return name;
}

void add_uri_hosts(std::vector<std::string> const& uris, std::vector<std::string>& identities) {
    for (auto const& text : uris) {
        // "sips:" and all other schemes say nothing about a SIP domain; a user part makes it a person (7.1).
        auto const uri = parse_uri(text);
        if (!uri || uri->scheme != uri_scheme::sip || text.find('@') != text.npos || !is_plain(uri->host)) continue;
        identities.emplace_back(uri->host);
    }
}

}  // namespace

std::vector<std::string> sip_identities(certificate_names const& names) {
    std::vector<std::string> identities;
    add_uri_hosts(names.uris, identities);
    if (!identities.empty()) return identities;
    for (auto const& name : names.dns)
        if (is_plain(name)) identities.push_back(name);
    for (auto const& address : names.addresses)
        identities.push_back(to_string(address));
    if (!names.has_alternative_names && is_plain(names.common_name)) identities.push_back(names.common_name);
    return identities;
}

bool is_same_domain(std::string_view a, std::string_view b) noexcept {
    auto const first = ip_address::from(a), second = ip_address::from(b);
    if (first || second) return first == second;
    return chars::equal_ignoring_case(without_root(a), without_root(b));
}

bool names_domain(std::vector<std::string> const& identities, std::string_view domain) noexcept {
    return std::any_of(identities.begin(), identities.end(), [&](std::string const& name) {
        return is_same_domain(name, domain);
    });
}

std::string describe_mismatch(std::vector<std::string> const& identities, std::string_view domain) {
    std::string text = "expected ";
    text += domain;
    text += ", the certificate is for ";
    if (identities.empty()) return text + "no SIP domain";
    constexpr std::size_t most = 8;
    for (std::size_t i = 0; i < std::min(identities.size(), most); ++i) {
        if (i != 0) text += ", ";
        text += identities[i];
    }
    if (identities.size() > most) text += " and others";
    return text;
}

}  // namespace sip
