// Which SIP domains a certificate stands for, and whether the one that we meant to reach is among them (RFC 5922 7.1,
// 7.2). That the certificate itself is good (RFC 5280: signed, in time, for this use) is the TLS library's to decide.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sip/transport/flow.hpp"

namespace sip {

/// What a certificate says of its owner, as the TLS shell reads it.
struct certificate_names {
    bool has_alternative_names = false;  ///< there is a subjectAltName extension, whatever it holds
    std::vector<std::string> uris;       ///< its URIs, whole: "sip:example.com"
    std::vector<std::string> dns;        ///< its DNS names
    std::vector<ip_address> addresses;   ///< its IP addresses
    std::string common_name;             ///< the last CN of the subject; empty where there is none
};

/// The SIP domain identities, in the certificate's order (7.1): the hosts of its sip URIs without a user; where there
/// are none, its DNS names and, for those who are reached by number, its IP addresses; where it has no subjectAltName
/// at all, its common name. Names with anything but visible ASCII are left out.
[[nodiscard]] std::vector<std::string> sip_identities(certificate_names const&);

/// True where both are the same DNS name in any case, or the same address in any spelling. Whole names only: there are
/// no wildcards and no suffixes (7.2).
[[nodiscard]] bool is_same_domain(std::string_view, std::string_view) noexcept;

/// True where one of `identities` is `domain`.
[[nodiscard]] bool names_domain(std::vector<std::string> const& identities, std::string_view domain) noexcept;

/// For the log line of a refusal: "expected example.com, the certificate is for a.example, b.example".
[[nodiscard]] std::string describe_mismatch(std::vector<std::string> const& identities, std::string_view domain);

}  // namespace sip
