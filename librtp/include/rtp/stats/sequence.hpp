// Arithmetic on the numbers of RTP that wrap around: 16-bit sequence numbers and 32-bit timestamps (and any enum over
// an unsigned type).
//
// The rule everywhere: of two numbers the later one is at most half the number space ahead (RFC 1982, RFC 3550 A.1). A
// difference of exactly half the space has no right answer; here it counts as backwards, so that `is_newer` is never
// true in both directions.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "rtp/wire/packet.hpp"

namespace rtp {

template <class T>
concept wrapping_number = std::is_enum_v<T> && std::unsigned_integral<std::underlying_type_t<T>>;

/// How far `to` is ahead of `from`; negative if it is behind. Range: -half .. half - 1 of the number space.
template <wrapping_number T>
[[nodiscard]] constexpr auto distance(T from, T to) noexcept {
    using raw = std::underlying_type_t<T>;
    return static_cast<std::make_signed_t<raw>>(static_cast<raw>(static_cast<raw>(to) - static_cast<raw>(from)));
}

template <wrapping_number T>
[[nodiscard]] constexpr bool is_newer(T candidate, T than) noexcept {
    return distance(than, candidate) > 0;
}

/// `from` moved by any number of steps, forwards or backwards.
template <wrapping_number T>
[[nodiscard]] constexpr T advance(T from, std::int64_t steps) noexcept {
    using raw = std::underlying_type_t<T>;
    return static_cast<T>(static_cast<raw>(static_cast<raw>(from) + static_cast<raw>(steps)));
}

/// Turns a wrapping number into one that only grows with it: each input is placed at most half the number space away
/// from the highest one seen. The first input keeps its own value. Inputs from before the first one in time may give
/// negative values.
template <wrapping_number T>
class extender final {
public:
    /// The extended value of `number`; moves the reference forward if it is the newest so far.
    constexpr std::int64_t extend(T number) noexcept {
        if (!started_) {
            started_ = true;
            highest_ = static_cast<std::int64_t>(number);
            return highest_;
        }
        auto const value = peek(number);
        move_to(value);
        return value;
    }

    /// The same without moving the reference.
    [[nodiscard]] constexpr std::int64_t peek(T number) const noexcept {
        if (!started_) return static_cast<std::int64_t>(number);
        return highest_ + distance(static_cast<T>(static_cast<std::underlying_type_t<T>>(highest_)), number);
    }

    /// Moves the reference forward to what `peek` gave, if that is the newest so far.
    constexpr void move_to(std::int64_t extended) noexcept {
        if (extended > highest_) highest_ = extended;
    }

    [[nodiscard]] constexpr bool has_started() const noexcept { return started_; }  ///< True after the first number.
    [[nodiscard]] constexpr std::int64_t highest() const noexcept { return highest_; }  ///< Extended, so far.
    constexpr void restart() noexcept { *this = {}; }                                   ///< Forgets what was before.

private:
    std::int64_t highest_ = 0;
    bool started_ = false;
};

using sequence_extender = extender<sequence_t>;
using timestamp_extender = extender<timestamp_t>;

}  // namespace rtp
