// Where a line stands in a printed section (RFC 8866 5). The parser sorts the lines it has no field for in this order,
// so that what is printed reads back equal.
#pragma once

#include <string_view>

namespace sdp {

/// Lower is earlier. Letters that no RFC knows come after the known ones and before the attributes.
[[nodiscard]] constexpr std::size_t line_rank(char type) noexcept {
    constexpr std::string_view order = "vomsiuepcbtrz?a";
    auto const at = order.find(type);
    return at == std::string_view::npos ? order.find('?') : at;
}

}  // namespace sdp
