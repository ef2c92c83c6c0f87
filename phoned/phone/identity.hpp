// From an account's settings to its SIP identity, and from what a user dials to a SIP URI. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "phoned/config/settings.hpp"
#include "sip/syntax/message.hpp"
#include "sip/ua/config.hpp"
#include "sip/usage/identity.hpp"

namespace phoned {

/// True where the account is switched on and complete enough to be used.
[[nodiscard]] bool is_usable(const account_settings&);

/// `sip:1001@example.com`
[[nodiscard]] std::string address_of_record(const account_settings&);

/// `example.com:5062;transport=tcp`: the first server, where the registration lives, for people.
[[nodiscard]] std::string server_text(const account_settings&);

/// `instance` is the phone's own UUID: it tells registrars that a restarted phone is the same one (RFC 5626 4.1).
[[nodiscard]] sip::account_config sip_account(const account_settings&, std::string_view instance);

/// Somebody, as the user is shown them.
struct party {
    std::string uri, name;
    bool is_anonymous = false;  ///< Has asked to stay unknown
};

/// Who calls: by the choice that the account's rules made.
[[nodiscard]] party caller_of(sip::message_view invite, sip::identity_choice);

/// Who was reached, as the network says in a response or request of the callee: P-Asserted-Identity, else
/// Remote-Party-ID; nothing where it says nothing, or we do not trust it.
[[nodiscard]] std::optional<party> callee_of(sip::message_view, bool is_trusted);

/// What the phone needs of its SIP user agent; a shell adds its name and limits.
[[nodiscard]] sip::user_agent_config agent_config(const settings&);

/// A number, `user@host`, a host or address, or a whole SIP URI. A number goes to the account's own server; `#` is
/// escaped where sip.use_23_as_pound says so. Nothing and the reason where it makes no URI.
[[nodiscard]] std::optional<std::string> target_uri(
    std::string_view dialled, const account_settings&, const settings&, std::string& why
);

}  // namespace phoned
