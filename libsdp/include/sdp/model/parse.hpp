// Text to model, lenient in: lines may end in LF, CR LF or CR, may come in any order and with odd spaces, t= and s= may
// be missing, and what is unknown is kept. Bounds on size and counts come as a parameter. RFC 8866 5 and 9.
#pragma once

#include "sdp/error.hpp"
#include "sdp/model/session.hpp"

#include <cstddef>
#include <string_view>

namespace sdp {

/// What a peer may make us hold. The defaults leave room for every
/// real description and keep a hostile one below a megabyte.
struct parse_limits {
    std::size_t bytes = 65'536;  ///< Of a description.
    std::size_t media_lines = 64;  ///< Of a description.
    std::size_t lines = 2'048;  ///< Of any kind, attributes included.
};

/// Reads one session description. The result owns all it holds. Fails with 400 on text that is not a description
/// (line and offset say where) and with 413 or 488 when a limit is passed.
[[nodiscard]] result<session> parse(std::string_view text, parse_limits const& limits = {});

}  // namespace sdp
