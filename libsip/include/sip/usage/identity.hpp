// Who is at the other end, and what we tell of ourselves (RFC 3323, RFC 3325, RFC 5079, draft-ietf-sip-privacy-04).
// Pure: it reads messages and rules, and knows neither accounts nor connections.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sip/syntax/headers/privacy.hpp"
#include "sip/syntax/message.hpp"

namespace sip {

/// What names a person in a message.
enum class identity_source : std::uint8_t {
    asserted,         ///< P-Asserted-Identity: what a network vouches for; counts from those we trust alone
    remote_party_id,  ///< Remote-Party-ID, its forerunner; counts from those we trust alone
    preferred,        ///< P-Preferred-Identity: what the person wishes to be called; meant for proxies
    address,          ///< From of a request, To of a response; the last resort
};

/// How an account reads who calls, or who has answered.
struct identity_rules {
    /// Which header counts, the first that is there.
    std::vector<identity_source> order{
        identity_source::asserted, identity_source::remote_party_id, identity_source::address};
    bool honours_privacy = true;     ///< a person who asks for privacy stays unknown, whatever else is there
    bool refuses_anonymous = false;  ///< INVITEs of unknown callers are answered 433 (RFC 5079)
};

/// Which part of a message names the person. A value that stays good when the message moves.
struct identity_choice {
    identity_source source = identity_source::address;  ///< where it was read
    bool is_hidden = false;   ///< the person has asked to stay unknown; `source` is not to be shown then
    bool is_trusted = false;  ///< the message came from somebody whose word counts

    friend bool operator==(identity_choice const&, identity_choice const&) = default;
};

/// Reads a request (who sent it) or a response (who answered) by these rules. `is_trusted`: it came from a peer whose
/// assertions count; from others P-Asserted-Identity and Remote-Party-ID are as if they were not there (RFC 3325 8).
[[nodiscard]] identity_choice choose_identity(message_view, identity_rules const&, bool is_trusted) noexcept;

/// The person's address as the message has it; borrows the message. Of two asserted ones, the SIP URI (RFC 3325 9.1).
/// Empty where the choice hides the person, or its header is not there.
[[nodiscard]] name_addr_view named_by(message_view, identity_choice) noexcept;

/// An address that names nobody: in the domain anonymous.invalid, or called "Anonymous" (RFC 3323 4.1.1).
[[nodiscard]] bool is_anonymous_address(name_addr_view const&) noexcept;

/// RFC 5079 3: whoever sent this request has withheld who they are, by From or by Privacy. That no network vouches for
/// somebody makes nobody anonymous.
[[nodiscard]] bool is_anonymous(message_view request) noexcept;

/// What our requests tell of us.
struct own_identity {
    sip::privacy privacy;         ///< asked of the network, in every request of ours and every answer to a call
    bool anonymous_from = false;  ///< From names nobody (RFC 3323 4.1.1); the account's own address stays in Contact
    /// P-Preferred-Identity with the account's address: what our proxy is to vouch for (RFC 3325 9.2).
    bool tells_preferred = false;

    /// Unknown to the callee, known to our own network: all three.
    [[nodiscard]] static own_identity anonymous() {
        own_identity made;
        made.privacy.id = made.anonymous_from = made.tells_preferred = true;
        return made;
    }
};

/// The From of somebody who wants to stay unknown, without its tag (RFC 3323 4.1.1.3).
inline constexpr std::string_view anonymous_address = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";

}  // namespace sip
