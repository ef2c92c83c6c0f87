// Conversion between durations and RTP clock units, exact over any uptime.
//
// nanoseconds * rate overflows 64 bits after two days at 48 kHz; seconds and the rest are therefore converted apart.
#pragma once

#include <chrono>
#include <cstdint>

#include "rtp/time.hpp"
#include "rtp/wire/packet.hpp"

namespace rtp {

enum class clock_rate : std::uint32_t {};  // RTP clock units per second

/// Whole RTP units in `span`, rounded towards zero.
[[nodiscard]] constexpr std::int64_t to_units(duration span, clock_rate rate) noexcept {
    auto const hertz = static_cast<std::int64_t>(rate);
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
    auto const rest = std::chrono::duration_cast<std::chrono::nanoseconds>(span - seconds);
    return seconds.count() * hertz + rest.count() * hertz / 1'000'000'000;
}

/// The time that `units` last, rounded towards zero. A rate of 0 gives no time.
[[nodiscard]] constexpr duration to_duration(std::int64_t units, clock_rate rate) noexcept {
    auto const hertz = static_cast<std::int64_t>(rate);
    if (hertz == 0) return duration::zero();
    return std::chrono::seconds(units / hertz) + std::chrono::nanoseconds(units % hertz * 1'000'000'000 / hertz);
}

}  // namespace rtp
