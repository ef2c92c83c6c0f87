// One identity as the user agent keeps it: its settings, what was read out of them, and its registration.
#pragma once

#include <string>
#include <vector>

#include "outgoing.hpp"
#include "sip/dialog/route_set.hpp"
#include "sip/ua/config.hpp"
#include "sip/usage/auth_retry.hpp"
#include "sip/usage/registration.hpp"

namespace sip {

/// What account_config says, checked and in the form that messages need.
struct identity {
    account_config config;
    std::string user, host;              ///< of the address of record; the user without escapes
    std::string contact_user;            ///< as written in a URI
    std::string from_address;            ///< "Alice" <sip:alice@example.com>
    route_set routes;                    ///< the outbound proxies as Route elements
    std::vector<std::string> own_hosts;  ///< its domain, registrar and proxies: who may ask for credentials
    std::vector<ip_address> trusted;     ///< config.trusted_peers

    /// errc::invalid_argument, with a sentence in `why`.
    [[nodiscard]] static result<identity> from(account_config, std::string* why);
    [[nodiscard]] bool is_own_host(std::string_view host) const noexcept;
    [[nodiscard]] account_credentials credentials() const;
    /// from_address with a SIPS URI.
    [[nodiscard]] std::string secure_address() const;
};

struct account {
    sip::identity identity;
    authenticator auth;
    sip::registration registration;
    outgoing_id register_request;              ///< the REGISTER that is out
    flow_id registered_flow = flow_id::none;   ///< the one that the last REGISTER took
    route_set service_routes;                  ///< RFC 3608: the outbound proxies, and what the registrar named
    std::string contact_uri;                   ///< what the last REGISTER bound
    std::string supported;                     ///< option tags, as a header value
    std::vector<ip_address> server_addresses;  ///< what the names of own_hosts led to
    std::optional<endpoint> registered_at;     ///< the server that accepted the last registration

    /// Of requests that are no REGISTER.
    [[nodiscard]] route_set const& routes() const noexcept {
        return service_routes.empty() ? identity.routes : service_routes;
    }

    /// The same for this target: where it is SIPS, every hop is (RFC 5630 5.1.1).
    [[nodiscard]] route_set routes_to(std::string_view target) const;

    /// Whose word counts (RFC 3325 8): the peers that the user has named, and our own servers.
    [[nodiscard]] bool trusts(endpoint const& peer) const noexcept;

    static constexpr std::size_t most_server_addresses = 16;
};

}  // namespace sip
