// What the phone keeps over restarts, in the folder of --state: its own UUID, by which registrars know it again (RFC
// 5626 4.1), and what its users have switched.
#pragma once

#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "phoned/net/runtime_directory.hpp"
#include "sip/environment.hpp"

namespace phoned::net {

/// Makes the folder where it is missing. Reads `instance`, or draws a UUID (RFC 4122 4.4) and writes it; a file that
/// holds no UUID is replaced.
[[nodiscard]] boost::system::result<std::string, start_failure>
load_instance(const std::string& folder, const sip::random_source&);

/// The file of what users have switched, `local.cfg`: it is read behind the other configuration files.
[[nodiscard]] std::string user_settings_path(const std::string& folder);

/// Puts a file in the place of another, or of none. A power cut leaves the old one or the new one. Why not, where it
/// cannot be written.
[[nodiscard]] std::optional<std::string> replace_file(const std::string& path, std::string_view text);

}  // namespace phoned::net
