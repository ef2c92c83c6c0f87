#include "conformance/run/handset.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "conformance/run/address.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/signal/tone_meter.hpp"

namespace conformance {

namespace {

constexpr std::uint32_t rate = 8000;
/// In pieces: the search for a tone takes the square of the length, and a gap spoils the piece that it is in only.
constexpr std::size_t piece = rate / 10;
constexpr double audible_dbov = -45;

}  // namespace

std::string handset::address() const {
    return host_port(setting().host, setting().sip_port);
}

bool handset::sound::has_tone(double hz) const {
    std::size_t pieces = 0, fitting = 0;
    for (auto rest = std::span(samples); rest.size() >= piece; rest = rest.subspan(piece), ++pieces)
        fitting += rtp::tone_level_dbov(rest.first(piece), rate, hz) > audible_dbov ? 1U : 0U;
    return 2 * fitting > pieces;
}

handset::sound handset::sound_in(std::vector<std::int16_t> samples) {
    std::vector<rtp::dominant_tone> pieces;
    for (auto rest = std::span(std::as_const(samples)); rest.size() >= piece; rest = rest.subspan(piece))
        pieces.push_back(rtp::find_dominant_tone(rest.first(piece), rate));
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
    const auto level = rtp::level_dbov(samples);
    return {pitch, level, 2 * static_cast<std::size_t>(fitting) > pieces.size(), std::move(samples)};
}

}  // namespace conformance
