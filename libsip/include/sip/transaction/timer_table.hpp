// All timers of one object: an enumerator names each, a deadline says when. Stopping a timer forgets its deadline;
// nothing is queued anywhere, so nothing can fire late.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sip/time.hpp"

namespace sip {

/// Timer is an enum whose enumerators count from 0 to Count - 1.
template <class Timer, std::size_t Count>
class timer_table {
public:
    static_assert(Count <= 32);

    /// Starts the timer, or moves it.
    void set(Timer timer, time_point at) noexcept {
        running_ |= bit(timer);
        at_[index(timer)] = at;
    }
    void stop(Timer timer) noexcept { running_ &= ~bit(timer); }  ///< it does not fire any more
    void stop_all() noexcept { running_ = 0; }  ///< none fires any more
    /// True until it fires or is stopped.
    [[nodiscard]] bool is_running(Timer timer) const noexcept { return (running_ & bit(timer)) != 0; }

    /// The earliest timer; among equals the one that the enumeration lists first.
    [[nodiscard]] std::optional<Timer> first() const noexcept {
        std::optional<Timer> found;
        for (std::size_t i = 0; i < Count; ++i)
            if ((running_ >> i & 1u) != 0 && (!found || at_[i] < at_[index(*found)])) found = static_cast<Timer>(i);
        return found;
    }
    /// The earliest of those that run.
    [[nodiscard]] std::optional<time_point> next() const noexcept {
        auto timer = first();
        return timer ? std::optional(at_[index(*timer)]) : std::nullopt;
    }
    /// Takes the earliest timer out if it is due.
    [[nodiscard]] std::optional<Timer> pop_due(time_point now) noexcept {
        auto timer = first();
        if (!timer || at_[index(*timer)] > now) return std::nullopt;
        stop(*timer);
        return timer;
    }

private:
    static constexpr std::size_t index(Timer timer) noexcept { return static_cast<std::size_t>(timer); }
    static constexpr std::uint32_t bit(Timer timer) noexcept { return std::uint32_t{1} << index(timer); }

    std::array<time_point, Count> at_{};
    std::uint32_t running_ = 0;
};

}  // namespace sip
