#include "phoned/protocol/outgoing_queue.hpp"

#include <algorithm>
#include <utility>

namespace phoned {

bool outgoing_queue::push(entry one) {
    if (lines_.size() >= max_lines_ || bytes_ + one.line.size() > max_bytes_) return false;
    bytes_ += one.line.size();
    lines_.push_back(std::move(one));
    return true;
}

bool outgoing_queue::push(std::string line, std::uint32_t attachment) {
    return push(entry{std::move(line), {}, attachment});
}

bool outgoing_queue::push_level(std::string_view key, std::string line) {
    const auto first = lines_.begin() + (written_ > 0 ? 1 : 0);
    const auto earlier = std::find_if(first, lines_.end(), [&](const entry& one) { return one.key == key; });
    if (earlier == lines_.end()) return push(entry{std::move(line), std::string{key}, 0});
    bytes_ += line.size();
    bytes_ -= earlier->line.size();
    earlier->line = std::move(line);
    return true;
}

std::string_view outgoing_queue::front() const noexcept {
    if (lines_.empty()) return {};
    return std::string_view{lines_.front().line}.substr(written_);
}

std::uint32_t outgoing_queue::front_attachment() const noexcept {
    return lines_.empty() || written_ > 0 ? 0 : lines_.front().attachment;
}

void outgoing_queue::pop(std::size_t bytes) {
    while (bytes > 0 && !lines_.empty()) {
        const auto taken = std::min(bytes, lines_.front().line.size() - written_);
        bytes -= taken;
        written_ += taken;
        if (written_ < lines_.front().line.size()) return;
        bytes_ -= lines_.front().line.size();
        lines_.pop_front();
        written_ = 0;
    }
}

void outgoing_queue::drop_waiting() {
    const std::size_t kept = written_ > 0 ? 1 : 0;
    while (lines_.size() > kept) {
        bytes_ -= lines_.back().line.size();
        lines_.pop_back();
    }
}

}  // namespace phoned
