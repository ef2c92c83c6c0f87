// Lines waiting for one client, bounded. A level replaces an earlier value of the same level that has not begun to
// leave; edges, replies and calls are never dropped: when they do not fit any more the queue says so, and the client is
// closed. Private to protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace phoned {

class outgoing_queue {
public:
    outgoing_queue(std::size_t max_lines, std::size_t max_bytes) : max_lines_(max_lines), max_bytes_(max_bytes) {}

    /// An edge, a reply or a call. False if it does not fit: nothing was queued.
    [[nodiscard]] bool push(std::string line, std::uint32_t attachment = 0);
    /// A level named `key`. False if it does not fit.
    [[nodiscard]] bool push_level(std::string_view key, std::string line);

    /// The bytes to write next; empty if there are none. Valid until the next change.
    [[nodiscard]] std::string_view front() const noexcept;
    /// The attachment that goes with the first byte of front(); 0 if none, or if it has gone.
    [[nodiscard]] std::uint32_t front_attachment() const noexcept;
    void pop(std::size_t bytes);

    /// Leaves only the line that has begun to leave, so that what follows is still readable.
    void drop_waiting();

    [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return lines_.size(); }

private:
    struct entry {
        std::string line;
        std::string key;  // empty: not a level
        std::uint32_t attachment = 0;
    };
    [[nodiscard]] bool push(entry);

    std::size_t max_lines_, max_bytes_;
    std::deque<entry> lines_;
    std::size_t bytes_ = 0;
    std::size_t written_ = 0;  // of the first line
};

}  // namespace phoned
