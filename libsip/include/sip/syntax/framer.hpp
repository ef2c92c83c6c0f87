// Cuts messages out of a byte stream (RFC 3261 18.3, RFC 5626 3.5.1 keep-alives). Holds what has arrived of the next
// message and nothing else.
#pragma once

#include <cstddef>
#include <string_view>

#include "sip/syntax/buffer.hpp"
#include "sip/syntax/parse.hpp"

namespace sip {

class framer {
public:
    explicit framer(buffer_pool& pool, parse_limits const& limits = {});

    /// What the bytes given so far amount to.
    enum class kind {
        need_more,  ///< nothing complete
        message,    ///< `bytes` holds one whole message, headers and body
        ping,       ///< CRLFCRLF: answer with pong (RFC 5626 4.4.1)
        pong,       ///< a single CRLF between messages
        error,      ///< the stream cannot be followed any further: answer `failure` if it can be answered, then close
    };
    struct frame {
        kind what = kind::need_more;
        buffer_ref bytes;
        parse_failure failure{};
    };

    /// Appends what was read from the stream.
    void on_bytes(std::string_view chunk);
    /// Takes the next frame; call until need_more or error.
    [[nodiscard]] frame next();
    /// Bytes held back: for time-outs on half messages.
    [[nodiscard]] std::size_t pending() const noexcept;

private:
    buffer_pool* pool_;
    parse_limits limits_;
    buffer_ref held_;
    std::size_t scanned_ = 0;  ///< no blank line ends before this offset: a slow sender does not make us scan twice
    bool broken_ = false;
};

}  // namespace sip
