#include "rtp/buffer/noise_generator.hpp"

#include <algorithm>
#include <cmath>

namespace rtp {
namespace {

constexpr std::size_t fades_per_second = 100;  // a fade takes 10 ms
constexpr float overload = 32767;              // 0 dBov as the power of a square wave (RFC 3389 3.1)
constexpr float even_noise = 1.7320508F;       // peak over root mean square of evenly distributed values

}  // namespace

noise_generator::noise_generator(std::uint32_t sample_rate, std::uint32_t described_rate) noexcept
    : factor_(
          described_rate > 0 && sample_rate % described_rate == 0
              ? std::max<std::size_t>(sample_rate / described_rate, 1)
              : 1
      ),
      slope_(static_cast<float>(fades_per_second) / static_cast<float>(std::max<std::uint32_t>(sample_rate, 1))) {}

void noise_generator::describe(comfort_noise const& noise) noexcept {
    // The filter makes noise louder by 1 / product of (1 - k * k); the level is that of the outcome.
    float gain = 1;
    for (std::size_t n = 0; n < noise.order; ++n)
        gain *= 1 - noise.reflection[n] * noise.reflection[n];
    strength_ = overload * std::pow(10.0F, -static_cast<float>(noise.level) / 20) * std::sqrt(gain) * even_noise;
    for (std::size_t n = described_.order; n < noise.order; ++n)
        state_[n] = 0;
    described_ = noise;
}

// One value of the lattice filter that undoes the prediction of `described_`.
float noise_generator::next() noexcept {
    random_ = random_ * 1664525U + 1013904223U;
    auto forward = strength_ * (static_cast<float>(random_ >> 8) / 8388608.0F - 1);
    for (auto n = std::size_t{described_.order}; n-- > 0;) {
        forward -= described_.reflection[n] * state_[n];
        if (n + 1 < described_.order) state_[n + 1] = state_[n] + described_.reflection[n] * forward;
    }
    if (described_.order > 0) state_[0] = forward;
    return forward;
}

void noise_generator::add(std::span<std::int16_t> samples, bool is_wanted) noexcept {
    if (!is_wanted && fade_ <= 0) return;
    for (auto& sample : samples) {
        fade_ = std::clamp(fade_ + (is_wanted ? slope_ : -slope_), 0.0F, 1.0F);
        if (++at_ >= factor_) {
            at_ = 0;
            from_ = to_;
            to_ = next();
        }
        auto const share = static_cast<float>(at_) / static_cast<float>(factor_);
        auto const noise = (factor_ == 1 ? to_ : from_ + (to_ - from_) * share) * fade_;
        auto const sum = static_cast<float>(sample) + noise;
        sample = static_cast<std::int16_t>(std::lrintf(std::clamp(sum, -32768.0F, 32767.0F)));
    }
}

}  // namespace rtp
