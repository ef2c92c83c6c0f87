// The audio plane's shared memory: a header page and two single-producer single-consumer rings of periods, capture
// (driver to phoned) and playback (phoned to driver). Works on any block of memory; net/audio_link.hpp makes it a
// sealed memfd. Here and not in protocol/, because memory that another process writes is input and output.
//
//   0     header: magic, layout version, rate, channels, format, period_frames, periods; written once by phoned
//   64    capture ring: periods written (by the driver)      128   periods read (by phoned)
//   192   playback ring: periods written (by phoned)         256   periods read (by the driver)
//   4096  capture slots, then playback slots
//
// A slot: stamp_us u64, delay_frames u32, reserved u32, samples s16[period_frames], padded to 64 bytes.
//
// The other side may be broken or hostile. So each side keeps its own index to itself and only shows it, takes the
// other side's index as a hint that is checked against the size of the ring, and takes no geometry from the page that
// it did not check once.
#pragma once

#include "phoned/protocol/audio_device.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace phoned::net {

struct ring_layout {
    audio_format format;
    std::uint32_t periods = 16;  ///< In each ring; a power of two

    [[nodiscard]] constexpr std::size_t slot_size() const noexcept {
        return (16 + std::size_t{format.period_frames} * sizeof(std::int16_t) + 63) / 64 * 64;
    }
    [[nodiscard]] constexpr std::size_t total_size() const noexcept { return 4096 + 2 * periods * slot_size(); }
};

/// What travels with a period's samples.
struct period_stamp {
    std::uint64_t stamp_us = 0;      ///< CLOCK_MONOTONIC of the first sample at the microphone or loudspeaker
    std::uint32_t delay_frames = 0;  ///< Hardware delay at that moment
};

enum class ring_direction { capture, playback };

/// Writes the header of a new block. The block must be zero and of total_size bytes.
void format_ring_block(std::span<std::byte> block, const ring_layout&);
/// Reads and checks the header of a block made by the other side; none if it is not one or does not fit in the block.
[[nodiscard]] std::optional<ring_layout> read_ring_layout(std::span<const std::byte> block);

/// The producer's end of one ring. The block must outlive it, have been formatted with the layout, and be aligned to 64
/// bytes.
class ring_writer {
public:
    ring_writer(std::span<std::byte> block, const ring_layout&, ring_direction);

    /// False if the ring is full: the period was not written. `samples` has period_frames entries.
    [[nodiscard]] bool push(std::span<const std::int16_t> samples, const period_stamp&);
    /// How often the other side showed an impossible index.
    [[nodiscard]] std::uint64_t faults() const noexcept { return faults_; }

private:
    std::byte* slots_;
    std::atomic_ref<std::uint32_t> shown_written_;
    std::atomic_ref<std::uint32_t> shown_read_;
    ring_layout layout_;
    std::uint32_t written_ = 0;
    std::uint64_t faults_ = 0;
};

/// The consumer's end.
class ring_reader {
public:
    ring_reader(std::span<std::byte> block, const ring_layout&, ring_direction);

    /// The next period into `samples` (period_frames entries); none if there is none.
    [[nodiscard]] std::optional<period_stamp> pop(std::span<std::int16_t> samples);
    /// Leaves out the oldest periods until at most `kept` wait; how many were left out. Takes delay out after a stall.
    std::uint32_t skip_to(std::uint32_t kept);
    [[nodiscard]] std::uint32_t waiting();
    [[nodiscard]] std::uint64_t faults() const noexcept { return faults_; }

private:
    std::byte* slots_;
    std::atomic_ref<std::uint32_t> shown_written_;
    std::atomic_ref<std::uint32_t> shown_read_;
    ring_layout layout_;
    std::uint32_t read_ = 0;
    std::uint64_t faults_ = 0;
};

}  // namespace phoned::net
