// What holds of any SIP traffic, whatever flow it belongs to: transactions, what a proxy may change, dialogs, offers
// and answers. Each file of this folder has one of these; none knows a flow.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "conformance/observation.hpp"

namespace conformance::rules {

/// What is wrong with a message, as the rest of a sentence: "its CSeq is 3, " + name of `other` + " had 4 (RFC ...)".
struct finding {
    std::size_t at = 0;  ///< which of the seen messages
    std::string text;
    std::optional<std::size_t> other;  ///< the message that explains why, named between `text` and `rest`
    std::string rest;
};

using seen_messages = std::vector<observed_message>;
using findings = std::vector<finding>;

/// Responses, ACK and CANCEL belong to a request of their hop; every request is answered once (RFC 3261 8, 9, 17).
void check_transactions(const seen_messages&, findings&);
/// What the proxy sends on is what it got, save what it may change (RFC 3261 16.6, 16.7).
void check_relaying(const seen_messages&, findings&);
/// Tags, CSeq, remote target and route set within dialogs (RFC 3261 12).
void check_dialogs(const seen_messages&, findings&);
/// Answers fit their offers, and descriptions their predecessors (RFC 3264).
void check_offers(const seen_messages&, findings&);

/// All of them.
[[nodiscard]] findings check_all(const seen_messages&);

/// True where both went over the same hop the same way; over it the other way.
[[nodiscard]] inline bool same_way(const observed_message& a, const observed_message& b) {
    return a.from == b.from && a.to == b.to;
}
[[nodiscard]] inline bool opposite_way(const observed_message& a, const observed_message& b) {
    return a.from == b.to && a.to == b.from;
}
/// Requests that make a dialog or refresh its remote target, and whose Contact says where (RFC 3261 8.1.1.8, 12.2; RFC
/// 6665 4.4.1).
[[nodiscard]] bool gives_target(sip::method);
/// True for the response to this request, by branch and CSeq (RFC 3261 17.1.3); the hop is for the caller to compare.
[[nodiscard]] bool answers(sip::message_view response, sip::message_view request);

}  // namespace conformance::rules
