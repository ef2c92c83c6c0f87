// A flow played on paper: phones and a proxy that do exactly what the flow file says, as a recording. So that flows are
// proved to be possible, and checkers have something to check, before any phone plays them.
#pragma once

#include <string>

#include "conformance/capture/recording.hpp"
#include "conformance/flow.hpp"

namespace conformance {

/// `way` must be one variant (variants_of). Messages that may be missing are missing.
[[nodiscard]] recording rehearse(const flow& way);

/// The project's flow file of this name.
[[nodiscard]] flow flow_named(const std::string& name);
[[nodiscard]] std::vector<flow> all_flows();

}  // namespace conformance
