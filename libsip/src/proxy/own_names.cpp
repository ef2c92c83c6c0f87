#include "sip/proxy/own_names.hpp"

#include <algorithm>

#include "sip/syntax/message.hpp"

namespace sip::proxy {

void own_names::add_address(endpoint const& at) {
    if (std::find(addresses_.begin(), addresses_.end(), at) == addresses_.end()) addresses_.push_back(at);
}

bool own_names::is_our_port(std::optional<std::uint16_t> port) const {
    return !port || std::any_of(addresses_.begin(), addresses_.end(), [&](auto const& at) { return at.port == *port; });
}

bool own_names::is_our_address(std::string_view host, std::optional<std::uint16_t> port) const {
    auto address = ip_address::from(host);
    if (!address) return false;
    return std::any_of(addresses_.begin(), addresses_.end(), [&](endpoint const& at) {
        return at.address == *address && at.port == port.value_or(default_port(at.kind));
    });
}

bool own_names::is_ours(uri_view const& uri) const {
    if (!uri.is_sip_or_sips()) return false;
    if (is_our_address(uri.host, uri.port)) return true;
    auto const address = ip_address::from(uri.host);
    return is_our_port(uri.port) && std::any_of(domains_.begin(), domains_.end(), [&](std::string const& domain) {
               // An IPv6 address has brackets in a URI, and may have none in a setting.
               return detail::equal_ignoring_case(domain, uri.host) || (address && ip_address::from(domain) == address);
           });
}

std::optional<endpoint> own_names::address(transport_kind kind, bool is_v6) const {
    for (auto const& at : addresses_)
        if (at.kind == kind && at.address.is_v6 == is_v6) return at;
    return std::nullopt;
}

}  // namespace sip::proxy
