// Alert-Info and Call-Info (RFC 3261 20.4, 20.9, RFC 7462): how a call may ring, and what it brings along.
#pragma once

#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/params.hpp"

namespace sip {

/// One value: <http://www.example.com/sounds/moo.wav>;info=alert-autoanswer. Borrows the header's text.
struct information_view {
    std::string_view uri;   ///< between the brackets, of any scheme; empty where there are none
    std::string_view word;  ///< without brackets: what many servers write there, "Bellcore-dr2" or "Auto Answer"
    params_view params;  ///< what stands behind the first semicolon

    /// An alert URN (RFC 7462): "urn:alert:source:internal".
    [[nodiscard]] bool is_alert_urn() const noexcept;
};

/// The form without brackets is not in the grammar, but in the field; there parameters begin at the first semicolon.
[[nodiscard]] parsed<information_view> parse_information(std::string_view element) noexcept;

}  // namespace sip
