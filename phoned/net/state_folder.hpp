// What the phone keeps over restarts, in the folder of --state: its own UUID, by which registrars know it again (RFC
// 5626 4.1).
#pragma once

#include <boost/system/result.hpp>
#include <string>

#include "phoned/net/runtime_directory.hpp"
#include "sip/environment.hpp"

namespace phoned::net {

/// Makes the folder where it is missing. Reads `instance`, or draws a UUID (RFC 4122 4.4) and writes it; a file that
/// holds no UUID is replaced.
[[nodiscard]] boost::system::result<std::string, start_failure>
load_instance(const std::string& folder, const sip::random_source&);

}  // namespace phoned::net
