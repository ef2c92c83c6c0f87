// How long packets must be kept so that nearly all of them arrive before their turn.
//
// The transit of a packet (arrival minus timestamp) has no meaning by itself, since the two clocks share no zero. Its
// *delay* is how much later it came than the fastest packet of the last seconds would have. Delays go into a histogram
// that forgets; the target is the delay that all but a small share of the packets keep to. It rises at once and falls
// slowly. A sender's clock that drifts, or a route that changes, moves the fastest transit; the histogram moves along.
// Integers only: equal input gives equal output on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rtp/time.hpp"

namespace rtp {

/// What the estimator may assume. The defaults are the outcome of the simulated networks in the tests.
struct delay_estimator_settings {
    duration longest = std::chrono::milliseconds(300);  ///< Delays above are not planned for.
    duration start = std::chrono::milliseconds(60);     ///< The target until something is known.
    duration memory = std::chrono::seconds(5);          ///< After this long without news, a packet counts 1/e.
    int late_per_mille = 10;                            ///< The share of packets that may miss the target.
    duration fall_per_second = std::chrono::milliseconds(40);
};

/// Allocates on construction only.
class delay_estimator final {
public:
    static constexpr duration bin_width = std::chrono::milliseconds(5);
    /// The fastest transit is taken over one to two of these.
    static constexpr duration window = std::chrono::seconds(5);
    /// Until it has listened this long, the estimator does not go below its start.
    static constexpr duration learning = std::chrono::seconds(2);

    explicit delay_estimator(delay_estimator_settings const&);

    /// Forgets everything but the target, which becomes the new start: the next packet belongs to another time line.
    void restart() noexcept;

    /// Takes in a packet that lasts `length` and came at `arrival`; returns its delay. Delays above `longest` change
    /// nothing but the fastest transit.
    duration on_packet(time_point arrival, duration transit, duration length) noexcept;

    /// The delay of something with this transit, as of now. Negative before the first packet of its time line.
    [[nodiscard]] duration delay(duration transit) const noexcept { return transit - reference_; }

    /// Between one bin width and `longest`.
    [[nodiscard]] duration target() const noexcept { return target_; }

private:
    void follow_fastest(time_point arrival, duration transit) noexcept;
    void move_reference(std::int64_t bins) noexcept;
    void count(duration delay, duration length) noexcept;
    void forget() noexcept;
    void find_percentile() noexcept;
    void set_target(time_point arrival) noexcept;

    delay_estimator_settings settings_;
    // Instead of letting old weights fade with each packet, each packet weighs more than the one before.
    std::vector<std::uint64_t> bins_;
    std::uint64_t total_ = 0;  // of all bins
    std::uint64_t above_ = 0;  // of the bins above `percentile_`: not more than the share that may be late
    std::size_t percentile_ = 0;
    duration reference_{0};  // the transit that counts as delay 0; moves by whole bins
    duration fastest_now_{0}, fastest_before_{0};
    time_point window_start_{}, first_{}, last_{};
    duration target_;
    duration listened_{0};
    bool started_ = false;
};

}  // namespace rtp
