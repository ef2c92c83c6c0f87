// What was measured of the media between parties, and whether it is what a flow says.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "conformance/flow.hpp"

namespace conformance {

/// What was heard and sent between two parties while a step's media was measured.
struct media_measurement {
    std::size_t step = 0;
    std::string from, to;
    unsigned packets = 0;        ///< RTP packets that `to` received from `from`
    bool heard = false;          ///< `to` heard what `from` says, from whomever the packets came
    std::string detail;          ///< "700 Hz, -16 dBov"
    bool is_ring_back = false;   ///< local ring-back heard at `to`
    bool is_unmeasured = false;  ///< nothing can tell: tones that a device plays by itself, a codec that is not decoded
    /// `packets` left for `to`, and nobody sees what arrives there.
    bool is_departure = false;
    bool is_voice_unknown = false;  ///< what `from` says may be anything: packets count, `heard` does not
    bool is_something = false;      ///< `to` heard something, whatever it was
};

struct media_finding {
    bool matches = false, was_measured = true;
    std::string text;  ///< what was measured, or what is wrong
};

/// `all` holds the measurements of every step; those of `step` count.
[[nodiscard]] media_finding check_media(
    std::size_t step, const expected_media&, const std::vector<media_measurement>& all
);

}  // namespace conformance
