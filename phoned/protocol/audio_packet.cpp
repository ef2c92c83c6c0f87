#include "phoned/protocol/audio_packet.hpp"

namespace phoned {
namespace {

template <class Integer>
void put(std::byte* to, Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        to[i] = static_cast<std::byte>(value >> (8 * i));
}

template <class Integer>
Integer get(const std::byte* from) {
    Integer value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        value = static_cast<Integer>(value | (static_cast<Integer>(from[i]) << (8 * i)));
    }
    return value;
}

}  // namespace

void write_audio_header(std::span<std::byte, audio_packet_header> to, const audio_packet& header) {
    put(to.data(), header.sequence);
    put(to.data() + 4, header.timestamp);
    put(to.data() + 8, header.flags);
    put(to.data() + 10, header.frames);
    put(to.data() + 12, header.delay_frames);
}

std::optional<audio_packet> read_audio_header(std::span<const std::byte> packet, std::uint32_t period_frames) {
    if (packet.size() < audio_packet_header) return std::nullopt;
    const auto* const from = packet.data();
    const audio_packet header{
        get<std::uint32_t>(from),      get<std::uint32_t>(from + 4),  get<std::uint16_t>(from + 8),
        get<std::uint16_t>(from + 10), get<std::uint32_t>(from + 12),
    };
    const bool has_expected_length = header.frames == 0 || header.frames == period_frames;
    const auto length = audio_packet_header + std::size_t{header.frames} * sizeof(std::int16_t);
    if (!has_expected_length || packet.size() != length) return std::nullopt;
    return header;
}

}  // namespace phoned
