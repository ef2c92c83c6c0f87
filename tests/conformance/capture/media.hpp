// What the RTP of a capture says of a flow's media: packets between parties while a step lasts, and, where a conference
// mixes, whose voice is in whose stream.
#pragma once

#include <set>
#include <vector>

#include "conformance/capture/cast.hpp"
#include "conformance/check.hpp"

namespace conformance {

/// Measures every pair of parties in every step of the flow that has media. When a step lasts is told by the messages
/// that were found for it.
struct media_of_capture {
    std::vector<media_measurement> measured;
    /// RTP that no flow could allow: to an address that nobody had announced.
    std::vector<media_result> broken;
};
[[nodiscard]] media_of_capture
measure_media(const recording&, const cast&, const flow&, const std::vector<observed_message>&, const report&);

}  // namespace conformance
