// Which of several final responses goes upstream (RFC 3261 16.7 step 6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sip::proxy {

/// The index of the best status; `statuses` is not empty. A 6xx wins, then the lowest class; within 4xx what tells the
/// caller how to try again, and last what a branch that we gave up ourselves would say. A caller that has cancelled is
/// told 487.
enum class ending : std::uint8_t { open, cancelled };
[[nodiscard]] std::size_t best_response(std::span<std::uint16_t const> statuses, ending) noexcept;

}  // namespace sip::proxy
