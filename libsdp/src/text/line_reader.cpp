#include "sdp/text/line_reader.hpp"

#include <cstring>

namespace sdp {

namespace {

/// Whether one of eight bytes equals `byte`: subtracting 1 borrows from the top bit of exactly the bytes that are 0.
bool has_byte(std::uint64_t eight, unsigned char byte) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    auto const zero_where_equal = eight ^ (ones * byte);
    return ((zero_where_equal - ones) & ~zero_where_equal & (ones << 7U)) != 0;
}

/// The first CR or LF at or after `from`, or the size. Eight bytes at a time, since most of a description is neither.
std::size_t end_of_line(std::string_view text, std::size_t from) noexcept {
    std::uint64_t eight = 0;
    while (text.size() - from >= sizeof eight) {
        std::memcpy(&eight, text.data() + from, sizeof eight);
        if (has_byte(eight, '\n') || has_byte(eight, '\r')) break;
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
