// Time as a variable: it moves only when a test says so.
#pragma once

#include <chrono>

#include "sip/time.hpp"

namespace test {

class virtual_clock {
public:
    [[nodiscard]] sip::now_t now() const noexcept { return now_; }
    [[nodiscard]] sip::time_point mono() const noexcept { return now_.mono; }
    /// Since the clock was made.
    [[nodiscard]] sip::duration elapsed() const noexcept { return now_.mono - start; }

    void advance(sip::duration by) noexcept {
        now_.mono += by;
        now_.wall += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
    }
    /// Never goes back.
    void advance_to(sip::time_point at) noexcept {
        if (at > now_.mono) advance(at - now_.mono);
    }

private:
    static constexpr sip::time_point start{std::chrono::hours(1000)};
    sip::now_t now_{start, std::chrono::system_clock::time_point(std::chrono::hours(24 * 365 * 50))};
};

}  // namespace test
