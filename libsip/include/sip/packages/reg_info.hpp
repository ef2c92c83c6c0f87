// The event package reg (RFC 3680): what a registrar has bound for an address of record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/error.hpp"

namespace sip::packages {

enum class reg_state : std::uint8_t { init, active, terminated };

/// One binding.
struct reg_contact {
    std::string id, uri, display_name;  ///< the document's name for it, the Contact, and its name
    reg_state state = reg_state::active;  ///< active or terminated
    std::string event;                    ///< "registered", "refreshed", "expired", "deactivated", "unregistered" ...
    /// Seconds.
    std::optional<std::uint32_t> expires, retry_after;  ///< seconds
    std::uint16_t q = 0;                                ///< thousandths; 0 where none is given

    friend bool operator==(reg_contact const&, reg_contact const&) = default;
};

/// One address of record with its bindings.
struct reg_registration {
    std::string id, address_of_record;  ///< the document's name for it, and the URI
    reg_state state = reg_state::init;  ///< of the whole
    std::vector<reg_contact> contacts;  ///< the bindings

    friend bool operator==(reg_registration const&, reg_registration const&) = default;
};

/// One application/reginfo+xml document.
struct reg_info {
    static constexpr std::string_view event = "reg";  ///< the package's name in Event
    static constexpr std::string_view content_type = "application/reginfo+xml";  ///< of its documents

    std::uint32_t version = 0;  ///< counts the documents of one subscription
    bool is_full = true;  ///< everything; false: what has changed
    std::vector<reg_registration> registrations;  ///< by address of record

    friend bool operator==(reg_info const&, reg_info const&) = default;
};

/// errc::syntax_error for what is no reginfo document or lacks what RFC 3680 5.1 requires, too_large beyond 256 KiB or
/// 1024 registrations or contacts of one.
[[nodiscard]] parsed<reg_info> parse_reg_info(std::string_view body);
[[nodiscard]] std::string to_string(reg_info const&);

}  // namespace sip::packages
