// What an INVITE says about how its callee may be alerted: the ring, or no ring at all but an answer at once
// (Alert-Info and Call-Info, RFC 3261 20.4 and 20.9, RFC 7462, and what phones and servers write there beyond the
// RFCs).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sip/syntax/message.hpp"

namespace sip {

/// Whether to do any of it is the user's to decide: nothing proves that the caller may ask for it. Borrows the message.
struct alerting {
    /// Answer by yourself after so many seconds: Call-Info or Alert-Info with answer-after, or Alert-Info with
    /// info=alert-autoanswer, Auto Answer, Intercom.
    std::optional<std::uint32_t> answer_after;
    std::uint8_t bellcore = 0;             ///< Bellcore-dr1 to dr5; 0: none
    std::string_view info;                 ///< the info parameter: "alert-internal", or a text that somebody configured
    std::string_view word;                 ///< of an Alert-Info without URI, where it means none of the above
    std::vector<std::string_view> sounds;  ///< URIs of sounds, the preferred first
    std::vector<std::string_view> urns;    ///< alert URNs: "urn:alert:source:external"

    static constexpr std::size_t most = 8;  ///< of sounds and of URNs; further ones are passed over
};

[[nodiscard]] alerting alerting_of(message_view invite);

}  // namespace sip
