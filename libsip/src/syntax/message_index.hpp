// What lies in a message's second buffer: the parts decoded while parsing, and the table of header lines behind them.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

#include "sip/syntax/message.hpp"
#include "sip/syntax/parse.hpp"

namespace sip::detail {

/// A piece of the header part of the message.
struct slice {
    std::uint16_t at = 0, length = 0;
    [[nodiscard]] std::string_view of(char const* text) const noexcept { return {text + at, length}; }
};

struct message_index {
    std::uint32_t body_at = 0;  ///< behind the blank line
    std::uint32_t end = 0;      ///< behind the body
    std::uint16_t begin = 0;    ///< of the start line: a peer may send line ends before it (RFC 3261 7.5)
    std::uint16_t count = 0;    ///< header lines
    std::uint16_t status = 0;
    bool is_request = false;
    sip::method method = method::unknown;
    std::uint32_t cseq_number = 0;
    sip::method cseq_method = method::unknown;
    slice method_text, request_uri, reason, cseq_text, call_id, from_tag, to_tag;
    // These point into the message: a clone reads them anew. Empty where the text is broken.
    via_view top_via;
    uri_view request_uri_parts;
    name_addr_view from, to;
    /// For each id one more than the index of its first line; 0 where there is none.
    std::array<std::uint16_t, header_id_count> first{};
    std::bitset<header_id_count> is_repeated;  ///< more lines follow the first one

    [[nodiscard]] header_entry* entries() noexcept { return reinterpret_cast<header_entry*>(this + 1); }
    [[nodiscard]] header_entry const* entries() const noexcept {
        return reinterpret_cast<header_entry const*>(this + 1);
    }
};

/// Bytes for an index with room for `lines` headers.
constexpr std::size_t index_size(std::size_t lines) noexcept {
    return sizeof(message_index) + lines * sizeof(header_entry);
}

/// The first part of parse_message() alone: start line and table of header lines, nothing decoded. For measuring what
/// each part costs. The number of lines; 0 where the message cannot be read so far.
[[nodiscard]] std::size_t index_headers(buffer_ref const& wire, buffer_pool&, parse_limits const&);

}  // namespace sip::detail
