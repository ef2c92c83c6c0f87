#include "phoned/net/audio_ring.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace phoned::net {
namespace {

constexpr std::uint32_t magic = 0x3141484f;  // "OHA1" in memory
constexpr std::uint32_t layout_version = 1;
constexpr std::uint32_t format_s16 = 1;
constexpr std::size_t slots_at = 4096;

struct block_header {
    std::uint32_t magic_number, version, rate, channels, format, period_frames, periods, reserved;
};

std::atomic_ref<std::uint32_t> index_at(std::span<std::byte> block, std::size_t offset) {
    return std::atomic_ref<std::uint32_t>{*reinterpret_cast<std::uint32_t*>(block.data() + offset)};
}

std::size_t written_at(ring_direction direction) {
    return direction == ring_direction::capture ? 64 : 192;
}
std::size_t read_at(ring_direction direction) {
    return direction == ring_direction::capture ? 128 : 256;
}

std::byte* slots_of(std::span<std::byte> block, const ring_layout& layout, ring_direction direction) {
    const auto first = block.data() + slots_at;
    return direction == ring_direction::capture ? first : first + layout.periods * layout.slot_size();
}

std::byte* slot(std::byte* slots, const ring_layout& layout, std::uint32_t index) {
    return slots + (index & (layout.periods - 1)) * layout.slot_size();
}

bool is_plausible(const ring_layout& layout) {
    const bool rate_is_known = layout.format.rate == 8000 || layout.format.rate == 16000;
    return rate_is_known && layout.format.period_frames == layout.format.rate / 100 &&
           std::has_single_bit(layout.periods) && layout.periods >= 2 && layout.periods <= 256;
}

}  // namespace

void format_ring_block(std::span<std::byte> block, const ring_layout& layout) {
    const block_header header{
        magic, layout_version, layout.format.rate, 1, format_s16, layout.format.period_frames, layout.periods, 0,
    };
    std::memcpy(block.data(), &header, sizeof header);
}

std::optional<ring_layout> read_ring_layout(std::span<const std::byte> block) {
    block_header header{};
    if (block.size() < slots_at) return std::nullopt;
    std::memcpy(&header, block.data(), sizeof header);
    const ring_layout layout{{header.rate, header.period_frames}, header.periods};
    const bool is_ours = header.magic_number == magic && header.version == layout_version && header.channels == 1 &&
                         header.format == format_s16;
    if (!is_ours || !is_plausible(layout) || block.size() < layout.total_size()) return std::nullopt;
    return layout;
}

ring_writer::ring_writer(std::span<std::byte> block, const ring_layout& layout, ring_direction direction)
    : slots_(slots_of(block, layout, direction)),
      shown_written_(index_at(block, written_at(direction))),
      shown_read_(index_at(block, read_at(direction))),
      layout_(layout),
      written_(shown_written_.load(std::memory_order_relaxed)) {}

bool ring_writer::push(std::span<const std::int16_t> samples, const period_stamp& stamp) {
    const auto waiting = written_ - shown_read_.load(std::memory_order_acquire);
    if (waiting > layout_.periods) ++faults_;
    if (waiting >= layout_.periods) return false;
    auto* const to = slot(slots_, layout_, written_);
    std::memcpy(to, &stamp.stamp_us, sizeof stamp.stamp_us);
    std::memcpy(to + 8, &stamp.delay_frames, sizeof stamp.delay_frames);
    const auto frames = std::min<std::size_t>(samples.size(), layout_.format.period_frames);
    std::memcpy(to + 16, samples.data(), frames * sizeof(std::int16_t));
    shown_written_.store(++written_, std::memory_order_release);
    return true;
}

ring_reader::ring_reader(std::span<std::byte> block, const ring_layout& layout, ring_direction direction)
    : slots_(slots_of(block, layout, direction)),
      shown_written_(index_at(block, written_at(direction))),
      shown_read_(index_at(block, read_at(direction))),
      layout_(layout),
      read_(shown_read_.load(std::memory_order_relaxed)) {}

std::uint32_t ring_reader::waiting() {
    const auto waiting = shown_written_.load(std::memory_order_acquire) - read_;
    if (waiting <= layout_.periods) return waiting;
    // The writer claims more than the ring holds: begin again where it says it is.
    ++faults_;
    read_ += waiting;
    shown_read_.store(read_, std::memory_order_release);
    return 0;
}

std::optional<period_stamp> ring_reader::pop(std::span<std::int16_t> samples) {
    if (waiting() == 0) return std::nullopt;
    const auto* const from = slot(slots_, layout_, read_);
    period_stamp stamp;
    std::memcpy(&stamp.stamp_us, from, sizeof stamp.stamp_us);
    std::memcpy(&stamp.delay_frames, from + 8, sizeof stamp.delay_frames);
    const auto frames = std::min<std::size_t>(samples.size(), layout_.format.period_frames);
    std::memcpy(samples.data(), from + 16, frames * sizeof(std::int16_t));
    shown_read_.store(++read_, std::memory_order_release);
    return stamp;
}

std::uint32_t ring_reader::skip_to(std::uint32_t kept) {
    const auto now_waiting = waiting();
    if (now_waiting <= kept) return 0;
    read_ += now_waiting - kept;
    shown_read_.store(read_, std::memory_order_release);
    return now_waiting - kept;
}

}  // namespace phoned::net
