// A header line as nearly all of them are written: a name that we know, in its usual place a colon and one space, and a
// value without white space at its ends. Read in one go, with few questions; the parser reads any other line the long
// way round, which comes to the same result for these.
#pragma once

#include <cstddef>

#include "syntax/header_names.hpp"
#include "syntax/line_scan.hpp"

namespace sip::detail {

struct usual_line {
    header_id id = header_id::unknown;  ///< unknown: the line is not a usual one
    std::size_t name_length = 0;
    [[nodiscard]] std::size_t value_at() const noexcept { return name_length + 2; }
};

/// The line goes from `at` to `line_end`; up to `end` may be read.
[[nodiscard]] inline usual_line read_usual_line(char const* at, char const* line_end, char const* end) noexcept {
    static_assert(scan::colon_reach >= bytes_looked_at);
    if (scan::size_of(at, end) < scan::colon_reach) return {};
    std::size_t const length = scan::find_colon(at);
    if (length == scan::colon_reach) return {};
    header_id const id = find_header(at, length);
    if (id == header_id::unknown) return {};
    auto const is_visible = [](char c) { return static_cast<unsigned char>(c) > ' '; };
    if (at[length + 1] != ' ' || !is_visible(at[length + 2]) || !is_visible(line_end[-1])) return {};
    return {id, length};
}

}  // namespace sip::detail
