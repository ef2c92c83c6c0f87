// The verdict on a recording: parties found, messages compared, media measured.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "conformance/capture/cast.hpp"
#include "conformance/check.hpp"

namespace conformance {

struct judgement {
    cast who;
    std::vector<observed_message> messages;
    report result;
};

/// The reason where the recording has nothing of the flow.
[[nodiscard]] std::variant<judgement, std::string> judge(const recording&, const flow&, const naming& = {});

/// The flow, of those given, that fits the recording best: the one with the fewest mismatches. Null where none has
/// anything in it.
[[nodiscard]] const flow* best_fit(const recording&, const std::vector<flow>&, const naming& = {});

/// The messages between the parties of the cast.
[[nodiscard]] std::vector<observed_message> observe(const recording&, const cast&);

}  // namespace conformance
