// Comfort noise made audible: white noise through the filter that the sender described (RFC 3389), added to what is
// played. It comes and goes within some milliseconds, so that speech never starts or ends with a click.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "rtp/codec/comfort_noise.hpp"

namespace rtp {

/// One stream. Does not allocate. The noise repeats itself after hours only.
class noise_generator final {
public:
    /// Noise is described at the rate of the stream's clock. If the samples are a whole number of times as many (G.722
    /// has twice as many), what is above the description's band stays empty.
    noise_generator(std::uint32_t sample_rate, std::uint32_t described_rate) noexcept;

    /// From now on the noise sounds like this. Does not start it.
    void describe(comfort_noise const&) noexcept;

    /// Adds noise to the samples: louder up to its level if `is_wanted`, else fainter down to nothing.
    void add(std::span<std::int16_t> samples, bool is_wanted) noexcept;

private:
    [[nodiscard]] float next() noexcept;

    std::size_t factor_;  // samples for each one that is described
    float slope_;         // of the fade, for each sample
    comfort_noise described_;
    float strength_ = 0;  // of the white noise that gives the level behind the filter
    std::array<float, comfort_noise::most_coefficients> state_{};  // of the lattice
    std::uint32_t random_ = 1;
    float fade_ = 0;           // 0: not heard, 1: at its level
    float from_ = 0, to_ = 0;  // the values between which samples are interpolated
    std::size_t at_ = 0;
};

}  // namespace rtp
