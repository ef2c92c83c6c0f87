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

/// Provisional answers are not sent again by their sender (RFC 3261 13.3.1.1; 17.2.1), so one may be missing for good
/// where a relay lost one like it in the same call, and with it the ring-back tone that it starts. Nothing else may.
void excuse(report&, const std::vector<lost_message>&);

}  // namespace conformance
