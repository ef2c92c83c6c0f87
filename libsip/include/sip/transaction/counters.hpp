// What transactions have been through, as numbers that only grow: for metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sip/syntax/names.hpp"

namespace sip {

/// Of the requests of one method.
struct transaction_counters {
    std::uint64_t requests_repeated = 0;     ///< requests of ours that were sent again (Timers A, E)
    std::uint64_t responses_repeated = 0;    ///< responses of ours that were sent again, on request or by Timer G
    std::uint64_t requests_heard_again = 0;  ///< requests of peers that came again
    std::uint64_t timed_out = 0;             ///< transactions without a final response (B, F) or its ACK (H)
};

/// One row for each method.
class transaction_counter_table {
public:
    /// The row of a method.
    [[nodiscard]] transaction_counters& of(method name) noexcept { return rows_[static_cast<std::size_t>(name)]; }
    /// The row of a method.
    [[nodiscard]] transaction_counters const& of(method name) const noexcept {
        return rows_[static_cast<std::size_t>(name)];
    }

private:
    std::array<transaction_counters, method_count> rows_{};
};

}  // namespace sip
