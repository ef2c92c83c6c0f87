// A SIP message in memory: the bytes as they came, and beside them a table of where each header lies.
//
//   wire    INVITE sip:b@x SIP/2.0\r\nVia: SIP/2.0/UDP ...\r\nFrom: ...\r\n\r\nv=0...
//   index   [what was decoded while passing by | first and last line of each header | 10-byte entries: name, value, id]
//
// What every message is matched and routed by has been decoded (start line, top Via, From, To, Call-ID, CSeq,
// Content-Length): it had to be checked anyway. All other typed values are parsed from the slice when asked for, into a
// value on the stack, each time: nothing is cached, so const means const. A broken optional header stays in the table
// with its text; only get<> on it fails (header recovery).
#pragma once

#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include "sip/error.hpp"
#include "sip/syntax/buffer.hpp"
#include "sip/syntax/headers/traits.hpp"
#include "sip/syntax/names.hpp"

namespace sip {

/// One header line. Offsets count from the start of the message; headers end below 64 KiB, the body may not.
struct header_entry {
    std::uint16_t name_at = 0, name_length = 0;  ///< the name as it stands there
    /// Without surrounding white space; folding kept.
    std::uint16_t value_at = 0, value_length = 0;  ///< without surrounding white space; folding kept
    header_id id = header_id::unknown;  ///< unknown: look at the name
};
static_assert(sizeof(header_entry) == 10);

namespace detail {
struct message_index;
/// Splits a comma-separated value at its top level (quotes, angle brackets and comments respected). Takes one element
/// from `rest`.
[[nodiscard]] std::string_view next_list_element(std::string_view& rest) noexcept;
}  // namespace detail

template <header_id Id>
class header_range;

/// Borrows a message. Cheap to copy, safe to read from several threads; valid as long as the message it came from.
class message_view {
public:
    message_view() noexcept = default;

    [[nodiscard]] bool is_request() const noexcept;  ///< true where the first line names a method
    /// True where the first line has a status.
    [[nodiscard]] bool is_response() const noexcept { return !is_request(); }
    /// The request's method; for a response the method of its CSeq.
    [[nodiscard]] sip::method method() const noexcept;
    [[nodiscard]] std::string_view method_text() const noexcept;  ///< as it stands there
    [[nodiscard]] std::string_view request_uri() const noexcept;  ///< requests only
    [[nodiscard]] std::uint16_t status() const noexcept;          ///< responses only, else 0
    [[nodiscard]] std::string_view reason() const noexcept;  ///< the phrase of a response

    // Decoded while parsing; a message without them does not become a message.
    [[nodiscard]] std::string_view call_id() const noexcept;  ///< of Call-ID
    [[nodiscard]] std::string_view from_tag() const noexcept;  ///< empty for an RFC 2543 peer
    [[nodiscard]] std::string_view to_tag() const noexcept;    ///< empty outside dialogs
    [[nodiscard]] cseq_view cseq() const noexcept;  ///< of CSeq
    [[nodiscard]] via_view const& top_via() const noexcept;  ///< of the first Via
    [[nodiscard]] name_addr_view const& from() const noexcept;  ///< of From
    [[nodiscard]] name_addr_view const& to() const noexcept;  ///< of To
    [[nodiscard]] uri_view const& request_uri_parts() const noexcept;  ///< requests only
    [[nodiscard]] std::string_view body() const noexcept;  ///< as long as Content-Length says

    /// The whole message as it came.
    [[nodiscard]] std::string_view text() const noexcept;
    [[nodiscard]] std::span<header_entry const> headers() const noexcept;  ///< every line, in order
    /// As it stands there.
    [[nodiscard]] std::string_view name(header_entry const& entry) const noexcept {
        return {text_ + entry.name_at, entry.name_length};
    }
    /// As it stands there.
    [[nodiscard]] std::string_view value(header_entry const& entry) const noexcept {
        return {text_ + entry.value_at, entry.value_length};
    }
    /// True where a line of this header is there.
    [[nodiscard]] bool has(header_id) const noexcept;
    /// The first value of this header, unparsed; empty where there is none. For header_id::unknown use raw(name).
    [[nodiscard]] std::string_view raw(header_id) const noexcept;
    /// The first value of a header by its name, unparsed.
    [[nodiscard]] std::string_view raw(std::string_view name) const noexcept;

