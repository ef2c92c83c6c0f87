// What users switch by themselves, as a configuration file of the guide's own form: it is read behind the others at the
// next start (the guide's later editions keep such a file too, <MAC>-local.cfg).
#pragma once

#include <string>
#include <string_view>

#include "phoned/config/settings.hpp"

namespace phoned {

/// Do not disturb and forwarding, of the phone or of each account that is in use, whichever counts.
[[nodiscard]] std::string user_settings_text(const settings&);

/// False for what would end its line in the file.
[[nodiscard]] bool is_one_line(std::string_view) noexcept;

}  // namespace phoned
