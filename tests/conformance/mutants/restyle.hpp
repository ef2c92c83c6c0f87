// Other ways to write the same message.
#pragma once

#include <random>
#include <string>

namespace conformance {

/// The message with some names of headers in compact form or in other letters, values on a line of their own, and
/// headers of different names in another order (RFC 3261 7.3.1). Malformed text comes back as it is.
[[nodiscard]] std::string restyled(const std::string& text, std::mt19937_64&);

}  // namespace conformance
