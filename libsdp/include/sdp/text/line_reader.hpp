// Cuts a description into lines. It accepts LF, CR LF and CR as the end of a line, skips blank lines, and knows nothing
// of what the lines mean (RFC 8866 5: parsers should accept a lone newline).
#pragma once

#include <cstdint>
#include <string_view>

namespace sdp {

/// A line without its end. `content` refers to the text that is read.
struct text_line {
    std::string_view content;  ///< Without its end.
    std::uint32_t number = 0;  ///< The first line is 1.
    std::uint32_t offset = 0;  ///< Of the first byte of the line, from the start of the text.
};

/// Cuts text into lines, whatever ends them.
class line_reader final {
public:
    /// `text` must outlive the reader; it is shorter than 4 GB.
    explicit line_reader(std::string_view text) noexcept : text_{text} {}

    /// Moves to the next line that is not empty. False at the end of the text, and then `line` is left alone.
    [[nodiscard]] bool next(text_line& line) noexcept;

private:
    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t number_ = 0;
};

}  // namespace sdp
