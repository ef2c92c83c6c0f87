// name-addr and addr-spec (RFC 3261 20.10, 25.1): the value of From, To, Contact, Route, Refer-To and their kin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/params.hpp"
#include "sip/syntax/uri.hpp"

namespace sip {

/// Borrows the header's text. In the form without brackets, parameters belong to the header, not to the URI (20.10).
struct name_addr_view {
    std::string_view text;          ///< the whole element, verbatim
    std::string_view display_name;  ///< as it stands, quotes included; see display_text()
    uri_view uri;  ///< the address itself
    params_view params;          ///< the header's parameters
    std::string_view tag_value;  ///< found while the parameters were checked
    bool is_star = false;        ///< Contact: *

    /// Of From and To; empty where there is none.
    [[nodiscard]] std::string_view tag() const noexcept { return tag_value; }
    /// Contact's expires parameter; nothing where it is missing or malformed (10.3: then as if missing).
    [[nodiscard]] std::optional<std::uint32_t> expires() const noexcept;
    /// Contact's q in thousandths; 1000 where it is missing (RFC 3261 20.10).
    [[nodiscard]] std::uint16_t q_milli() const noexcept;
};

[[nodiscard]] parsed<name_addr_view> parse_name_addr(std::string_view element) noexcept;

/// The display name as a person should read it: unquoted, escapes resolved.
[[nodiscard]] std::string display_text(name_addr_view const&);
/// A display name as it may stand in a header: quoted and escaped when needed, empty for empty.
[[nodiscard]] std::string quote_display_name(std::string_view plain);

}  // namespace sip
