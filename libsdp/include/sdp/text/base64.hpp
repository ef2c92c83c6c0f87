// Base64 as key material is written in it (RFC 4568 6.1, RFC 4648 4). Bytes and text in, bytes and text out; what it
// writes to is the caller's, so that secrets leave no copy here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sdp {

/// Decodes into the front of `out` and tells how many octets there are. Nothing for text that is not base64 or does not
/// fit. The padding may be missing, since RFC 4568 6.1 discards it; bits beyond the last octet must be zero.
[[nodiscard]] std::optional<std::size_t> decode_base64(std::string_view text, std::span<std::uint8_t> out) noexcept;

/// Appends the text of `octets`, with padding.
void append_base64(std::string& out, std::span<std::uint8_t const> octets);

}  // namespace sdp
