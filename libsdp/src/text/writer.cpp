#include "sdp/text/writer.hpp"

#include <algorithm>

namespace sdp {

void writer::clean_up(std::size_t start) {
    auto const from = out_.begin() + static_cast<std::ptrdiff_t>(start);
    out_.erase(
        std::remove_if(from, out_.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }), out_.end()
    );
}

}  // namespace sdp
