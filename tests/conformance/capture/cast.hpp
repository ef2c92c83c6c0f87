// Who is who in a capture: which addresses are a party's, and by which user it is known.
#pragma once

#include <set>
#include <string>
#include <variant>

#include "conformance/capture/recording.hpp"
#include "conformance/check.hpp"

namespace conformance {

/// What the tester says of the parties; what is left out is found.
struct naming {
    /// Party to "192.0.2.1" (all ports) or "192.0.2.1:5060".
    std::map<std::string, std::string, std::less<>> addresses;
    party_users users;
};

struct cast {
    party_map addresses;  ///< every address of the capture that is a party's
    party_users users;
    std::set<std::string> unseen;  ///< parties with whom nothing was captured
};

/// Finds the flow's parties. Who sends a request with one Via is a phone, who sends one with more is the proxy (RFC
/// 3261 16.6); who calls first and who is called tells the flow's first dialling user and whom it dials; who else calls
/// or is called is the third. The reason where the capture has no such call.
[[nodiscard]] std::variant<cast, std::string> find_parties(const recording&, const flow&, const naming&);

}  // namespace conformance
