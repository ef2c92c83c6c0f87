// Small readings of headers that several parts of the proxy need.
#pragma once

#include <cstdint>

#include "sip/syntax/message.hpp"

namespace proxy {

/// The number that a header holds; `otherwise` where it is missing or malformed.
template <sip::header_id Id>
[[nodiscard]] std::uint32_t number_in(sip::message_view message, std::uint32_t otherwise) noexcept {
    auto value = message.get<Id>();
    return value ? *value : otherwise;
}

}  // namespace proxy
