// Which URIs mean this proxy: its domains, and the addresses that it listens on (RFC 3261 16.4, 16.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/syntax/uri.hpp"
#include "sip/transport/flow.hpp"

namespace sip::proxy {

/// The domains and addresses that the proxy answers to.
class own_names {
public:
    /// The first domain is the realm. `advertised` addresses go before those that we listen on.
    explicit own_names(std::vector<std::string> domains, std::vector<endpoint> advertised = {})
        : domains_(std::move(domains)), addresses_(std::move(advertised)) {}

    void add_address(endpoint const&);  ///< one more address of ours

    /// "sip:1001@example.com", with no port or one that we listen on; or a host and port that we listen on.
    [[nodiscard]] bool is_ours(uri_view const&) const;
    /// The same for a Via's sent-by.
    [[nodiscard]] bool is_our_address(std::string_view host, std::optional<std::uint16_t> port) const;
    /// Where we listen with this transport and address family.
    [[nodiscard]] std::optional<endpoint> address(transport_kind, bool is_v6) const;
    [[nodiscard]] std::string const& realm() const noexcept { return domains_.front(); }  ///< of challenges

private:
    [[nodiscard]] bool is_our_port(std::optional<std::uint16_t>) const;

    std::vector<std::string> domains_;
    std::vector<endpoint> addresses_;
};

}  // namespace sip::proxy
