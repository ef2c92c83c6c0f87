// message/sipfrag (RFC 3420) as REFER uses it (RFC 3515 2.4.5): the status line of the response that the referee has
// got, and perhaps headers of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sip {

/// The status line of a body.
struct sipfrag_status {
    std::uint16_t status = 0;  ///< 100 to 699
    std::string_view reason;   ///< borrows the body

    friend bool operator==(sipfrag_status const&, sipfrag_status const&) = default;
};

/// Nothing where the body does not begin with a status line.
[[nodiscard]] std::optional<sipfrag_status> parse_sipfrag(std::string_view body) noexcept;
/// A body that holds the status line alone. An empty reason takes the RFC's phrase; line breaks in it become blanks.
[[nodiscard]] std::string make_sipfrag(std::uint16_t status, std::string_view reason = {});

}  // namespace sip
