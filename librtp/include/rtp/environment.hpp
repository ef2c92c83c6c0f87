// What a core object needs from the world besides time and input: randomness.
//
// Injected, so that tests and simulations repeat exactly. RFC 3550 8.1 and 5.1 ask for SSRC, sequence and timestamp
// starts that cannot be guessed, so a real program passes a cryptographic source.
#pragma once

#include <cstdint>
#include <functional>

namespace rtp {

/// What a session needs from outside.
struct environment {
    std::function<std::uint64_t()> random;  ///< 64 uniformly distributed bits for each call. Must be set.

    /// Uniform in [0, 1).
    [[nodiscard]] double random_fraction() const { return static_cast<double>(random() >> 11) * 0x1.0p-53; }
};

}  // namespace rtp
