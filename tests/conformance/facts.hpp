// Whether a message says what a flow wants of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/check.hpp"
#include "sdp/model/session.hpp"

namespace conformance {

/// What facts are told by.
struct fact_context {
    const std::vector<observed_message>& seen;
    const party_users& users;
    const std::map<unsigned, std::string>& calls;  ///< Call-IDs by the flow's number
};

/// What is wrong with the message number `at` of the seen ones, as the end of a sentence: "its SDP says sendrecv;
/// expected sendonly". Empty where the fact holds.
[[nodiscard]] std::string difference(const fact&, std::size_t at, const fact_context&);

/// The direction of the first audio line as its writer means it: an address of 0.0.0.0 receives nothing (RFC 3264 8.4).
/// Nothing where there is no description.
[[nodiscard]] std::optional<sdp::direction> audio_direction(sip::message_view);
/// The description in a message's body; nothing where there is none or it cannot be read.
[[nodiscard]] std::optional<sdp::session> description_in(sip::message_view);

/// "a", "a or b", "a, b or c".
[[nodiscard]] std::string list_of(const std::vector<std::string>&);

}  // namespace conformance
