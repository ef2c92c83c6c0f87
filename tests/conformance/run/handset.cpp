#include "conformance/run/handset.hpp"

#include <algorithm>
#include <cmath>

#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"

namespace conformance {

handset::sound handset::sound_in(std::span<const std::int16_t> samples) {
    constexpr std::uint32_t rate = 8000;
    // In pieces: the search for a tone takes the square of the length, and a gap spoils the piece that it is in only.
    constexpr std::size_t piece = rate / 10;
    std::vector<rtp::dominant_tone> pieces;
    for (; samples.size() >= piece * (pieces.size() + 1);)
        pieces.push_back(rtp::find_dominant_tone(samples.subspan(piece * pieces.size(), piece), rate));
    if (pieces.empty()) return {};
    auto by_pitch = pieces;
    const auto middle = by_pitch.begin() + static_cast<std::ptrdiff_t>(by_pitch.size() / 2);
    std::nth_element(by_pitch.begin(), middle, by_pitch.end(), [](const auto& a, const auto& b) {
        return a.hertz < b.hertz;
    });
    const double pitch = middle->hertz;
    const auto fitting = std::count_if(pieces.begin(), pieces.end(), [&](const auto& each) {
        return each.purity > 0.5 && std::abs(each.hertz - pitch) < 10;
    });
    return {pitch, rtp::level_dbov(samples), 2 * static_cast<std::size_t>(fitting) > pieces.size()};
}

}  // namespace conformance
