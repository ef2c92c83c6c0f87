// A first draft of a flow file out of a capture: its messages numbered, with the facts that hold, and what users seem
// to have done. For the tester to complete.
#pragma once

#include <string>

#include "conformance/capture/cast.hpp"
#include "conformance/capture/recording.hpp"

namespace conformance {

/// The parties are A (who calls first), B (whom A calls), C (who else takes part) and the proxy P. The reason, as a
/// comment, where the capture has no call.
[[nodiscard]] std::string draft_flow(const recording&, const std::string& name, const naming& = {});

}  // namespace conformance
