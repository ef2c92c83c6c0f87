// Opens configuration files and gives their text to config/load.hpp.
#pragma once

#include "phoned/config/load.hpp"

#include <span>
#include <string>

namespace phoned::net {

/// As load_config. A file that cannot be read, or is larger than 1 MiB, is an error diagnostic, and the others still
/// count.
[[nodiscard]] loaded_config load_config_files(std::span<const std::string> paths);

}  // namespace phoned::net
