// What mutants are made by. The operators know SIP, SDP and RTP, and no flow.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "conformance/mutants/mutate.hpp"

namespace conformance {

struct message_operator {
    std::string name;
    /// Changes the message at this place; false where the operator has nothing to change there.
    std::function<bool(recording&, std::size_t)> apply;
};

[[nodiscard]] std::vector<message_operator> message_operators();

/// Media that stops, media where there was none, and one stream's sound in another's place, each in one rest between
/// messages.
void each_media_mutant(const recording&, const std::function<void(const mutant&)>& use);

}  // namespace conformance
