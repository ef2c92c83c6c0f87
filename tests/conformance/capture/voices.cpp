#include "conformance/capture/voices.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "rtp/codec/g711.hpp"
#include "rtp/signal/level.hpp"
#include "rtp/wire/packet.hpp"

namespace conformance {

namespace {

constexpr double rate = 8000;
constexpr std::size_t compared = 2000;  // samples: a quarter of a second
constexpr std::size_t most_delay = 2000;
constexpr double silent_dbov = -55;
constexpr unsigned pcmu = 0, pcma = 8;

}  // namespace

std::optional<std::vector<std::int16_t>> sound_of(
    const std::vector<const captured_packet*>& packets, seconds begin, seconds end
) {
    std::vector<std::int16_t> out(static_cast<std::size_t>(std::max(0.0, (end - begin).count() * rate)));
    bool any = false;
    for (const auto* packet : packets) {
        if (packet->at < begin || packet->at >= end) continue;
        const auto read = rtp::packet_view::parse(packet->bytes);
        if (!read) continue;
        const auto type = static_cast<unsigned>(read->type());
        if (type != pcmu && type != pcma) continue;
        auto at = static_cast<std::size_t>((packet->at - begin).count() * rate);
        for (const auto octet : read->payload()) {
            if (at >= out.size()) break;
            const auto code = std::to_integer<std::uint8_t>(octet);
            out[at++] = type == pcmu ? rtp::g711::decode_mu_law(code) : rtp::g711::decode_a_law(code);
        }
        any = true;
    }
    return any ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<double> likeness(const std::vector<std::int16_t>& voice, const std::vector<std::int16_t>& mixture) {
    const auto size = std::min({voice.size(), mixture.size(), compared});
    if (size < 400) return std::nullopt;
    const auto part = std::span(voice).first(size);
    if (rtp::level_dbov(part) < silent_dbov || rtp::level_dbov(mixture) < silent_dbov) return std::nullopt;
    double best = 0;
    for (std::size_t delay = 0; delay <= most_delay && delay + size <= mixture.size(); ++delay) {
        std::int64_t product = 0, power = 0, own = 0;
        for (std::size_t i = 0; i != size; ++i) {
            const std::int32_t a = part[i], b = mixture[delay + i];
            product += a * b;
            power += b * b;
            own += a * a;
        }
        if (power > 0)
            best = std::max(
                best, std::abs(static_cast<double>(product)) /
                          std::sqrt(static_cast<double>(power) * static_cast<double>(own))
            );
    }
    return best;
}

}  // namespace conformance
