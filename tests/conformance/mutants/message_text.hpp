// The text of a message in a recording, for who changes it: it may be malformed afterwards, so nothing is parsed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace conformance {

/// Where the value of a header's first line begins and ends; nothing where the message has none.
[[nodiscard]] std::optional<std::pair<std::size_t, std::size_t>> value_of(
    const std::string& text, std::string_view header
);

/// That value; empty where there is none.
[[nodiscard]] std::string header_text(const std::string& text, std::string_view header);

[[nodiscard]] inline bool is_response(const std::string& text) {
    return text.starts_with("SIP/2.0 ");
}

}  // namespace conformance
