// Finds the end of a header line and its first colon in one look at the bytes: the innermost loop of the message
// parser. x86-64 always has SSE2, so sixteen bytes are compared at once there; elsewhere, and for the last bytes of a
// message, the plain loop does the same. A test holds the two against each other.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#include <bit>
#endif

namespace sip::scan {

struct line {
    char const* colon = nullptr;  ///< the first ':', or nullptr where there is none before the end
    char const* end = nullptr;    ///< the first CR or LF, or nullptr where the text ends before one
};

/// Goes on from `found`, which may hold a colon already.
[[nodiscard]] inline line find_line_plain(char const* at, char const* end, line found = {}) noexcept {
    for (; at != end; ++at) {
        if (*at == '\n' || *at == '\r') {
            found.end = at;
            return found;
        }
        if (*at == ':' && !found.colon) found.colon = at;
    }
    return found;
}

#if defined(__SSE2__)
[[nodiscard]] inline line find_line(char const* at, char const* end) noexcept {
    __m128i const lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r'), colon = _mm_set1_epi8(':');
    line found;
    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
        auto ends =
            static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, lf), _mm_cmpeq_epi8(bytes, cr)))
            );
        if (!found.colon) {
            auto colons = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, colon)));
            // A colon behind the end belongs to the next line.
            if (ends != 0) colons &= ends ^ (ends - 1);
            if (colons != 0) found.colon = at + std::countr_zero(colons);
        }
        if (ends != 0) {
            found.end = at + std::countr_zero(ends);
            return found;
        }
    }
    return find_line_plain(at, end, found);
}
#else
[[nodiscard]] inline line find_line(char const* at, char const* end) noexcept {
    return find_line_plain(at, end);
}
#endif

}  // namespace sip::scan
