#include "rtp/buffer/packet_ring.hpp"

#include <algorithm>
#include <bit>

namespace rtp {

packet_ring::packet_ring(std::size_t capacity) : slots_(std::bit_ceil(std::clamp<std::size_t>(capacity, 8, 1024))) {}

packet_ring::place packet_ring::place_of(std::int64_t sequence) const noexcept {
    if (sequence < next_) {
        auto const back = next_ - 1 - sequence;
        return back < 64 && (seen_ >> back & 1) != 0 ? place::passed_seen : place::passed;
    }
    if (sequence - next_ >= static_cast<std::int64_t>(slots_.size())) return place::beyond;
    return slot(sequence).buffer.has_block() ? place::taken : place::free;
}

queued_packet* packet_ring::first() noexcept {
    if (count_ == 0) return nullptr;
    auto sequence = next_;
    while (!slot(sequence).buffer.has_block())
        ++sequence;
    return &slot(sequence);
}

void packet_ring::mark_seen(std::int64_t sequence) noexcept {
    auto const back = next_ - 1 - sequence;
    if (back >= 0 && back < 64) seen_ |= std::uint64_t{1} << back;
}

void packet_ring::restart(std::int64_t next) noexcept {
    for (auto& each : slots_)
        each = {};
    count_ = 0;
    next_ = next;
    seen_ = 0;
}

bool packet_ring::reopen(std::int64_t next) noexcept {
    auto highest = next_;
    for (auto const& each : slots_)
        if (each.buffer.has_block()) highest = std::max(highest, each.sequence);
    if (next > next_ || highest - next >= static_cast<std::int64_t>(slots_.size())) return false;
    auto const back = next_ - next;
    seen_ = back < 64 ? seen_ >> back : 0;
    next_ = next;
    return true;
}

}  // namespace rtp
