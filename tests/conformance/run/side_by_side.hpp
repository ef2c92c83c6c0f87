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

/// A flow to be played in a setting; both are borrowed.
struct task {
    const run_setting* setting;
    const flow* f;
};

struct performance {
    const run_setting& setting;
    report_entry entry;
    recording captured;
    hop_tallies impaired;  ///< what the network between did
};

/// Does the tasks, up to `jobs` at once, and hands each over in their order, in the calling thread, as soon as it and
/// those before it are done. Ends early, with the reason, where our own phones or the proxy do not start.
[[nodiscard]] std::optional<std::string> play_side_by_side(
    const std::vector<task>&, unsigned jobs, const std::function<void(performance&&)>& use
);

}  // namespace conformance
