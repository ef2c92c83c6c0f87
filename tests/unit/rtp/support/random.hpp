// Randomness for the tests of librtp: repeatable, or a fixed fraction where a formula is checked.
#pragma once

#include <cstdint>
#include <memory>
#include <random>

#include "rtp/environment.hpp"

namespace rtp_test {

inline rtp::environment seeded(std::uint64_t seed) {
    auto generator = std::make_shared<std::mt19937_64>(seed);
    return {[generator] { return (*generator)(); }};
}

/// random_fraction() always gives (nearly) `fraction`.
inline rtp::environment constant(double fraction) {
    auto const bits = static_cast<std::uint64_t>(fraction * 0x1.0p53) << 11;
    return {[bits] { return bits; }};
}

}  // namespace rtp_test
