// Model to text, strict out: the line order of RFC 8866 5, CR LF, one space between fields.
#pragma once

#include "sdp/model/session.hpp"

#include <string>

namespace sdp {

/// The description as the body of a message. CR, LF and NUL inside
/// a value are left out: no value can start a line of its own.
[[nodiscard]] std::string to_text(session const&);

/// The same, appended to `out`, whose capacity is reused.
void print(session const&, std::string& out);

}  // namespace sdp
