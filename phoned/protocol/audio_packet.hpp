// The audio plane's fallback: one packet a period each way over a SOCK_SEQPACKET pair, for containers, scripts and
// tests. Sans-IO.
//
// A packet is 16 bytes of header, little-endian, then `frames` samples s16: sequence u32, timestamp u32 (in samples),
// flags u16, frames u16, delay_frames u32. The driver's packets are its clock: each asks for one period back, also one
// without samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace phoned {

inline constexpr std::size_t audio_packet_header = 16;
inline constexpr std::uint16_t audio_packet_discontinuity = 1;  ///< flags: samples before this one are lost

struct audio_packet {
    std::uint32_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint16_t flags = 0;
    std::uint16_t frames = 0;
    std::uint32_t delay_frames = 0;
};

void write_audio_header(std::span<std::byte, audio_packet_header> to, const audio_packet&);

/// The header of a packet with a whole number of samples behind it, exactly `frames` of them, none or `period_frames`;
/// none otherwise.
[[nodiscard]] std::optional<audio_packet> read_audio_header(
    std::span<const std::byte> packet, std::uint32_t period_frames
);

}  // namespace phoned