    /// The first value, parsed. errc::missing_header where there is none.
    template <header_id Id>
    [[nodiscard]] parsed<typename header_traits<Id>::value_type> get() const noexcept;
    /// Every value in order, over all lines of this header and all elements of a list; each element is
    /// parsed<value_type>.
    template <header_id Id>
    [[nodiscard]] header_range<Id> all() const noexcept;
    /// True where an option tag or token stands in any line of a list header:
    /// has_token<header_id::supported>("100rel").
    template <header_id Id>
    [[nodiscard]] bool has_token(std::string_view token) const noexcept;

private:
    friend class message;
    template <header_id>
    friend class header_range;
    message_view(char const* text, detail::message_index const* index) noexcept : text_(text), index_(index) {}
    static constexpr auto no_line = static_cast<std::size_t>(-1);
    /// Index of the next entry with this id at or after `from`, and its value; no_line where there is none.
    [[nodiscard]] std::size_t find(header_id, std::size_t from, std::string_view& value) const noexcept;

    char const* text_ = nullptr;
    detail::message_index const* index_ = nullptr;
};

/// Owns the bytes and the table, both in pool buffers. Copying shares; the content never changes after parse_message.
class message {
public:
    message() noexcept = default;
    /// What parse_message() has made.
    message(buffer_ref wire, buffer_ref index) noexcept : wire_(std::move(wire)), index_(std::move(index)) {}

    /// False for one that names nothing.
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(wire_); }
    [[nodiscard]] message_view view() const noexcept;  ///< borrows this message
    message_view operator*() const noexcept { return view(); }  ///< as view()
    /// The bytes.
    [[nodiscard]] buffer_ref const& wire() const noexcept { return wire_; }
    /// For another thread: both buffers copied into `other`.
    [[nodiscard]] message clone_to(buffer_pool& other) const;

private:
    buffer_ref wire_;
    buffer_ref index_;
};

/// The lazy range behind message_view::all<Id>().
template <header_id Id>
class header_range {
public:
    using element = parsed<typename header_traits<Id>::value_type>;  ///< a value, or why it cannot be read

    /// Goes over elements, and parses each when it is looked at.
    class iterator {
    public:
        using value_type = element;  ///< as an iterator has it
        using difference_type = std::ptrdiff_t;  ///< as an iterator has it
        iterator() noexcept = default;
        /// The first element.
        explicit iterator(message_view message) noexcept : message_(message) { next_line(0); }
        /// The element, parsed now.
        element operator*() const noexcept { return header_traits<Id>::parse(element_); }
        /// The element's text, for verbatim copies.
        [[nodiscard]] std::string_view text() const noexcept { return element_; }
        /// The next element.
        iterator& operator++() noexcept {
            advance();
            return *this;
        }
        void operator++(int) noexcept { advance(); }  ///< as an input iterator has it
        friend bool operator==(iterator const& a, std::default_sentinel_t) noexcept { return a.done_; }

    private:
        void next_line(std::size_t from) noexcept {
            while ((line_ = message_.find(Id, from, rest_)) != message_view::no_line) {
                done_ = false;
                if (!is_list(Id)) {
                    element_ = std::exchange(rest_, {});
                    return;
                }
                element_ = detail::next_list_element(rest_);
                if (!element_.empty() || !rest_.empty()) return;
                from = line_ + 1;  // an empty line of a list header holds no element
            }
            done_ = true;
        }
        void advance() noexcept {
            if (rest_.empty()) return next_line(line_ + 1);
            element_ = detail::next_list_element(rest_);
        }
        message_view message_;
        std::size_t line_ = 0;
        std::string_view rest_, element_;
        bool done_ = true;
    };

    explicit header_range(message_view message) noexcept : message_(message) {}  ///< of this message
    [[nodiscard]] iterator begin() const noexcept { return iterator(message_); }  ///< the first element
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }  ///< as a range has it

private:
    message_view message_;
};

template <header_id Id>
parsed<typename header_traits<Id>::value_type> message_view::get() const noexcept {
    auto values = all<Id>();
    auto first = values.begin();
    if constexpr (Id == header_id::via)
        if (!top_via().text.empty()) return top_via();
    if constexpr (Id == header_id::from)
        if (!from().text.empty()) return from();
    if constexpr (Id == header_id::to)
        if (!to().text.empty()) return to();
    // One object from the parser to the caller: an address is some 200 bytes.
    using outcome = parsed<typename header_traits<Id>::value_type>;
    outcome value = first == values.end() ? outcome(parse_failure{errc::missing_header, 400, Id, 0}) : *first;
    if (!value) {
        auto failure = value.error();
        failure.where = Id;
        value = failure;
    }
    return value;
}

template <header_id Id>
header_range<Id> message_view::all() const noexcept {
    return header_range<Id>(*this);
}

namespace detail {
[[nodiscard]] bool equal_ignoring_case(std::string_view, std::string_view) noexcept;
}

template <header_id Id>
bool message_view::has_token(std::string_view token) const noexcept {
    for (auto const& element : all<Id>())
        if (element && detail::equal_ignoring_case(element->token, token)) return true;
    return false;
}

}  // namespace sip
