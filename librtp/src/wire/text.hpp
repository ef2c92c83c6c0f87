// Bytes of a packet seen as characters, and back.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace rtp {

[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline std::span<const std::byte> as_octets(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace rtp
