// NTP time as RTCP uses it, and the round trip that follows from it. RFC 3550 4, 6.4.1.
//
// Three kinds of time meet in a sender report and are three types here: the wall clock (wall_point, ntp64_t), spans in
// 1/65536 s (ntp32_t) and media time (timestamp_t). Only the functions below lead from one to another.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "rtp/time.hpp"
#include "rtp/wire/rtcp_report.hpp"

namespace rtp {

/// Seconds from 1900 (NTP) to 1970 (Unix).
inline constexpr std::int64_t ntp_epoch_offset = 2'208'988'800;

/// NTP seconds wrap in 2036; only differences are ever used.
[[nodiscard]] constexpr ntp64_t to_ntp(wall_point wall) noexcept {
    auto const since_epoch = std::chrono::floor<std::chrono::nanoseconds>(wall.time_since_epoch());
    auto const seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
    auto const nanoseconds = static_cast<std::uint64_t>((since_epoch - seconds).count());
    auto const high = static_cast<std::uint64_t>(seconds.count() + ntp_epoch_offset) << 32;
    return static_cast<ntp64_t>(high | (nanoseconds << 32) / 1'000'000'000);
}

/// The middle 32 bits, as in LSR.
[[nodiscard]] constexpr ntp32_t middle(ntp64_t time) noexcept {
    return static_cast<ntp32_t>(static_cast<std::uint64_t>(time) >> 16);
}

/// A span in 1/65536 s, as in DLSR. Negative spans become 0, spans above 18 hours the largest value.
[[nodiscard]] constexpr ntp32_t to_ntp32(duration span) noexcept {
    if (span <= duration::zero()) return {};
    if (span >= std::chrono::seconds(65'536)) return static_cast<ntp32_t>(std::numeric_limits<std::uint32_t>::max());
    auto const nanoseconds = static_cast<std::uint64_t>(std::chrono::nanoseconds(span).count());
    return static_cast<ntp32_t>((nanoseconds << 16) / 1'000'000'000);
}

[[nodiscard]] constexpr duration to_duration(ntp32_t span) noexcept {
    return std::chrono::nanoseconds((std::uint64_t{static_cast<std::uint32_t>(span)} * 1'000'000'000) >> 16);
}

/// The time to the peer and back, from a report block that answers a sender report of ours which left
/// `since_our_report` ago. A peer whose clock runs fast can claim to have held the report for longer than that: the
/// round trip is then 0.
[[nodiscard]] constexpr duration round_trip(duration since_our_report, ntp32_t held_by_peer) noexcept {
    auto const result = since_our_report - to_duration(held_by_peer);
    return result > duration::zero() ? result : duration::zero();
}

}  // namespace rtp
