// What must be true of every phone once a flow was played, however its messages fared: the calls that it has are those
// that the messages left, it is registered, and when all users hang up nothing remains.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "conformance/run/handset.hpp"

namespace conformance {

using phones_by_party = std::map<std::string, handset*>;
/// By party; without those that cannot tell.
using call_counts = std::map<std::string, std::size_t>;

[[nodiscard]] call_counts count_calls(const phones_by_party&);

/// How many dialogs these messages left each party, of those that INVITE made (RFC 3261 12, 15).
[[nodiscard]] call_counts calls_left_by(const std::vector<observed_message>&);

/// Lets everybody hang up in the end. `before`: the calls that the phones had when the flow began. What is wrong; empty
/// where nothing is.
[[nodiscard]] std::string
check_end_state(const phones_by_party&, const call_counts& before, const std::vector<observed_message>&);

}  // namespace conformance
