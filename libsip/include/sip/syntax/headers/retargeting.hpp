// Whom a request was for before it reached us: History-Info (RFC 7044) and Diversion (RFC 5806), and the GRUUs that a
// registrar gives a contact (RFC 5627).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/address.hpp"
#include "sip/syntax/params.hpp"

namespace sip {

/// One entry of History-Info. Borrows the header's text.
struct history_info_view {
    name_addr_view address;  ///< the target; Reason and Privacy stand in its URI's header part, escaped
    std::string_view index;  ///< "1.2.1": which entry came of which
    /// By which parameter a new target was found.
    enum class origin : std::uint8_t {
        unspecified,
        retargeted,  ///< rc: by a new contact of the same user
        mapped,      ///< mp: to another user
        unchanged,   ///< np: only sent on
    } how = origin::unspecified;  ///< the parameter
    std::string_view parent;  ///< the index that rc, mp or np names
};
/// RFC 7044 5: index is required. An index is numbers with dots between them.
[[nodiscard]] parsed<history_info_view> parse_history_info(std::string_view element) noexcept;

/// One entry of Diversion, the newest first. Borrows the header's text.
struct diversion_view {
    name_addr_view address;              ///< who diverted
    std::string_view reason;             ///< "no-answer", "unconditional", "user-busy" ...; "unknown" where missing
    std::uint32_t counter = 1;           ///< diversions that this entry stands for
    std::optional<std::uint32_t> limit;  ///< how many more the diverter allows
    /// "full", "name", "uri", "off"; "yes", "no"; may be empty.
    std::string_view privacy, screen;    ///< "full", "name", "uri", "off"; "yes", "no"; may be empty
};
[[nodiscard]] parsed<diversion_view> parse_diversion(std::string_view element) noexcept;

/// What a REGISTER's answer says of a contact that has an instance (RFC 5627 4.2). Empty where it gave none.
struct gruu_view {
    /// URIs, without their quotes.
    std::string_view pub, temp;  ///< URIs, without their quotes
};
[[nodiscard]] gruu_view gruus_of(name_addr_view const& contact) noexcept;

}  // namespace sip
