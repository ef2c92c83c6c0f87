#include "phoned/protocol/line_framer.hpp"

#include <algorithm>
#include <utility>

namespace phoned {

void line_framer::append(std::string_view bytes) {
    // What was given out is dropped here and not in next(), so that its views stay valid in between.
    buffer_.erase(0, taken_);
    searched_ -= std::min(searched_, taken_);
    taken_ = 0;
    buffer_ += bytes;
}

std::optional<line_framer::line> line_framer::next() {
    for (;;) {
        const auto end = buffer_.find('\n', std::max(taken_, searched_));
        if (end == std::string::npos) {
            searched_ = buffer_.size();
            if (skipping_) {
                taken_ = buffer_.size();
            } else if (held() >= limit_) {
                skipping_ = true;
                taken_ = buffer_.size();
                return line{{}, true};
            }
            return std::nullopt;
        }
        const auto begin = std::exchange(taken_, end + 1);
        if (std::exchange(skipping_, false)) continue;
        auto text = std::string_view{buffer_}.substr(begin, end - begin);
        if (text.size() + 1 > limit_) return line{{}, true};
        if (text.ends_with('\r')) text.remove_suffix(1);
        return line{text};
    }
}

}  // namespace phoned
