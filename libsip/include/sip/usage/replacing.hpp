// Who may take the place of a call with an INVITE that has Replaces (RFC 3891 3). Whoever can name a dialog has heard
// of it; that alone is no right to it.
#pragma once

#include <cstdint>
#include <string_view>

#include "sip/syntax/message.hpp"
#include "sip/usage/identity.hpp"

namespace sip {

/// What speaks for the sender of the INVITE. The first that holds is told.
enum class replacement_evidence : std::uint8_t {
    none,         ///< nothing but that it can name the dialog
    own_server,   ///< the INVITE came from a server that we trust, which lets nobody else through
    referred,     ///< Referred-By names the other side of the call: it is a transfer that this side has asked for
    same_person,  ///< it is the other side of the call itself, from elsewhere
};

/// What an account does with it.
enum class replacement_rule : std::uint8_t {
    on_evidence,  ///< without any the INVITE is answered 403
    ask,          ///< the user decides, who sees the evidence, and may challenge with reject(401)
    anybody,      ///< whoever can name the dialog may: in a network that lets no stranger in
};

/// `other_side`: From or To of the one whose place the INVITE wants, as the dialog has it. `who`: how the account reads
/// the INVITE's sender.
[[nodiscard]] replacement_evidence evidence_for(
    message_view invite, identity_choice who, std::string_view other_side
) noexcept;

}  // namespace sip
