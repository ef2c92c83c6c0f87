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

/// The recording as networks and other programs might have made it without anybody being at fault: retransmissions of
/// what is on UDP (RFC 3261 17), datagrams of one sender in another order (18.1.1), 100 missing or more of it (17.2.1), messages written otherwise (7.3.1), and RTP lost,
/// doubled, late and overtaken. The same for the same seed.
[[nodiscard]] recording impaired(const recording&, std::uint64_t seed);

}  // namespace conformance
