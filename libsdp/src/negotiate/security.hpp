// The security of one m= line: what an offer of ours says, what we take of the peer's offer, what the peer's answer
// leaves (RFC 4568 5.1 and 7.1, RFC 5763 5, RFC 8842 5, RFC 8643 3).
#pragma once

#include "outcome.hpp"
#include "sdp/negotiate/agreement.hpp"
#include "sdp/negotiate/capabilities.hpp"
#include "transport_profile.hpp"

#include <cstdint>
#include <string_view>

namespace sdp {

/// What was found about a line: an agreement, or why there is none.
struct security_choice {
    security_agreement agreed;
    std::uint32_t crypto_tag = 0;  ///< Of the a=crypto line that was taken.
    std::string_view objection;    ///< Empty: the line can be served as `agreed` says.
};

/// What we take of an offered line. `before` is what was agreed on it until now, or null.
[[nodiscard]] security_choice choose_security(
    line_view offered, security_capability const&, local_stream const&, negotiated const* before
);

/// Writes what was chosen into the line of our answer.
void answer_security(media& line, line_view offered, security_choice const&, local_stream const&);

/// The transport for a new line that is to be secure; the stream has keys or a certificate.
[[nodiscard]] transport_profile secure_profile(security_capability const&, local_stream const&) noexcept;

/// Writes keys and fingerprints into a line of our offer, as its transport, the policy and what was agreed on the line
/// until now (or null) ask.
void offer_security(media& line, security_capability const&, local_stream const&, negotiated const* before);

/// What the peer's answer to a line of our offer leaves.
[[nodiscard]] security_choice
read_answered_security(line_view offered, line_view answered, media_security policy, local_stream const&);

}  // namespace sdp
