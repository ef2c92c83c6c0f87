// Cuts messages out of a byte stream (RFC 3261 18.3, RFC 5626 3.5.1 keep-alives). Holds what has arrived of the next
// message and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sip/syntax/buffer.hpp"
#include "sip/syntax/parse.hpp"

namespace sip {

/// Who opened the stream. RFC 5626 3.5.1: the opener sends CRLF CRLF to learn whether the flow lives, and the other end
/// answers CRLF; so one line end means different things at the two ends.
enum class stream_opener : std::uint8_t { us, peer };

/// Cuts a stream of bytes into messages (RFC 3261 18.3).
class framer {
public:
    /// One for each connection.
    explicit framer(buffer_pool& pool, parse_limits const& limits = {}, stream_opener opener = stream_opener::peer);

    /// What the bytes given so far amount to.
    enum class kind {
        need_more,  ///< nothing complete
        message,    ///< `bytes` holds one whole message, headers and body
        ping,       ///< CRLF CRLF from a peer that opened the stream: answer with CRLF (RFC 5626 4.4.1)
        pong,       ///< a line end on a stream that we opened: the answer to our ping
        error,      ///< the stream cannot be followed any further: answer `failure` if it can be answered, then close
    };
    /// What has been cut off.
    struct frame {
        kind what = kind::need_more;  ///< tells which of the other members count
        buffer_ref bytes;         ///< of an error: the headers, as far as they came, for parse_message to answer from
        parse_failure failure{};  ///< of an error
    };

    /// Appends what was read from the stream.
    void on_bytes(std::string_view chunk);
    /// Takes the next frame; call until need_more or error. After an error nothing more is taken.
    [[nodiscard]] frame next();
    /// Bytes held of a message that is not complete: for time-outs on half messages.
    [[nodiscard]] std::size_t pending() const noexcept;

private:
    [[nodiscard]] std::string_view held() const noexcept { return held_.text().substr(begin_); }
    bool skip_line_ends(frame& out);
    [[nodiscard]] std::size_t find_body() noexcept;
    [[nodiscard]] frame fail(errc, std::uint16_t status, header_id, std::size_t offset);
    [[nodiscard]] buffer_ref take(std::size_t size);

    buffer_pool* pool_;
    parse_limits limits_;
    stream_opener opener_;
    buffer_ref held_;
    std::size_t begin_ = 0;         ///< of the next message in held_
    std::size_t scanned_ = 0;       ///< no blank line ends before this offset from begin_: no byte is searched twice
    std::size_t message_size_ = 0;  ///< of the message at begin_, once its headers are complete
    bool broken_ = false;
};

}  // namespace sip
