// Plays a flow: makes the users act step by step, gathers what passes, measures the media, and checks all of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conformance/capture/recording.hpp"
#include "conformance/check.hpp"
#include "conformance/flow.hpp"
#include "conformance/run/handset.hpp"
#include "conformance/run/impaired_network.hpp"
#include "conformance/run/listening.hpp"
#include "conformance/run/registrations.hpp"

namespace conformance {

/// The proxy's own view of the messages, for hops whose phone cannot trace.
using proxy_trace = std::function<std::vector<std::string>()>;  ///< new JSON lines since the last call

struct stage {
    phones_by_party phones;
    std::string proxy_address;                                     ///< "127.0.0.1:25060"
    proxy_trace proxy;                                             ///< may be empty
    const registrations* registered = nullptr;                     ///< where phones are that cannot trace
    std::chrono::milliseconds patience = std::chrono::seconds(6);  ///< for the messages of one step
    impaired_network* between = nullptr;                     ///< phones and proxy; nothing: a good one
};

struct played {
    report result;
    std::vector<observed_message> messages;
    recording captured;    ///< the same by address, for a capture file
    std::string trouble;   ///< what kept the flow from being played to its end; empty where nothing did
    hop_tallies impaired;  ///< what the network between did, by hop
};

[[nodiscard]] played play(const flow&, stage&);

}  // namespace conformance
