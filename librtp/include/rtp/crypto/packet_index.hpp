// The 48-bit index of an SRTP packet, of which the packet carries only the low 16 bits, and the list of indices that
// were received.
//
// RFC 3711 3.3.1, 3.3.2, appendix A.
#pragma once

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "rtp/wire/packet.hpp"

namespace rtp {

inline constexpr std::uint64_t packet_index_limit = std::uint64_t{1} << 48;

[[nodiscard]] constexpr std::uint32_t rollover_of(std::uint64_t packet_index) noexcept {
    return static_cast<std::uint32_t>(packet_index >> 16);
}

/// The index with this sequence number that is nearest to the highest one so far (RFC 3711 appendix A). Before the
/// first roll-over nothing lies behind the beginning.
[[nodiscard]] constexpr std::uint64_t estimate_index(std::uint64_t highest, sequence_t sequence) noexcept {
    constexpr std::uint32_t half = 0x8000;
    auto const seq = static_cast<std::uint32_t>(sequence);
    auto const last = static_cast<std::uint32_t>(highest & 0xFFFF);
    std::uint64_t rollover = highest >> 16;
    if (last < half && seq > last + half)
        rollover -= rollover > 0 ? 1 : 0;
    else if (last >= half && seq < last - half)
        ++rollover;
    return rollover << 16 | seq;
}

/// Which of the newest indices were received: a bit for each within the window.
class replay_list final {
public:
    /// For a window of so many packets.
    explicit replay_list(std::size_t window) : window_(window), bits_(std::bit_ceil((window + 63) / 64), 0U) {}

    /// True once an index was added or set.
    [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }
    [[nodiscard]] std::uint64_t highest() const noexcept { return highest_; }  ///< The highest index so far.

    /// Neither received nor older than the window.
    [[nodiscard]] bool is_new(std::uint64_t index) const noexcept {
        if (!has_begun_ || index > highest_) return true;
        return highest_ - index < window_ && (word(index) & bit(index)) == 0;
    }
    /// `index` is_new().
    void add(std::uint64_t index) noexcept {
        if (!has_begun_) begin_at(index);
        if (index > highest_) {
            // The places of the indices that were skipped still hold bits of indices one round older.
            auto const places = bits_.size() * 64;
            if (index - highest_ >= places)
                std::ranges::fill(bits_, std::uint64_t{0});
            else
                for (auto skipped = highest_ + 1; skipped < index; ++skipped)
                    word(skipped) &= ~bit(skipped);
            highest_ = index;
        }
        word(index) |= bit(index);
    }
    /// Forgets all that was received, and takes `highest` for the newest index so far.
    void begin_at(std::uint64_t highest) noexcept {
        has_begun_ = true;
        highest_ = highest;
        std::ranges::fill(bits_, std::uint64_t{0});
    }

private:
    [[nodiscard]] static constexpr std::uint64_t bit(std::uint64_t index) noexcept {
        return std::uint64_t{1} << (index & 63);
    }
    [[nodiscard]] std::uint64_t const& word(std::uint64_t index) const noexcept {
        return bits_[index >> 6 & (bits_.size() - 1)];
    }
    [[nodiscard]] std::uint64_t& word(std::uint64_t index) noexcept { return bits_[index >> 6 & (bits_.size() - 1)]; }

    std::size_t window_;
    std::uint64_t highest_ = 0;
    bool has_begun_ = false;
    boost::container::small_vector<std::uint64_t, 2> bits_;  // a ring of a power of two words
};

}  // namespace rtp
