// From the two lines that stand in the same place of offer and answer to what may be sent and received there. The rules
// are the same for both sides but for the sign of a hold.
#pragma once

#include "sdp/negotiate/agreement.hpp"
#include "sdp/negotiate/capabilities.hpp"

namespace sdp {

enum class side : std::uint8_t { offerer, answerer };  ///< Which of the two we are.

/// A line of a description with what it inherits from the session.
struct line_view {
    session const& description;
    media const& line;
};

/// Writes into `agreed`, which is new, what two accepted lines mean.
/// `before` is what was agreed on this line until now, or null.
void agree(
    negotiated& agreed, side, line_view local, line_view remote, local_stream const&, capabilities const&,
    negotiated const* before
);

}  // namespace sdp
