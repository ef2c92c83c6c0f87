// Which m= line of our offer serves which local stream. Offer and the reading of its answer both ask.
#pragma once

#include "sdp/negotiate/agreement.hpp"
#include "sdp/negotiate/capabilities.hpp"

namespace sdp {

/// One entry for each m= line of the offer: the index of its stream, or nothing for a line that stays refused.
using slot_list = boost::container::small_vector<std::optional<std::size_t>, 2>;

/// A line that is on keeps its stream. A stream without a line takes the place of an audio line that is off, else a new
/// one below (RFC 3264 8.1). Lines never disappear (RFC 3264 8).
[[nodiscard]] slot_list offer_slots(local_media const&, agreement const& previous);

/// Whether a line of the agreement carries media.
[[nodiscard]] bool is_on(agreement const&, std::size_t line) noexcept;

}  // namespace sdp
