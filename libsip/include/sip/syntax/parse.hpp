// From bytes to a message: one pass, no allocation beyond two pool buffers, every limit named.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sip/syntax/message.hpp"

namespace sip {

/// Bounds on what a peer may send. The defaults pass every message of RFC 4475.
struct parse_limits {
    std::size_t message_size = 65535;  ///< whole message; larger is refused with 513
    std::size_t header_bytes = 65535;  ///< start line and headers; at most 65535, since offsets have 16 bits
    std::uint16_t header_count = 256;  ///< lines
};

/// What can be said of a message that cannot be used: enough to answer it.
/// `partial` is set where the top Via could be read well enough for a response to find its way (RFC 3261 18.2.2).
struct message_failure {
    parse_failure why;        ///< the first thing that is wrong
    message partial;          ///< may be empty; never hand it to a transaction
    bool is_request = false;  ///< false for a response
};

/// Parses one whole message (a datagram, or what the framer cut out of a stream). Bytes of a datagram after
/// Content-Length are dropped (18.3). Keeps `wire` by reference. Accepts lines that end in LF alone. Validates the
/// start line, top Via, From, To, Call-ID, CSeq, Content-Length and the rules for headers that may stand once; leaves
/// all other headers as text.
[[nodiscard]] boost::system::result<message, message_failure> parse_message(
    buffer_ref wire, buffer_pool& pool, parse_limits const& limits = {}
);

/// The checks that a user agent or proxy makes before it acts on a request: every header that routing or dialogs read
/// must parse (Contact, Route, Record-Route, Max-Forwards ...), none may be empty. Nothing where all is well.
[[nodiscard]] std::optional<parse_failure> validate_request(message_view) noexcept;

[[noreturn]] void throw_exception_from_error(message_failure const&, boost::source_location const&);

}  // namespace sip
