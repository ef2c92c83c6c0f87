// Which m= line of our offer serves which local stream. Offer and the reading of its answer both ask.
#pragma once

#include "sdp/negotiate/agreement.hpp"
#include "sdp/negotiate/capabilities.hpp"

#include <string_view>

namespace sdp {

struct offer_slot {
    std::optional<std::size_t> stream;  ///< Missing: the line stays refused.
    std::string_view transport;         ///< Lives as long as `previous`.
};

/// One entry for each m= line of the offer.
using slot_list = boost::container::small_vector<offer_slot, 2>;

/// A line that is on keeps its stream and, where the policy allows it, its transport. A stream without a line takes the
/// place of an audio line that is off, else a new one below (RFC 3264 8.1); two of them where a secure and a plain line
/// are offered side by side. Lines never disappear (RFC 3264 8).
[[nodiscard]] slot_list offer_slots(local_media const&, security_capability const&, agreement const& previous);

/// Whether a line of the agreement carries media.
[[nodiscard]] bool is_on(agreement const&, std::size_t line) noexcept;

}  // namespace sdp
