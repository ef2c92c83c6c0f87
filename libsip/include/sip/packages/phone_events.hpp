// Event packages whose NOTIFY is a command to a phone: check-sync (restart or fetch the settings), talk and hold
// (remote control of a call), and ua-profile (RFC 6080), which says where the settings lie. Phones take the first three
// without a subscription; who may send them is policy of the user.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/error.hpp"
#include "sip/syntax/headers/simple.hpp"

namespace sip::packages {

enum class phone_command : std::uint8_t {
    synchronise,  ///< check-sync: fetch the settings, restart where they have changed
    restart,      ///< check-sync;reboot=true
    talk,         ///< answer or resume the call of the NOTIFY's dialog
    hold,
};
/// What an Event header asks for; nothing for other packages.
[[nodiscard]] std::optional<phone_command> phone_command_from(token_params_view const& event) noexcept;

/// The Event value of a SUBSCRIBE for settings (RFC 6080 6.2).
struct profile_request {
    static constexpr std::string_view event = "ua-profile";  ///< the package's name in Event
    std::string type = "device";  ///< "device", "user" or "local-network"
    std::string vendor, model, version;  ///< of the phone that asks
};
[[nodiscard]] std::string to_string(profile_request const&);

/// Where a ua-profile NOTIFY says that the settings lie: the URL of a message/external-body (RFC 4483).
/// errc::syntax_error where the type is another or has no URL.
[[nodiscard]] parsed<std::string_view> profile_location(media_type_view const&) noexcept;

}  // namespace sip::packages
