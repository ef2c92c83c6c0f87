// Draws a checked flow in the terminal: one column for each party, one arrow for each message, its F-number, and what
// the media did.
#pragma once

#include <string>

#include "conformance/check.hpp"

namespace conformance {

enum class colours : bool { off, on };

[[nodiscard]] std::string draw_ladder(flow const&, report const&, colours);

}  // namespace conformance
