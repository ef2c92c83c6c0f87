// The guide's files are UTF-8 or "ANSI". Everything behind the loader is UTF-8. Private to config.
#pragma once

#include <string>
#include <string_view>

namespace phoned::config {

/// The text itself if it is valid UTF-8, otherwise read as ISO 8859-1 and converted.
[[nodiscard]] std::string to_utf8(std::string_view text);

}  // namespace phoned::config
