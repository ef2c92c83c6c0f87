// What every page of the report has around its flows: style, and the script that shows a message.
#pragma once

#include <string_view>

namespace conformance {

[[nodiscard]] std::string_view page_head() noexcept;
[[nodiscard]] std::string_view page_tail() noexcept;

}  // namespace conformance
