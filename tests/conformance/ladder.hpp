// Draws a checked flow in the terminal: one column for each party, one arrow for each message, its F-number, and what
// the media did.
#pragma once

#include <string>

#include "conformance/check.hpp"

namespace conformance {

enum class colours : bool { off, on };

[[nodiscard]] std::string draw_ladder(flow const&, report const&, colours);
/// The flow as its file wants it, nothing played: what the pages in docs/flows show.
[[nodiscard]] std::string draw_plan(flow const&);

}  // namespace conformance
