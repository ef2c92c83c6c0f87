// The curve of one buffer on one trace: how bad it is for each mean delay that some setting gives. Settings that are
// worse than another in both are left out; between two settings the curve is a line, as if a call used each for a
// while.
#pragma once

#include <algorithm>
#include <vector>

#include "measure.hpp"

namespace playout_test {

class curve {
public:
    void add(outcome const& point) { all_.push_back(point); }

    /// The settings worth choosing, from the smallest delay to the least bad.
    [[nodiscard]] std::vector<outcome> frontier() const {
        auto sorted = all_;
        std::sort(sorted.begin(), sorted.end(), [](outcome const& a, outcome const& b) {
            return a.delay_ms != b.delay_ms ? a.delay_ms < b.delay_ms : a.bad < b.bad;
        });
        std::vector<outcome> kept;
        for (auto const& point : sorted)
            if (kept.empty() || point.bad < kept.back().bad) kept.push_back(point);
        return kept;
    }
    [[nodiscard]] std::vector<outcome> const& all() const { return all_; }

private:
    std::vector<outcome> all_;
};

/// Beyond the last setting, more delay gains nothing; below the first, the line goes on to "no delay, all is late".
[[nodiscard]] inline double bad_at(std::vector<outcome> const& frontier, double delay_ms) {
    outcome before{0, 1, 0};
    for (auto const& point : frontier) {
        if (delay_ms <= point.delay_ms) {
            auto const width = point.delay_ms - before.delay_ms;
            if (width <= 0) return point.bad;
            return before.bad + (point.bad - before.bad) * (delay_ms - before.delay_ms) / width;
        }
        before = point;
    }
    return before.bad;
}

/// In percent times milliseconds.
[[nodiscard]] inline double area(std::vector<outcome> const& frontier, double from_ms, double to_ms) {
    constexpr double step = 0.1;
    double sum = 0;
    for (double at = from_ms + step / 2; at < to_ms; at += step)
        sum += bad_at(frontier, at) * 100 * step;
    return sum;
}

}  // namespace playout_test
