// What a relay lost, and what that excuses in a report: everything that SIP sends again must arrive all the same.
#pragma once

#include <string>
#include <vector>

#include "conformance/check.hpp"

namespace conformance {

/// A message that did not arrive.
struct lost_message {
    std::string from, to;  ///< parties
    std::string text;
};

/// Without each 100 that comes after the final answer to its request: that overtook it, and nobody minds it any more
/// (RFC 3261 17.1.1.2).
[[nodiscard]] std::vector<observed_message> without_overtaken(std::vector<observed_message>);

/// Provisional answers are not sent again by their sender (RFC 3261 13.3.1.1; 17.2.1), so one may be missing for good
/// where a relay lost one like it in the same call, and with it the ring-back tone that it starts. Nothing else may.
///
/// The flow in which every such answer of a lost one's status may be missing: to be compared with instead.
[[nodiscard]] flow with_excuses(const flow&, const std::vector<lost_message>&);
/// Judges the report of that comparison: of the answers that are missing, those stay excused whose call lost one.
void judge_excuses(report&, const std::vector<lost_message>&);

}  // namespace conformance
