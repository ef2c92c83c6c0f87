#include "sdp/text/line_reader.hpp"

#include <algorithm>

namespace sdp {

bool line_reader::next(text_line& line) noexcept {
    while (at_ < text_.size()) {
        if (line_feed_ < at_ || number_ == 0) line_feed_ = std::min(text_.find('\n', at_), text_.size());
        auto const start = at_;
        auto const end = std::min(text_.substr(start, line_feed_ - start).find('\r'), line_feed_ - start) + start;
        bool const ends_in_both = end + 1 == line_feed_;
        at_ = ends_in_both ? line_feed_ + 1 : end + 1;
        ++number_;
        if (end != start) {
            line = {text_.substr(start, end - start), number_, static_cast<std::uint32_t>(start)};
            return true;
        }
    }
    return false;
}

}  // namespace sdp
