// Small readings of headers that several parts of the proxy need.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sip/syntax/message.hpp"

namespace sip::proxy {

/// The number that a header holds; `otherwise` where it is missing or malformed.
template <header_id Id>
[[nodiscard]] std::uint32_t number_in(message_view message, std::uint32_t otherwise) noexcept {
    auto value = message.get<Id>();
    return value ? *value : otherwise;
}

/// How many hops a request has made. 1: it came from the phone itself.
[[nodiscard]] inline std::size_t vias(message_view request) noexcept {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& via : request.all<header_id::via>())
        ++count;
    return count;
}

}  // namespace sip::proxy
