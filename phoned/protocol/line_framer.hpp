// Cuts a stream of bytes into lines. A line that grows beyond the limit is reported once and skipped up to its end, so
// one bad line costs no more than itself. Private to protocol.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace phoned {

class line_framer {
public:
    explicit line_framer(std::size_t limit) : limit_(limit) {}

    struct line {
        std::string_view text;     ///< Without its end; valid until the next call
        bool is_too_long = false;  ///< text is empty: the line is being skipped
    };

    void append(std::string_view bytes);

    /// The next whole line, or a complaint about a line that is too long; none until more bytes come.
    [[nodiscard]] std::optional<line> next();

    /// Bytes held; never more than the limit plus what the last append brought.
    [[nodiscard]] std::size_t held() const noexcept { return buffer_.size() - taken_; }

private:
    std::size_t limit_;
    std::string buffer_;
    std::size_t taken_ = 0;     // bytes of buffer_ already given out
    std::size_t searched_ = 0;  // bytes of buffer_ known to hold no line end after taken_
    bool skipping_ = false;
};

}  // namespace phoned
