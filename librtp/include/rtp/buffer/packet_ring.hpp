// Packets by extended sequence number, in a window that only moves forward: put in any order, taken in order.
//
//     passed | next ........................ next + capacity - 1 | beyond
//
// Knows no time and makes no decisions; jitter_buffer does. It remembers which of the last 64 passed numbers were
// there, so that a repeated packet is told from a late one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "rtp/wire/packet.hpp"
#include "rtp/wire/packet_buffer.hpp"

namespace rtp {

/// What a packet holds, as its payload type tells.
enum class packet_content : std::uint8_t {
    audio,
    comfort_noise,  ///< Silence begins: until the next audio packet nothing is missing (RFC 3389).
    other,          ///< Something that is not played from here, like a telephone-event. It has a sequence number and
                    ///< therefore must pass through here, or it would count as lost.
};

/// A packet that waits.
struct queued_packet {
    packet_buffer buffer;                            ///< Owns the bytes; without a block: an empty place.
    std::span<const std::byte> payload{};            ///< Into `buffer`; moves with it.
    std::int64_t sequence = 0;                       ///< Extended.
    std::int64_t timestamp = 0;                      ///< Extended.
    std::int64_t units = 0;                          ///< Length in clock units.
    payload_type type{};                             ///< The number on the wire.
    packet_content content = packet_content::audio;  ///< Audio, or what tells of silence.
};

/// Allocates on construction only.
class packet_ring final {
public:
    /// Where a sequence number falls.
    enum class place : std::uint8_t {
        free,
        taken,        ///< The number waits in the ring already.
        passed,       ///< Its turn is over, and it was not there.
        passed_seen,  ///< Its turn is over, and it was there.
        beyond,       ///< Too far ahead.
    };

    /// `capacity` is rounded up to a power of two from 8 to 1024.
    explicit packet_ring(std::size_t capacity);

    /// Where this extended sequence number falls.
    [[nodiscard]] place place_of(std::int64_t sequence) const noexcept {
        if (sequence < next_) {
            auto const back = next_ - 1 - sequence;
            return back < 64 && (seen_ >> back & 1) != 0 ? place::passed_seen : place::passed;
        }
        if (sequence - next_ >= static_cast<std::int64_t>(slots_.size())) return place::beyond;
        return slot(sequence).buffer.has_block() ? place::taken : place::free;
    }

    /// The packet's place must be free.
    void insert(queued_packet&& packet) noexcept {
        slot(packet.sequence) = std::move(packet);
        ++count_;
    }

    /// The packet whose turn it is; null if it is missing.
    [[nodiscard]] queued_packet* turn() noexcept {
        auto& here = slot(next_);
        return here.buffer.has_block() ? &here : nullptr;
    }
    /// The waiting packet with the lowest number; null if none waits.
    [[nodiscard]] queued_packet* first() noexcept {
        if (count_ == 0) return nullptr;
        auto sequence = next_;
        while (!slot(sequence).buffer.has_block())
            ++sequence;
        return &slot(sequence);
    }

    /// Moves the window on by one number and gives back the packet that was there, if one was.
    queued_packet pass() noexcept {
        auto taken = std::move(slot(next_));
        seen_ = seen_ << 1 | std::uint64_t{taken.buffer.has_block()};
        count_ -= std::size_t{taken.buffer.has_block()};
        ++next_;
        return taken;
    }
    /// Notes that a passed or refused number has been here after all.
    void mark_seen(std::int64_t sequence) noexcept;

    /// Empties the ring; the window then starts at `next`.
    void restart(std::int64_t next) noexcept;
    /// Moves the start of the window back, as long as everything waiting still fits. False if it does not.
    bool reopen(std::int64_t next) noexcept;

    /// The extended sequence number that is handed out next.
    [[nodiscard]] std::int64_t next() const noexcept { return next_; }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }             ///< How many there are.
    [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }  ///< How many there may be.

private:
    [[nodiscard]] queued_packet& slot(std::int64_t sequence) noexcept {
        return slots_[static_cast<std::size_t>(sequence) & (slots_.size() - 1)];
    }
    [[nodiscard]] queued_packet const& slot(std::int64_t sequence) const noexcept {
        return slots_[static_cast<std::size_t>(sequence) & (slots_.size() - 1)];
    }

    std::vector<queued_packet> slots_;
    std::size_t count_ = 0;
    std::int64_t next_ = 0;
    std::uint64_t seen_ = 0;  // bit n: packet next_ - 1 - n has been here
};

}  // namespace rtp
