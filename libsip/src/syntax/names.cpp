#include "sip/syntax/names.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "sip/syntax/message.hpp"
#include "syntax/chars.hpp"

namespace sip {
namespace {

/// How often a header may stand in a message, and how several values are written.
enum class repetition : std::uint8_t {
    list,          ///< several lines, or several values in one line with commas (RFC 3261 7.3.1)
    once,          ///< a second one makes the message malformed
    first_counts,  ///< not a list by grammar; peers repeat it, and nothing depends on which one is meant
};
using enum repetition;

struct header_row {
    std::string_view name;
    char compact;
    repetition repeats;
};

// In the order of header_id, without `unknown`.
constexpr std::array<header_row, header_id_count - 1> header_rows{{
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

// Words of the RFC 3261 grammar are compared without regard to case, eight bytes at a time: `word` holds the lower-case
// spelling, `letters` has the bit that tells the cases apart cleared where the byte is a letter.
struct name_piece {
    std::uint64_t word = 0, letters = ~std::uint64_t{0};

    constexpr name_piece() = default;
    constexpr explicit name_piece(std::string_view piece) {
        std::array<unsigned char, 8> text{}, bits{};
        bits.fill(0xff);
        for (std::size_t i = 0; i < piece.size(); ++i) {
            text[i] = static_cast<unsigned char>(chars::to_lower(piece[i]));
            if (chars::is(piece[i], chars::alpha)) bits[i] = 0xdf;
        }
        word = std::bit_cast<std::uint64_t>(text);
        letters = std::bit_cast<std::uint64_t>(bits);
    }
    /// Zero where the other word is the same but for upper and lower case.
    [[nodiscard]] constexpr std::uint64_t difference(std::uint64_t other) const noexcept {
        return (word ^ other) & letters;
    }
};

constexpr std::size_t longest_name = 24;

struct name_entry {
    name_piece head, middle, tail;  ///< bytes 0-7, 8-15 and the last eight; they overlap in shorter names
    std::uint8_t length = 0;
    header_id id = header_id::unknown;

    constexpr name_entry() = default;
    constexpr name_entry(std::string_view name, header_id header)
        : head(name.substr(0, 8)), length(static_cast<std::uint8_t>(name.size())), id(header) {
        if (name.size() > 16) middle = name_piece(name.substr(8, 8));
        if (name.size() > 8) tail = name_piece(name.substr(name.size() - 8));
    }
};

/// By the first eight bytes, in lower case, and the length.
constexpr unsigned name_hash(std::uint64_t head, std::size_t length) noexcept {
    std::uint64_t key = (head | 0x2020202020202020u) + length * 0x9e3779b97f4a7c15u;
    return static_cast<unsigned>((key * 0xabf6127efb738473u) >> 56);  // chosen so that two names of today share a slot
}

constexpr std::size_t name_count = [] {
    std::size_t n = 0;
    for (auto const& row : header_rows)
        n += row.compact != 0 ? 2 : 1;
    return n;
}();

// Open addressing: a name whose slot is taken lies in the next free one.
struct name_table {
    std::array<std::uint8_t, 256> slots{};  ///< index into entries; 0 is free
    std::array<name_entry, name_count + 1> entries{};
};

constexpr name_table names = [] {
    static_assert(name_count < 200, "the table must keep free slots");
    name_table result;
    std::uint8_t used = 0;
    auto add = [&](std::string_view name, std::size_t row) {
        result.entries[++used] = name_entry(name, static_cast<header_id>(row + 1));
        unsigned slot = name_hash(result.entries[used].head.word, name.size());
        while (result.slots[slot] != 0)
            slot = (slot + 1) % 256;
        result.slots[slot] = used;
    };
    for (std::size_t row = 0; row < header_rows.size(); ++row) {
        add(header_rows[row].name, row);
        if (header_rows[row].compact != 0) add({&header_rows[row].compact, 1}, row);
    }
    return result;
}();

std::uint64_t load(char const* at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// Up to eight bytes, zeros behind them: two overlapping loads, since a copy of unknown length costs a call.
std::uint64_t load_short(char const* at, std::size_t length) noexcept {
    static_assert(std::endian::native == std::endian::little);
    if (length == 8) return load(at);
    auto piece = [at](auto word, std::size_t offset) {
        std::memcpy(&word, at + offset, sizeof word);
        return std::uint64_t{word} << (8 * offset);
    };
    if (length >= 4) return piece(std::uint32_t{}, 0) | piece(std::uint32_t{}, length - 4);
    if (length >= 2) return piece(std::uint16_t{}, 0) | piece(std::uint16_t{}, length - 2);
    return static_cast<unsigned char>(*at);
}

constexpr std::array<std::string_view, static_cast<std::size_t>(method::publish) + 1> method_names{
    "",       "INVITE", "ACK",       "BYE",    "CANCEL", "REGISTER", "OPTIONS", "PRACK",
    "UPDATE", "INFO",   "SUBSCRIBE", "NOTIFY", "REFER",  "MESSAGE",  "PUBLISH",
};

header_row const* row_of(header_id id) noexcept {
    auto index = static_cast<std::size_t>(id);
    return index == 0 || index > header_rows.size() ? nullptr : &header_rows[index - 1];
}

struct phrase {
    std::uint16_t status;
    std::string_view text;
};

constexpr phrase phrases[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {417, "Unknown Resource-Priority"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {428, "Use Identity Header"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity-Info"},
    {437, "Unsupported Certificate"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {469, "Bad Info Package"},
    {470, "Consent Needed"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
};

}  // namespace

method method_from(std::string_view token) noexcept {
    for (std::size_t i = 1; i < method_names.size(); ++i)
        if (method_names[i] == token) return static_cast<method>(i);
    return method::unknown;
}

std::string_view to_string(method m) noexcept {
    auto index = static_cast<std::size_t>(m);
    return index < method_names.size() ? method_names[index] : std::string_view{};
}

header_id header_from(std::string_view name) noexcept {
    std::size_t length = name.size();
    if (length == 0 || length > longest_name) return header_id::unknown;
    char const* at = name.data();
    std::uint64_t head = 0, middle = 0, tail = 0;
    if (length > 8) {
        head = load(at);
        tail = load(at + length - 8);
        if (length > 16) middle = load(at + 8);
    } else {
        head = load_short(at, length);
    }
    for (unsigned slot = name_hash(head, length);; slot = (slot + 1) % 256) {
        auto const& entry = names.entries[names.slots[slot]];
        if (entry.length == 0) return header_id::unknown;
        if (entry.length != length || entry.head.difference(head) != 0) continue;
        if (length > 8 && (entry.tail.difference(tail) | entry.middle.difference(middle)) != 0) continue;
        return entry.id;
    }
}

std::string_view to_string(header_id id) noexcept {
    auto const* row = row_of(id);
    return row ? row->name : std::string_view{};
}

char compact_form(header_id id) noexcept {
    auto const* row = row_of(id);
    return row ? row->compact : '\0';
}

bool is_list(header_id id) noexcept {
    auto const* row = row_of(id);
    return row && row->repeats == list;
}

bool is_single(header_id id) noexcept {
    auto const* row = row_of(id);
    return row && row->repeats == once;
}

std::string_view reason_phrase(std::uint16_t status) noexcept {
    for (auto const& [code, text] : phrases)
        if (code == status) return text;
    return "Unknown";
}

bool detail::equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return chars::equal_ignoring_case(a, b);
}

}  // namespace sip
