// Sums of voices brought into 16 bits without the crackle of cut-off peaks.
#pragma once

#include <cstdint>

namespace rtp {

/// Unchanged up to 90 % of full scale; what is above bends towards full scale and reaches it never, in a curve without
/// a corner.
[[nodiscard]] constexpr std::int16_t soft_clip(std::int32_t value) noexcept {
    constexpr std::int32_t knee = 29491;
    constexpr std::int64_t rest = 32767 - knee;
    if (value <= knee && value >= -knee) return static_cast<std::int16_t>(value);
    auto const beyond = (value > 0 ? std::int64_t{value} : -std::int64_t{value}) - knee;
    auto const bent = static_cast<std::int32_t>(knee + rest * beyond / (beyond + rest));
    return static_cast<std::int16_t>(value > 0 ? bent : -bent);
}

}  // namespace rtp
