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
constexpr double enough = 0.5;  ///< likeness that leaves no doubt
constexpr double silent_dbov = -55;
constexpr unsigned pcmu = 0, pcma = 8;
constexpr std::int64_t most_jitter = 1600;  // samples

/// The place of a stream's samples by their RTP timestamps (RFC 3550 5.1), so that jitter does not tear the sound. It
/// begins anew with another source, and where a stream has paused.
struct clock_of_stream {
    rtp::ssrc_t source;
    rtp::timestamp_t first_timestamp{};
    std::int64_t first_place = 0;

    [[nodiscard]] std::int64_t place_of(rtp::timestamp_t timestamp) const {
        return first_place + static_cast<std::int32_t>(
                                 static_cast<std::uint32_t>(timestamp) - static_cast<std::uint32_t>(first_timestamp)
                             );
    }
    [[nodiscard]] bool covers(const rtp::packet_view& packet, std::int64_t arrival) const {
        return packet.ssrc() == source && std::abs(place_of(packet.timestamp()) - arrival) < most_jitter;
    }
};

std::optional<double> likeness_of_part(std::span<const std::int16_t> voice, std::span<const std::int16_t> mixture) {
    const auto size = std::min({voice.size(), mixture.size(), compared});
    if (size < 400) return std::nullopt;
    const auto part = voice.first(size);
    if (rtp::level_dbov(part) < silent_dbov || rtp::level_dbov(mixture) < silent_dbov) return std::nullopt;
    const auto square = [](std::int16_t sample) { return std::int64_t{sample} * sample; };
    std::int64_t own = 0, power = 0;
    for (std::size_t i = 0; i != size; ++i) {
        own += square(part[i]);
        power += square(mixture[i]);
    }
    double best = 0;
    for (std::size_t delay = 0; delay <= most_delay && delay + size <= mixture.size(); ++delay) {
        if (delay > 0) power += square(mixture[delay + size - 1]) - square(mixture[delay - 1]);
        std::int64_t product = 0;
        for (std::size_t i = 0; i != size; ++i)
            product += std::int32_t{part[i]} * mixture[delay + i];
        if (power > 0)
            best = std::max(
                best, std::abs(static_cast<double>(product)) /
                          std::sqrt(static_cast<double>(power) * static_cast<double>(own))
            );
    }
    return best;
}

}  // namespace

std::optional<std::vector<std::int16_t>> sound_of(
    const std::vector<const captured_packet*>& packets, seconds begin, seconds end
) {
    std::vector<std::int16_t> out(static_cast<std::size_t>(std::max(0.0, (end - begin).count() * rate)));
    std::optional<clock_of_stream> clock;
    for (const auto* packet : packets) {
        if (packet->at < begin || packet->at >= end) continue;
        const auto read = rtp::packet_view::parse(packet->bytes);
        if (!read) continue;
        const auto type = static_cast<unsigned>(read->type());
        if (type != pcmu && type != pcma) continue;
        const auto arrival = static_cast<std::int64_t>((packet->at - begin).count() * rate);
        if (!clock || !clock->covers(*read, arrival)) clock = clock_of_stream{read->ssrc(), read->timestamp(), arrival};
        auto at = static_cast<std::size_t>(std::max<std::int64_t>(0, clock->place_of(read->timestamp())));
        for (const auto octet : read->payload()) {
            if (at >= out.size()) break;
            const auto code = std::to_integer<std::uint8_t>(octet);
            out[at++] = type == pcmu ? rtp::g711::decode_mu_law(code) : rtp::g711::decode_a_law(code);
        }
    }
    return clock ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<double> likeness(
    const std::vector<std::int16_t>& voice, const std::vector<std::int16_t>& mixture, std::size_t parts
) {
    std::optional<double> best;
    for (std::size_t begin = 0; begin < parts * compared && best.value_or(0) < enough; begin += compared) {
        if (begin > voice.size() || begin > mixture.size()) break;
        const auto part = likeness_of_part(std::span(voice).subspan(begin), std::span(mixture).subspan(begin));
        if (part) best = std::max(best.value_or(0), *part);
    }
    return best;
}

}  // namespace conformance
