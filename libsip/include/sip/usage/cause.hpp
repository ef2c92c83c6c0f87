// Why a CANCEL or BYE came, as its Reason tells (RFC 3326).
#pragma once

#include <cstdint>
#include <optional>

#include "sip/syntax/message.hpp"

namespace sip {

/// The status that Reason names for SIP; nothing where it speaks for other protocols alone, or is not there.
[[nodiscard]] inline std::optional<std::uint16_t> sip_cause_of(message_view message) noexcept {
    for (auto const& reason : message.all<header_id::reason>())
        if (reason && reason->is_sip() && reason->cause) return reason->cause;
    return std::nullopt;
}

/// The call was taken by another phone (RFC 3326 3.1): not one that the user has missed.
[[nodiscard]] inline bool was_answered_elsewhere(message_view cancel) noexcept {
    return cancel.is_request() && cancel.method() == method::cancel && sip_cause_of(cancel) == 200;
}

}  // namespace sip
