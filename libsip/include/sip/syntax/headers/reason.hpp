// Reason (RFC 3326): why a request was sent, most often a BYE or CANCEL, in the words of some protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/params.hpp"

namespace sip {

/// One value: SIP;cause=200;text="Call completed elsewhere". Borrows the header's text.
struct reason_view {
    std::string_view protocol;           ///< "SIP", "Q.850", or one that we do not know
    std::optional<std::uint16_t> cause;  ///< a status of SIP, a cause of Q.850; nothing where it is no such number
    std::string_view text;               ///< for people; without its quotes, escapes kept
    params_view params;                  ///< all of them

    /// It speaks as SIP itself does: the cause is a status.
    [[nodiscard]] bool is_sip() const noexcept;
};

[[nodiscard]] parsed<reason_view> parse_reason(std::string_view element) noexcept;

/// SIP;cause=480;text="Nobody answers". The text is quoted and escaped; an empty one is left out.
[[nodiscard]] std::string sip_reason(std::uint16_t status, std::string_view text);

/// RFC 3326 3.1: what a CANCEL says to a branch that rang in vain because another one was answered.
[[nodiscard]] std::string answered_elsewhere();

}  // namespace sip
