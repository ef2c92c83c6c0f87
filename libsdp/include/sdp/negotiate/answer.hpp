// Offer and answer for audio as pure functions (RFC 3264, RFC 6337): values in, values out, nothing remembered.
// They do not choose the version of the o= line and know no phases; both belong to the negotiator.
#pragma once

#include "sdp/error.hpp"
#include "sdp/model/session.hpp"
#include "sdp/negotiate/agreement.hpp"
#include "sdp/negotiate/capabilities.hpp"

namespace sdp {

using negotiated_lines = boost::container::small_vector<negotiated, 1>;

/// An offer of all we can do now, in line with what the session already has: no m= line disappears, refused ones keep
/// port 0, numbers keep their codecs. `previous` is empty for a first offer. The origin carries `own.username`,
/// `own.session_id` and `own.version` as given.
[[nodiscard]] session make_offer(capabilities const&, local_media const&, origin const& own, agreement const& previous);

/// What make_answer() gives.
struct answer {
    session description;  ///< To be sent.
    negotiated_lines lines;  ///< What was agreed on, by media line.
};

/// The answer to an offer: one m= line for each of the offer, those we cannot serve refused in place with port 0.
/// Fails with 488 and the reason when the offer wants media and no line can be accepted.
[[nodiscard]] result<answer> make_answer(
    session const& offer, capabilities const&, local_media const&, origin const& own, agreement const& previous
);

/// An answer that refuses every line, for an offer that came in
/// a response and cannot be refused otherwise (RFC 6337 5.2.4).
[[nodiscard]] answer make_refusal(session const& offer, local_media const&, origin const& own);

/// What the peer's answer to our `offer` means. `local` and the capabilities are those the offer was made with.
/// Fails when the answer does not fit the offer: other media types, more lines, only codecs we did not offer, or keys
/// that are not what a secure line asks for (RFC 4568 7.1.3).
[[nodiscard]] result<negotiated_lines> apply_answer(
    session const& offer, session const& received, capabilities const&, local_media const&, agreement const& previous
);

/// `able` with no other voice than the first that `line` agreed on: what to offer where an answer left several codecs
/// and one is to be settled on (RFC 3264 10.2). Telephone events and comfort noise stay.
[[nodiscard]] capabilities narrowed(capabilities able, negotiated const& line);

}  // namespace sdp
