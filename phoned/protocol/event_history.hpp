// The numbers of events, and the newest of them, so that a client that was away can ask for what it missed. Private to
// protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace phoned {

class event_history {
public:
    explicit event_history(std::size_t most) : most_(most) {}

    struct entry {
        std::uint64_t seq;
        std::string topic;
        std::string line;
    };

    /// The number of the next event.
    [[nodiscard]] std::uint64_t take_number() noexcept { return ++last_; }
    void keep(std::uint64_t seq, std::string_view topic, std::string line) {
        kept_.push_back({seq, std::string{topic}, std::move(line)});
        if (kept_.size() > most_) {
            forgotten_ = kept_.front().seq;
            kept_.pop_front();
        }
    }

    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
    /// True if some event after `since` is not kept any more, or never was in this run.
    [[nodiscard]] bool has_gap_after(std::uint64_t since) const noexcept { return since < forgotten_ || since > last_; }
    [[nodiscard]] const std::deque<entry>& kept() const noexcept { return kept_; }

private:
    std::size_t most_;
    std::uint64_t last_ = 0;
    std::uint64_t forgotten_ = 0;  // the newest number that was kept once and is not any more
    std::deque<entry> kept_;
};

}  // namespace phoned
