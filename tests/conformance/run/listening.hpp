// What passes between the phones of a run and what they hear, over a moment.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "conformance/media_check.hpp"
#include "conformance/run/handset.hpp"

namespace conformance {

using phones_by_party = std::map<std::string, handset*>;

/// Measures for `window`, and says it of this step of the flow: each pair of phones in both directions, and the
/// ring-back tone at each.
[[nodiscard]] std::vector<media_measurement> measure_media(
    std::size_t step, const phones_by_party&, std::chrono::milliseconds window
);

}  // namespace conformance
