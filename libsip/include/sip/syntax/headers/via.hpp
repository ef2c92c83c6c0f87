// Via (RFC 3261 20.42, RFC 3581): the top one routes responses and matches transactions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/params.hpp"

namespace sip {

/// RFC 3261 8.1.1.7: a branch that begins so is unique and names the transaction.
inline constexpr std::string_view branch_cookie = "z9hG4bK";

/// One Via: who sent the message, over which transport.
struct via_view {
    std::string_view text;              ///< the whole element, verbatim
    std::string_view transport;         ///< "UDP", "TCP", "TLS", ... as written
    std::string_view host;              ///< sent-by host; IPv6 with brackets
    std::optional<std::uint16_t> port;  ///< sent-by port
    params_view params;  ///< what stands behind the first semicolon
    std::string_view branch_value;  ///< found while the parameters were checked

    /// Of the transaction; empty where there is none.
    [[nodiscard]] std::string_view branch() const noexcept { return branch_value; }
    /// True where the branch alone names the transaction. A bare cookie names none (RFC 4475 3.2.1): such a request is
    /// matched by the rules of RFC 2543, like one without a cookie.
    [[nodiscard]] bool has_cookie() const noexcept {
        return branch_value.size() > branch_cookie.size() && branch_value.starts_with(branch_cookie);
    }
};

[[nodiscard]] parsed<via_view> parse_via(std::string_view element) noexcept;

}  // namespace sip
