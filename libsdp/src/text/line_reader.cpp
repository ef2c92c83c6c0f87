#include "sdp/text/line_reader.hpp"

#include <cstring>

namespace sdp {

namespace {

/// Whether one of eight bytes is at most CR: taking 14 from each borrows into the top bit of exactly those below 14.
bool has_byte_up_to_cr(std::uint64_t eight) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    return ((eight - ones * ('\r' + 1)) & ~eight & (ones << 7U)) != 0;
}

/// The first CR or LF at or after `from`, or the size. Text passes by eight bytes at a time.
std::size_t end_of_line(std::string_view text, std::size_t from) noexcept {
    std::uint64_t eight = 0;
    while (text.size() - from >= sizeof eight) {
        std::memcpy(&eight, text.data() + from, sizeof eight);
        if (has_byte_up_to_cr(eight)) break;
        from += sizeof eight;
    }
    while (from != text.size() && text[from] != '\n' && text[from] != '\r')
        ++from;
    return from;
}

}  // namespace

bool line_reader::next(text_line& line) noexcept {
    while (at_ != text_.size()) {
        auto const start = at_;
        auto const end = end_of_line(text_, start);
        at_ = end;
        if (at_ != text_.size() && text_[at_] == '\r') ++at_;
        if (at_ != text_.size() && text_[at_] == '\n') ++at_;
        ++number_;
        if (end != start) {
            line = {text_.substr(start, end - start), number_, static_cast<std::uint32_t>(start)};
            return true;
        }
    }
    return false;
}

}  // namespace sdp
