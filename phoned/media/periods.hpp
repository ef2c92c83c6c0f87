// The sound device's periods of 10 ms, and how sound is added up and brought to another rate within them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "rtp/voice/resampler.hpp"

namespace phoned {

inline constexpr std::uint32_t periods_per_second = 100;
using sound_period = std::array<std::int16_t, 480>;  ///< 10 ms at 48 kHz, more than any rate here

inline void add_saturated(std::span<const std::int16_t> from, std::span<std::int16_t> to) {
    for (std::size_t i = 0; i < to.size() && i < from.size(); ++i) {
        const std::int32_t sum = std::int32_t{from[i]} + to[i];
        to[i] = static_cast<std::int16_t>(std::clamp<std::int32_t>(
            sum, std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max()
        ));
    }
}

/// The resampler of a way, made anew where its rates have changed.
inline rtp::resampler& resampler_between(std::optional<rtp::resampler>& way, std::uint32_t from, std::uint32_t to) {
    if (!way || !way->is_between(from, to)) way.emplace(from, to);
    return *way;
}

}  // namespace phoned
