// What users switch by themselves, as a configuration file of the guide's own form: it is read behind the others at the
// next start (the guide's later editions keep such a file too, <MAC>-local.cfg).
#pragma once

#include <string>
#include <string_view>

#include "phoned/config/settings.hpp"

namespace phoned {

/// Do not disturb and forwarding, of the phone or of each account that is in use, whichever counts; but no line that
/// `provisioned` has as well, the text of the settings without their users' part: what users have not switched is as
/// the other files say, and changes with them.
[[nodiscard]] std::string user_settings_text(const settings&, std::string_view provisioned = {});

/// False for what would end its line in the file.
[[nodiscard]] bool is_one_line(std::string_view) noexcept;

}  // namespace phoned
