// Text of other people on a terminal: control characters, which could move the cursor or worse, become `?`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace phoned::tools {

[[nodiscard]] inline std::string printable(std::string_view text) {
    std::string clean;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<std::uint8_t>(text[i]);
        // U+0080 to U+009F, the C1 controls, are C2 80 to C2 9F in UTF-8.
        const bool is_c1 = byte == 0xC2 && i + 1 < text.size() && static_cast<std::uint8_t>(text[i + 1]) < 0xA0;
        if (is_c1) ++i;
        const bool is_control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F || is_c1;
        clean += is_control ? '?' : text[i];
    }
    return clean;
}

}  // namespace phoned::tools
