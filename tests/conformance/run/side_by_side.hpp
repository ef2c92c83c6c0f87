// Several flows at once: phones mostly wait for one another.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conformance/reports/entry.hpp"
#include "conformance/run/play.hpp"
#include "conformance/run/run_setting.hpp"

namespace conformance {

struct performance {
    const run_setting& setting;
    report_entry entry;
    recording captured;
};

/// Plays the flows in each of the settings, up to `jobs` at once, and hands each over in this order, in the calling
/// thread, as soon as it and those before it are done. Ends early, with the reason, where one cannot be played.
[[nodiscard]] std::optional<std::string> play_side_by_side(
    const std::vector<run_setting>&, const std::vector<flow>&, unsigned jobs,
    const std::function<void(performance&&)>& use
);

}  // namespace conformance
