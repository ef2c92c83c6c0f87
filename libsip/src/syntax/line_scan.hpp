// The innermost loops of the message parser and the builder: where a line ends, where its colon is, and the copy of a
// value that looks for what must not stand in one. x86-64 always has SSE2, so many bytes are looked at in one go there;
// elsewhere, and for what is shorter, plain loops do the same. A test holds the two against each other.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sip::scan {

[[nodiscard]] constexpr std::size_t size_of(char const* at, char const* end) noexcept {
    return static_cast<std::size_t>(end - at);
}

/// Where a line ends: at CR LF or LF (RFC 3261 7).
struct line_end {
    char const* at = nullptr;  ///< the CR or LF; nullptr where the text ends before one
    char const* next =
        nullptr;  ///< the start of the next line; nullptr where a CR stands alone, which no SIP grammar has
};

/// The first CR or LF in [at, end). Behind a CR one more byte must be there to be looked at.
[[nodiscard]] inline line_end find_line_end_plain(char const* at, char const* end) noexcept {
    for (; at != end; ++at) {
        if (*at == '\r') return {at, at[1] == '\n' ? at + 2 : nullptr};
        if (*at == '\n') return {at, at + 1};
    }
    return {};
}

inline constexpr std::size_t colon_reach = 16;  ///< names are short: the colon is nearly always among so many bytes

/// The offset of the first colon among the bytes within reach; colon_reach where there is none.
[[nodiscard]] inline std::size_t find_colon_plain(char const* at) noexcept {
    return size_of(at, std::find(at, at + colon_reach, ':'));
}

/// Copies a value to `to`. True where a byte up to CR is in it: only those may end a line or a string.
inline bool copy_value_plain(char* to, std::string_view value) noexcept {
    bool low = false;
    for (char const c : value) {
        *to++ = c;
        low |= static_cast<unsigned char>(c) <= '\r';
    }
    return low;
}

#if defined(__SSE2__)
[[nodiscard]] inline __m128i load(char const* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
}

/// One bit for each of sixteen bytes that may end a line: one addition gives the top bit to what is up to CR, and also
/// to what is above 0x8d, which UTF-8 has.
[[nodiscard]] inline std::uint64_t mark_line_ends(char const* at) noexcept {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_add_epi8(load(at), _mm_set1_epi8(-1 - '\r'))));
}

[[nodiscard]] inline line_end find_line_end(char const* at, char const* end) noexcept {
    std::uint64_t marks = 0;
    for (; size_of(at, end) >= 64; at += 64)
        if ((marks = mark_line_ends(at) | mark_line_ends(at + 16) << 16 | mark_line_ends(at + 32) << 32 |
                     mark_line_ends(at + 48) << 48) != 0)
            break;
    if (marks == 0)
        for (; size_of(at, end) >= 16; at += 16)
            if ((marks = mark_line_ends(at)) != 0) break;
    if (marks != 0) at += std::countr_zero(marks);
    return find_line_end_plain(at, end);  // a line with a tab or UTF-8 in it is read on plainly from there
}

[[nodiscard]] inline std::size_t find_colon(char const* at) noexcept {
    auto const colons = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(load(at), _mm_set1_epi8(':'))));
    return static_cast<std::size_t>(std::countr_zero(colons | 1u << colon_reach));
}

/// One bit for each of sixteen bytes that is up to CR.
[[nodiscard]] inline int mark_low(__m128i bytes) noexcept {
    return _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8('\r')), bytes));
}

// What is left at the end is copied together with bytes that were copied before.
inline bool copy_value(char* to, std::string_view value) noexcept {
    char const* const from = value.data();
    std::size_t const size = value.size();
    if (size < 8) return copy_value_plain(to, value);
    if (size < 16) {
        std::uint64_t head = 0, tail = 0;
        std::memcpy(&head, from, sizeof head);
        std::memcpy(&tail, from + size - sizeof tail, sizeof tail);
        std::memcpy(to, &head, sizeof head);
        std::memcpy(to + size - sizeof tail, &tail, sizeof tail);
        return mark_low(_mm_set_epi64x(static_cast<long long>(head), static_cast<long long>(tail))) != 0;
    }
    int low = 0;
    auto const copy = [&](std::size_t offset) {
        __m128i const bytes = load(from + offset);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + offset), bytes);
        low |= mark_low(bytes);
    };
    for (std::size_t offset = 0; offset + 16 < size; offset += 16)
        copy(offset);
    copy(size - 16);
    return low != 0;
}
#else
[[nodiscard]] inline line_end find_line_end(char const* at, char const* end) noexcept {
    return find_line_end_plain(at, end);
}
[[nodiscard]] inline std::size_t find_colon(char const* at) noexcept {
    return find_colon_plain(at);
}
inline bool copy_value(char* to, std::string_view value) noexcept {
    return copy_value_plain(to, value);
}
#endif

}  // namespace sip::scan
