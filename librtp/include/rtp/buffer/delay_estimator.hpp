// How long packets should be kept, so that a delay is paid for only where it saves sound.
//
// The transit of a packet (arrival minus timestamp) has no meaning by itself, since the two clocks share no zero. Its
// *delay* is how much later it came than the fastest packet of the last seconds would have. Delays go into a histogram
// that forgets. The target is the cheapest delay: each millisecond costs one, and each percent of packets that would
// come too late costs `late_cost`. So a network whose packets are all a little late gets just the delay that takes them
// all in, and one stall in a minute does not make the whole minute late. The target rises at once and falls slowly. A
// sender's clock that drifts, or a route that changes, moves the fastest transit; the histogram moves along.
// Integers only: equal input gives equal output on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rtp/time.hpp"

namespace rtp {

/// What the estimator may assume. The defaults are the outcome of the simulated networks of docs/playout.md.
struct delay_estimator_settings {
    duration longest = std::chrono::milliseconds(300);   ///< Delays above are not planned for.
    duration start = std::chrono::milliseconds(60);      ///< The target until something is known.
    duration memory = std::chrono::seconds(8);           ///< After this long without news, a packet counts 1/e.
    duration late_cost = std::chrono::milliseconds(20);  ///< What one percent of late packets is worth; at most 10 s.
    duration fall_per_second = std::chrono::milliseconds(100);  ///< How fast the delay comes down again.
};

/// Allocates on construction only.
class delay_estimator final {
public:
    /// Of the histogram.
    static constexpr duration bin_width = std::chrono::milliseconds(2);
    /// The fastest transit is taken over one to two of these.
    static constexpr duration window = std::chrono::seconds(5);
    /// Until it has listened this long, the estimator does not go below its start.
    static constexpr duration learning = std::chrono::seconds(2);

    explicit delay_estimator(delay_estimator_settings const&);  ///< Nothing is known yet.

    /// Forgets everything but the target, which becomes the new start: the next packet belongs to another time line.
    void restart() noexcept;

    /// Takes in a packet that lasts `length` and came at `arrival`; returns its delay. Delays above `longest` change
    /// nothing but the fastest transit.
    duration on_packet(time_point arrival, duration transit, duration length) noexcept;

    /// The delay of something with this transit, as of now. Negative before the first packet of its time line.
    [[nodiscard]] duration delay(duration transit) const noexcept { return transit - reference_; }

    /// Between one bin width and `longest`.
    [[nodiscard]] duration target() const noexcept { return target_; }

    /// A packet has not come though it is `so_far` late. Of those that were as late as that, how many in a thousand
    /// came later than `needed`? Nothing known is 0.
    [[nodiscard]] int later_per_mille(duration so_far, duration needed) const noexcept;

private:
    void follow_fastest(time_point arrival, duration transit) noexcept;
    void move_reference(std::int64_t bins) noexcept;
    void count(duration delay, duration length) noexcept;
    void forget() noexcept;
    void find_cheapest() noexcept;
    void set_target(time_point arrival) noexcept;
    [[nodiscard]] std::uint64_t above(duration delay) const noexcept;

    delay_estimator_settings settings_;
    // Instead of letting old weights fade with each packet, each packet weighs more than the one before.
    std::vector<std::uint64_t> bins_;
    std::uint64_t total_ = 0;   // of all bins
    std::size_t cheapest_ = 0;  // the bin up to which waiting pays
    duration reference_{0};     // the transit that counts as delay 0; moves by whole bins
    duration fastest_now_{0}, fastest_before_{0};
    time_point window_start_{}, first_{}, last_{};
    duration target_;
    duration listened_{0};
    bool started_ = false;
};

}  // namespace rtp
