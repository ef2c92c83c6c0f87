// One identity as the user agent keeps it: its settings, what was read out of them, and its registrations.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "outgoing.hpp"
#include "sip/dialog/route_set.hpp"
#include "sip/transport/address_discovery.hpp"
#include "sip/transport/flow_watch.hpp"
#include "sip/ua/config.hpp"
#include "sip/usage/auth_retry.hpp"
#include "sip/usage/registration.hpp"

namespace sip {

/// One of an account's servers, in the form that messages need.
struct server {
    std::string registrar;
    std::string host;            ///< of our address there
    std::string from_address;    ///< "Alice" <sip:alice@example.com>
    std::string secure_address;  ///< the same with a SIPS URI
    route_set routes;            ///< the outbound proxies as Route elements
    duration expires{};
    unsigned attempts = 0;
    bool needs_registration = false;
};

/// What account_config says, checked and in the form that messages need.
struct identity {
    account_config config;
    std::string user, host;              ///< of the address of record; the user without escapes
    std::string contact_user;            ///< as written in a URI
    std::vector<server> servers;         ///< the first choice first; at least one
    std::vector<std::string> own_hosts;  ///< its domains, registrars and proxies: who may ask for credentials
    std::vector<ip_address> trusted;     ///< config.trusted_peers

    /// errc::invalid_argument, with a sentence in `why`.
    [[nodiscard]] static result<identity> from(account_config, std::string* why);
    [[nodiscard]] bool is_own_host(std::string_view host) const noexcept;
    [[nodiscard]] account_credentials credentials() const;
    [[nodiscard]] std::string const& from_address() const noexcept { return servers.front().from_address; }
};

/// Our registration with one server, and the flow that the server has for it.
struct binding {
    sip::registration registration;
    outgoing_id request = {};                    ///< the REGISTER that is out
    flow_id flow = flow_id::none;                ///< the one that the last REGISTER took
    endpoint remote = {};                        ///< and where to
    std::string contact_uri = {};                ///< what the last REGISTER bound
    std::string gruu = {};                       ///< the public one that the registrar gave (RFC 5627 4.2), or empty
    route_set service_routes = {};               ///< RFC 3608: the outbound proxies, and what the registrar named
    std::optional<endpoint> registered_at = {};  ///< the place that accepted the last REGISTER

    bool is_contact_void = false;          ///< what the last REGISTER bound has become void since
    bool is_refused_outbound = false;      ///< 439: REGISTER goes without reg-id
    std::optional<flow_watch> watch = {};  ///< where the flow is kept alive
};

/// The search for our address as others see it (account_config::stun_server).
struct own_address_search {
    std::uint32_t lookup = 0;                    ///< of the server's name
    std::optional<time_point> next_search = {};  ///< for a server while there is none; nothing: not begun
    flow_id flow = flow_id::none;                ///< the socket that it is about
    std::optional<address_discovery> asking = {};
    std::optional<endpoint> mapped = {};         ///< as the last server that answered saw it
    std::optional<time_point> waits_until = {};  ///< requests wait for the first answer

    /// What takes the place of this socket's address; null where nothing does.
    [[nodiscard]] endpoint const* on(flow_id which) const noexcept {
        return mapped && which == flow ? &*mapped : nullptr;
    }
    /// For the next request, or for the next search.
    [[nodiscard]] std::optional<time_point> next_question() const noexcept {
        if (asking) return asking->next_deadline();
        return lookup == 0 ? next_search : std::nullopt;
    }
};

struct account {
    sip::identity identity;
    authenticator auth;
    own_address_search own_address = {};
    std::vector<binding> bindings;  ///< one for each of identity.servers
    bool is_one_at_a_time = false;  ///< as configured; or no registrar knows flows, so that one binding is enough
    std::size_t serving = 0;        ///< which server requests go to
    std::optional<time_point> return_at = {};          ///< when they go to the first one again
    std::optional<time_point> first_known_until = {};  ///< what the name service said of the first one
    std::string supported;                             ///< option tags, as a header value
    std::vector<ip_address> server_addresses;          ///< what the names of own_hosts led to

    /// Of requests that are no REGISTER.
    [[nodiscard]] route_set const& routes(std::size_t at = 0) const noexcept {
        return bindings[at].service_routes.empty() ? identity.servers[at].routes : bindings[at].service_routes;
    }
    [[nodiscard]] bool is_registered_at(std::size_t at) const noexcept {
        return bindings[at].registration.state() == registration_state::registered;
    }
    /// A name of this very phone that leads to it from everywhere; empty where no registrar has given one.
    [[nodiscard]] std::string_view gruu() const noexcept {
        return is_registered_at(serving) ? std::string_view(bindings[serving].gruu) : std::string_view();
    }
    /// Its user wants it to be registered.
    [[nodiscard]] bool is_registering() const noexcept {
        return std::any_of(bindings.begin(), bindings.end(), [](auto const& one) {
            return one.registration.is_wanted();
        });
    }
    /// RFC 5626 4.2.1: the same after each restart; 0 where outbound is not asked for.
    [[nodiscard]] std::uint32_t reg_id(std::size_t at) const noexcept {
        bool const is_asked = identity.config.outbound.use && !bindings[at].is_refused_outbound;
        return is_asked ? static_cast<std::uint32_t>(at + 1) : 0;
    }
    /// Registered where any server has us; otherwise what most is being done about.
    [[nodiscard]] registration_state state() const noexcept;
    [[nodiscard]] std::optional<time_point> next_deadline() const noexcept;

    /// The same for this target: where it is SIPS, every hop is (RFC 5630 5.1.1).
    [[nodiscard]] route_set routes_to(std::string_view target, std::size_t at = 0) const;

    /// Whose word counts (RFC 3325 8): the peers that the user has named, and our own servers.
    [[nodiscard]] bool trusts(endpoint const& peer) const noexcept;

    static constexpr std::size_t most_server_addresses = 16, most_servers = 8;
};

}  // namespace sip
