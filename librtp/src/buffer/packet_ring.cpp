#include "rtp/buffer/packet_ring.hpp"

#include <algorithm>
#include <bit>

namespace rtp {

packet_ring::packet_ring(std::size_t capacity) : slots_(std::bit_ceil(std::clamp<std::size_t>(capacity, 8, 1024))) {}

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
