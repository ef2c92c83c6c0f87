// The table of header names: how each is written, and how often it may stand in a message. Beside it the way from a
// name to its id, which every line of every message takes: a look at its length and two of its letters picks the only
// name that it can be, then up to three words are compared.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "sip/syntax/names.hpp"
#include "syntax/chars.hpp"

namespace sip::detail {

/// How often a header may stand in a message, and how several values are written.
enum class repetition : std::uint8_t {
    list,          ///< several lines, or several values in one line with commas (RFC 3261 7.3.1)
    once,          ///< a second one makes the message malformed
    first_counts,  ///< not a list by grammar; peers repeat it, and nothing depends on which one is meant
};
struct header_row {
    std::string_view name;
    char compact;
    repetition repeats;
};

// In the order of header_id, without `unknown`.
inline constexpr auto header_rows = [] {
    using enum repetition;
    return std::array<header_row, header_id_count - 1>{{
        {"Via", 'v', list},
        {"From", 'f', once},
        {"To", 't', once},
        {"Call-ID", 'i', once},
        {"CSeq", 0, once},
        {"Contact", 'm', list},
        {"Max-Forwards", 0, once},
        {"Route", 0, list},
        {"Record-Route", 0, list},
        {"Content-Length", 'l', once},
        {"Content-Type", 'c', once},
        {"Accept", 0, list},
        {"Accept-Encoding", 0, list},
        {"Accept-Language", 0, list},
        {"Alert-Info", 0, list},
        {"Allow", 0, list},
        {"Allow-Events", 'u', list},
        {"Authentication-Info", 0, first_counts},
        {"Authorization", 0, first_counts},
        {"Call-Info", 0, list},
        {"Content-Disposition", 0, once},
        {"Content-Encoding", 'e', list},
        {"Content-Language", 0, list},
        {"Date", 0, first_counts},
        {"Diversion", 0, list},
        {"Error-Info", 0, list},
        {"Event", 'o', once},
        {"Expires", 0, once},
        {"History-Info", 0, list},
        {"In-Reply-To", 0, list},
        {"Join", 0, once},
        {"Max-Breadth", 0, first_counts},
        {"MIME-Version", 0, first_counts},
        {"Min-Expires", 0, once},
        {"Min-SE", 0, once},
        {"Organization", 0, first_counts},
        {"P-Asserted-Identity", 0, list},
        {"P-Preferred-Identity", 0, list},
        {"Path", 0, list},
        {"Priority", 0, first_counts},
        {"Privacy", 0, first_counts},
        {"Proxy-Authenticate", 0, first_counts},
        {"Proxy-Authorization", 0, first_counts},
        {"Proxy-Require", 0, list},
        {"RAck", 0, once},
        {"Reason", 0, list},
        {"Refer-Sub", 0, first_counts},
        {"Refer-To", 'r', once},
        {"Referred-By", 'b', once},
        {"Remote-Party-ID", 0, list},
        {"Replaces", 0, once},
        {"Reply-To", 0, first_counts},
        {"Require", 0, list},
        {"Retry-After", 0, first_counts},
        {"RSeq", 0, once},
        {"Server", 0, first_counts},
        {"Service-Route", 0, list},
        {"Session-Expires", 'x', once},
        {"Subject", 's', first_counts},
        {"Subscription-State", 0, once},
        {"Supported", 'k', list},
        {"Target-Dialog", 0, once},
        {"Timestamp", 0, first_counts},
        {"Unsupported", 0, list},
        {"User-Agent", 0, first_counts},
        {"Warning", 0, list},
        {"WWW-Authenticate", 0, first_counts},
    }};
}();

[[nodiscard]] constexpr std::string_view name_of(header_id id) noexcept {
    return id == header_id::unknown ? std::string_view{} : header_rows[static_cast<std::size_t>(id) - 1].name;
}

inline constexpr std::size_t bytes_looked_at = 8;               ///< of every name, however short
inline constexpr std::size_t most_names = 2 * header_id_count;  ///< every header may have a compact form

/// Eight bytes of each name, compared at once and without regard to case.
struct name_pieces {
    std::array<std::uint64_t, most_names> words{};   ///< the bytes; zeros behind the end of the name
    std::array<std::uint64_t, most_names> counts{};  ///< the bits that must agree: of letters not the one of the case

