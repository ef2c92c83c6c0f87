// The sum of several voices, saturated, and the sum without one of them: in a conference each party hears the others.
//
// Works on one period at a time; sources and results have the period's length. No rates, no parties, no soft clipping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rtp {

/// Sums in 32 bits, so that up to 65,536 full-scale sources do not overflow. Allocates on construction only.
class mixer final {
public:
    explicit mixer(std::size_t period) : sum_(period) {}

    [[nodiscard]] std::size_t period() const noexcept { return sum_.size(); }

    /// Starts the next period with silence.
    void clear() noexcept;

    /// Adds a source; one that is shorter than the period counts as silent behind its end, a longer one is cut.
    void add(std::span<const std::int16_t> source) noexcept;

    /// The sum of all that was added.
    void mix(std::span<std::int16_t> out) const noexcept;

    /// The sum without `own`, which must have been added as it is now. `out` may be `own`.
    void mix_without(std::span<const std::int16_t> own, std::span<std::int16_t> out) const noexcept;

private:
    std::vector<std::int32_t> sum_;
};

}  // namespace rtp
