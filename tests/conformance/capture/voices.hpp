// Whose voice is in whose stream: samples out of RTP packets, and how alike two stretches of sound are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "conformance/capture/recording.hpp"

namespace conformance {

/// The sound of these packets (of one stream, in the order of time) between two times, at 8000 samples a second, placed
/// by their RTP timestamps from when the first packet passed. Nothing where the payload is not PCMU or PCMA (static
/// types of RFC 3551 6) or no packet is there.
[[nodiscard]] std::optional<std::vector<std::int16_t>> sound_of(
    const std::vector<const captured_packet*>&, seconds begin, seconds end
);

/// The greatest likeness of `voice` with a part of `mixture` that begins up to 250 ms later: 1 for the same sound at
/// any level, 0.7 for the sum of two that are equally loud, near 0 for something else. Nothing where either is silent.
/// So many parts of a quarter of a second are tried: where packets were lost in one, another tells more.
[[nodiscard]] std::optional<double> likeness(
    const std::vector<std::int16_t>& voice, const std::vector<std::int16_t>& mixture, std::size_t parts = 1
);

}  // namespace conformance
