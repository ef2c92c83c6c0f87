// The checker checked: a recording changed in one place, as a faulty phone, proxy or network would change it. The
// operators know SIP, SDP and RTP, and no flow.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "conformance/capture/recording.hpp"

namespace conformance {

struct mutant {
    std::string what;  ///< "drop: message 12, SIP/2.0 200 OK, 192.0.2.1:5060 -> 192.0.2.10:5060"
    recording all;
};

/// Every mutant of the recording, one after the other (a recording is large, so they are not kept). `per_operator`
/// bounds how many places one operator is tried at, spread over the recording; 0: all.
void each_mutant(const recording&, unsigned per_operator, const std::function<void(const mutant&)>&);

/// The recording as a network might deliver it without anybody being at fault: retransmissions of what is on UDP (RFC
/// 3261 17), and messages of one moment that belong to different hops in another order. The same for the same seed.
[[nodiscard]] recording impaired(const recording&, std::uint64_t seed);

}  // namespace conformance
