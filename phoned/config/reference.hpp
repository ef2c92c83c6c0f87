// docs/configuration.md, made from the parameter table (`phoned --print-config-reference`).
#pragma once

#include <string>

namespace phoned {

[[nodiscard]] std::string config_reference();

}  // namespace phoned
