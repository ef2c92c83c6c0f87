// SIP, SIPS and tel URIs (RFC 3261 19.1, RFC 3966), other schemes kept as text. A uri_view borrows its text; a stored
// URI is a std::string that was checked by parse_uri and is parsed again when needed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/params.hpp"

namespace sip {

enum class uri_scheme : std::uint8_t { sip, sips, tel, other };

/// A URI, taken apart. Borrows its text.
struct uri_view {
    std::string_view text;  ///< the whole URI
    uri_scheme scheme = uri_scheme::other;  ///< sip, sips, tel or another
    std::string_view user;  ///< escaped form; without password; the number for tel
    std::string_view password;  ///< empty where there is none
    std::string_view host;  ///< IPv6 addresses with their brackets
    std::optional<std::uint16_t> port;  ///< nothing: the default of the transport
    params_view params;        ///< transport, lr, maddr, user, method, ttl, ob, gr ...
    std::string_view headers;  ///< after '?', without it

    /// True for the two schemes of SIP.
    [[nodiscard]] bool is_sip_or_sips() const noexcept {
        return scheme == uri_scheme::sip || scheme == uri_scheme::sips;
    }
    /// RFC 3261 19.1.2: true where the URI names a loose router.
    [[nodiscard]] bool is_loose_router() const noexcept;
};

/// Checks the grammar of sip, sips and tel URIs; any other scheme needs only RFC 3986's characters.
[[nodiscard]] parsed<uri_view> parse_uri(std::string_view text) noexcept;

/// RFC 3261 19.1.4: scheme, user (case-sensitive, escapes resolved), host (case-insensitive), port, and the parameters
/// user, ttl, method, maddr, transport must agree; other parameters count only where both have them; headers must all
/// agree. tel URIs by RFC 3966 4. Other schemes: same text.
[[nodiscard]] bool equivalent(uri_view const&, uri_view const&) noexcept;

/// The user part with %-escapes resolved once (RFC 3261 19.1.2), for matching and display; a NUL stays a NUL.
[[nodiscard]] std::string unescape(std::string_view escaped);
/// Escapes what may not stand in a user part as it is.
[[nodiscard]] std::string escape_user(std::string_view plain);

/// The parts of a SIP URI that we write ourselves.
struct uri_parts {
    uri_scheme scheme = uri_scheme::sip;  ///< sip, sips, tel or another
    std::string user;  ///< plain; escaped when written
    std::string host;  ///< IPv6 with or without brackets
    std::optional<std::uint16_t> port;  ///< nothing: the default of the transport
    std::string params;  ///< ready text, ";transport=tcp"
};
[[nodiscard]] std::string to_string(uri_parts const&);

}  // namespace sip
