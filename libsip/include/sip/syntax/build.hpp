// Writes messages straight into a pool buffer. Headers copied from another message are copied byte for byte, so unknown
// parameters survive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sip/syntax/buffer.hpp"
#include "sip/syntax/message.hpp"

namespace sip {

/// Appends a start line, headers in the order of the calls, and a body. A value with NUL, or with a line break that
/// does not fold the line (RFC 3261 7.3.1), would let its author write headers of their own: it makes finish() fail
/// with errc::invalid_argument. The buffer grows as needed; a message above `largest` makes finish() fail with
/// errc::too_large.
class message_builder {
public:
    static constexpr std::size_t largest = 65535;  ///< bytes

    explicit message_builder(buffer_pool& pool);  ///< Writes into a buffer of this pool.

    message_builder& request(method, std::string_view uri);  ///< the first line of a request
    /// The first line of a request.
    message_builder& request(std::string_view method, std::string_view uri);
    /// An empty reason takes the RFC's phrase.
    message_builder& response(std::uint16_t status, std::string_view reason = {});

    message_builder& header(header_id, std::string_view value);  ///< one whole line
    /// One whole line.
    message_builder& header(header_id, std::uint64_t number);
    /// For headers without an id; `name` must be a token.
    message_builder& header(std::string_view name, std::string_view value);
    /// Begins a header whose value is given in pieces with text(); ended by the next call that is not text().
    message_builder& begin(header_id);
    message_builder& text(std::string_view piece);  ///< a piece of the value that was begun
    /// The same in decimal digits.
    message_builder& number(std::uint64_t);
    /// Like text(), for a piece of a message that was parsed: unchecked, so that a NUL in its quoted string passes.
    message_builder& verbatim(std::string_view piece);

    /// All lines of one header of another message, byte for byte, in order; nothing where there is none. Only a line
    /// end that the peer wrote as LF alone becomes CR LF.
    message_builder& copy(message_view from, header_id);
    /// Content-Type (if a body is given), Content-Length, blank line, body. The last call before finish(); without it
    /// finish() writes an empty body.
    message_builder& body(std::string_view content_type, std::string_view body);

    /// The message; errc::invalid_argument or too_large where a piece of it could not be written.
    [[nodiscard]] result<buffer_ref> finish();

private:
    void append(std::string_view);
    void append_value(std::string_view);
    void request_line(std::string_view method, std::string_view uri);
    [[nodiscard]] bool begin_line(std::string_view name, std::size_t value_size);
    void line(std::string_view name, std::string_view value);
    void end_line();
    [[nodiscard]] bool reserve(std::size_t bytes);
    [[nodiscard]] bool grow(std::size_t more);
    void put(std::string_view piece) noexcept;
    void put_value(std::string_view piece) noexcept;
    void write_to(buffer_ref block) noexcept;
    void fail(errc why) noexcept;
    buffer_pool* pool_;
    buffer_ref out_;
    char* at_ = nullptr;   ///< in out_: the next byte goes here
    char* end_ = nullptr;  ///< in out_: what there is room for
    bool in_value_ = false, ended_ = false;
    std::optional<errc> failure_;
};

/// A response with Via, From, To, Call-ID and CSeq copied as 8.2.6.2 asks, To completed with `to_tag` where the request
/// has none (100 stays without one), Timestamp copied into a 100. The caller adds headers and a body and finishes it.
[[nodiscard]] message_builder start_response(
    buffer_pool&, message_view request, std::uint16_t status, std::string_view to_tag, std::string_view reason = {}
);

/// The ACK for a non-2xx final response (17.1.1.3): the INVITE's Request-URI, Call-ID, From, Route and top Via; the
/// response's To.
[[nodiscard]] result<buffer_ref> build_ack_for_failure(buffer_pool&, message_view invite, message_view response);
/// The CANCEL of a request (9.1). `reason`: a Reason value (RFC 3326), or empty.
[[nodiscard]] result<buffer_ref> build_cancel(buffer_pool&, message_view request, std::string_view reason = {});

/// Inserts one header line behind the start line: how the transaction layer puts its Via in front (one copy of the
/// message).
[[nodiscard]] result<buffer_ref> prepend_header(
    buffer_pool&, std::string_view message, header_id, std::string_view value
);
/// Replaces the top Via's text, or removes it where `value` is empty: for received/rport and for proxies.
[[nodiscard]] result<buffer_ref> replace_top_via(buffer_pool&, message_view message, std::string_view value);

}  // namespace sip
