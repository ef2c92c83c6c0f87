// Globally routable URIs of a user's phones (RFC 5627): minted by the registrar, read by the proxy. Neither kind takes
// memory: the public one spells the instance out, the temporary one carries user and registration sealed inside.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/environment.hpp"
#include "sip/proxy/location_store.hpp"
#include "sip/proxy/sealer.hpp"
#include "sip/syntax/uri.hpp"

namespace sip::proxy {

/// "sip:1001@example.com;gr=urn:uuid:..." (RFC 5627 5.4): the address of record with the instance behind it.
[[nodiscard]] std::string public_gruu(uri_view const& address_of_record, std::string_view instance);

/// "sip:tgruu.AfB7...@example.com;gr": another one each time, and nobody can tell of two whether they are the same
/// phone's (3.1.2). It is good while the instance has a binding of this Call-ID (5.1, 5.3).
[[nodiscard]] std::string
temporary_gruu(uri_view const& address_of_record, binding const&, sealer const&, random_source const&);

/// Whose phone a URI with the gr parameter names.
struct gruu_view {
    bool is_ours = false;  ///< false for a temporary one that we did not make: 404 (6.1)
    std::string user;  ///< whose it is
    std::string instance;      ///< of a public one
    std::string registration;  ///< of a temporary one

    /// True for one that hides the address of record.
    [[nodiscard]] bool is_temporary() const noexcept { return instance.empty(); }
    /// True for the bindings that it resolves to.
    [[nodiscard]] bool fits(binding const&, sealer const&) const;
};
/// Nothing where the URI has no gr parameter.
[[nodiscard]] std::optional<gruu_view> read_gruu(uri_view const&, sealer const&);

}  // namespace sip::proxy
