// Finds the end of a header line and its first colon in one look at the bytes: the innermost loop of the message
// parser; and what must not stand in a value that we write: the innermost loop of the builder. x86-64 always has SSE2,
// so sixteen bytes are compared at once there; elsewhere, and for the last bytes of a message, the plain loop does the
// same. A test holds the two against each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#include <bit>
#endif

namespace sip::scan {

struct line {
    char const* colon = nullptr;  ///< the first ':', or nullptr where there is none before the end
    char const* end = nullptr;    ///< the first CR or LF, or nullptr where the text ends before one
};

[[nodiscard]] inline line find_line_plain(char const* at, char const* end) noexcept {
    line found;
    for (; at != end; ++at) {
        if (*at == '\n' || *at == '\r') {
            found.end = at;
            return found;
        }
        if (*at == ':' && !found.colon) found.colon = at;
    }
    return found;
}

/// The first colon of a line that has none where they usually are.
[[nodiscard]] inline char const* find_colon_late(char const* at, char const* end) noexcept {
    return static_cast<char const*>(std::memchr(at, ':', static_cast<std::size_t>(end - at)));
}

/// The first byte up to CR, the bytes that may end a line or a string; `end` where there is none.
[[nodiscard]] inline char const* find_low_plain(char const* at, char const* end) noexcept {
    while (at != end && static_cast<unsigned char>(*at) > '\r')
        ++at;
    return at;
}

#if defined(__SSE2__)
[[nodiscard]] inline unsigned low_bytes(__m128i bytes) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8('\r')), bytes)));
}

[[nodiscard]] inline char const* find_low(char const* at, char const* end) noexcept {
    auto const load = [](char const* from) { return _mm_loadu_si128(reinterpret_cast<__m128i const*>(from)); };
    auto const load_half = [](char const* from) { return _mm_loadl_epi64(reinterpret_cast<__m128i const*>(from)); };
    if (end - at < 8) return find_low_plain(at, end);
    if (end - at < 16) {  // two halves, which may overlap
        unsigned const low = low_bytes(_mm_unpacklo_epi64(load_half(at), load_half(end - 8)));
        return low == 0 ? end : find_low_plain(at, end);
    }
    for (; end - at >= 16; at += 16)
        if (unsigned const low = low_bytes(load(at))) return at + std::countr_zero(low);
    // The rest together with bytes that were looked at before, and found good.
    unsigned const low = low_bytes(load(end - 16));
    return low == 0 ? end : end - 16 + std::countr_zero(low);
}

/// One bit for each of the sixteen bytes at `at` that ends a line.
[[nodiscard]] inline unsigned line_ends(__m128i bytes) noexcept {
    __m128i const lf = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')), cr = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r'));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(lf, cr)));
}

[[nodiscard]] inline line find_line(char const* at, char const* end) noexcept {
    line found;
    if (end - at < 16) return find_line_plain(at, end);
    // Names are short: the colon is nearly always among the first sixteen bytes.
    __m128i const head = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
    unsigned ends = line_ends(head);
    auto colons = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(head, _mm_set1_epi8(':'))));
    if (ends != 0) colons &= ends ^ (ends - 1);  // a colon behind the end belongs to the next line
    if (colons != 0) found.colon = at + std::countr_zero(colons);
    char const* const start = at;
    while (ends == 0) {
        at += 16;
        if (end - at < 16) {
            found.end = find_line_plain(at, end).end;
            break;
        }
        ends = line_ends(_mm_loadu_si128(reinterpret_cast<__m128i const*>(at)));
    }
    if (ends != 0) found.end = at + std::countr_zero(ends);
    if (!found.colon) found.colon = find_colon_late(start, found.end ? found.end : end);
    return found;
}
#else
[[nodiscard]] inline char const* find_low(char const* at, char const* end) noexcept {
    return find_low_plain(at, end);
}
[[nodiscard]] inline line find_line(char const* at, char const* end) noexcept {
    return find_line_plain(at, end);
}
#endif

}  // namespace sip::scan