    constexpr void set(std::size_t name, std::string_view piece) {
        std::array<unsigned char, 8> text{}, bits{};
        for (std::size_t i = 0; i < piece.size(); ++i) {
            text[i] = static_cast<unsigned char>(piece[i]);
            bits[i] = chars::is(piece[i], chars::alpha) ? 0xdf : 0xff;
        }
        words[name] = std::bit_cast<std::uint64_t>(text);
        counts[name] = std::bit_cast<std::uint64_t>(bits);
    }
    [[nodiscard]] bool differ(std::size_t name, char const* at) const noexcept {
        std::uint64_t other = 0;
        std::memcpy(&other, at, sizeof other);
        return ((words[name] ^ other) & counts[name]) != 0;
    }
};

/// No two names agree in length, first letter and middle letter; "Refer-To" and "Reply-To" do in the last one.
constexpr std::uint32_t name_key(char const* name, std::size_t length) noexcept {
    auto byte = [name](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(name[at])}; };
    return (byte(0) | byte(length / 2) << 8 | 0x2020) | static_cast<std::uint32_t>(length) << 16;
}

struct name_table {
    static constexpr unsigned slot_bits = 9;
    std::uint32_t multiplier = 1;
    std::array<std::uint8_t, 1 << slot_bits> slots{};  ///< numbers of names; 0: none
    // By the number of a name:
    std::array<std::uint8_t, most_names> lengths{};
    std::array<header_id, most_names> ids{};
    name_pieces head, middle, tail;  ///< bytes 0-7, 8-15 and the last eight, which overlap in shorter names

    [[nodiscard]] constexpr std::size_t slot_of(std::uint32_t key) const noexcept {
        return static_cast<std::uint32_t>(key * multiplier) >> (32 - slot_bits);
    }
};

consteval name_table make_name_table() {
    name_table table;
    std::array<std::uint32_t, most_names> keys{};
    std::uint8_t count = 0;
    auto add = [&](std::string_view name, std::size_t row) {
        ++count;
        keys[count] = name_key(name.data(), name.size());
        table.lengths[count] = static_cast<std::uint8_t>(name.size());
        table.ids[count] = static_cast<header_id>(row + 1);
        table.head.set(count, name.substr(0, 8));
        if (name.size() > 8) table.tail.set(count, name.substr(name.size() - 8));
        if (name.size() > 16) table.middle.set(count, name.substr(8, 8));
    };
    for (std::size_t row = 0; row < header_rows.size(); ++row) {
        add(header_rows[row].name, row);
        if (header_rows[row].compact != 0) add({&header_rows[row].compact, 1}, row);
    }
    // Multipliers are tried until one gives every name a slot of its own.
    std::array<std::uint32_t, 1 << name_table::slot_bits> taken_by{};
    for (bool shared = true; shared;) {
        table.multiplier += 0x9e3779b8;  // stays odd
        shared = false;
        for (std::uint8_t i = 1; i <= count && !shared; ++i) {
            std::size_t const slot = table.slot_of(keys[i]);
            shared = taken_by[slot] == table.multiplier;
            taken_by[slot] = table.multiplier;
        }
    }
    for (std::uint8_t i = 1; i <= count; ++i)
        table.slots[table.slot_of(keys[i])] = i;
    return table;
}

inline constexpr name_table names = make_name_table();
static_assert(std::ranges::all_of(header_rows, [](auto const& row) { return row.name.size() <= 24; }), "three words");

/// As header_from(), of a name that at least `bytes_looked_at` bytes can be read of: what lies behind it does not
/// count.
[[nodiscard]] inline header_id find_header(char const* name, std::size_t length) noexcept {
    std::size_t const number = names.slots[names.slot_of(name_key(name, length))];
    if (names.lengths[number] != length || names.head.differ(number, name)) return header_id::unknown;
    if (length > 8 && names.tail.differ(number, name + length - 8)) return header_id::unknown;
    if (length > 16 && names.middle.differ(number, name + 8)) return header_id::unknown;
    return names.ids[number];
}

}  // namespace sip::detail
