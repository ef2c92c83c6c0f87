// One datagram in memory, with room in front for headers and behind for an SRTP tag, so that no step of the packet path
// copies it.
//
//     | head-room 64 | bytes: up to 1500 | tail-room 32 |
//
// Blocks come from a packet_pool and return to it; the pool never shrinks below what was in use at once. Not
// thread-safe: a buffer and its pool stay on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace rtp {

class packet_pool;

/// Owns one block. Move-only; a moved-from or default-made buffer is empty and holds no block.
class packet_buffer final {
public:
    static constexpr std::size_t head_room = 64;  ///< Bytes that may be put in front.
    static constexpr std::size_t max_size = 1500;  ///< Bytes of a packet.
    static constexpr std::size_t tail_room = 32;  ///< Bytes that may be put behind: an authentication tag.

    packet_buffer() noexcept = default;
    /// An empty datagram in a block of the pool.
    explicit packet_buffer(packet_pool&);
    /// A copy of `bytes`, cut at max_size, in a block of the pool.
    packet_buffer(packet_pool&, std::span<const std::byte> bytes);
    /// The same in a block of its own, freed with the buffer. For tests and for rare packets.
    [[nodiscard]] static packet_buffer unpooled(std::span<const std::byte> bytes = {});

    /// The other one is empty from now on.
    packet_buffer(packet_buffer&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)),
          begin_(other.begin_),
          size_(std::exchange(other.size_, std::uint16_t{0})) {}
    /// The other one is empty from now on.
    packet_buffer& operator=(packet_buffer&& other) noexcept {
        auto taken = std::move(other);
        std::swap(block_, taken.block_);
        begin_ = taken.begin_;
        size_ = taken.size_;
        return *this;
    }
    packet_buffer(packet_buffer const&) = delete;
    packet_buffer& operator=(packet_buffer const&) = delete;
    // Most buffers die empty, moved on to the next owner: that has to cost nothing.
    ~packet_buffer() {
        if (block_ != nullptr) give_back();
    }

    /// False for one that was moved from.
    [[nodiscard]] bool has_block() const noexcept { return block_ != nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }  ///< Bytes.
    /// True where there is none.
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Valid until the buffer is moved from, reset or destroyed.
    [[nodiscard]] std::span<std::byte> bytes() noexcept;
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept;  ///< The packet.

    /// max_size bytes to receive into. Forgets the content; call set_size() with what arrived.
    [[nodiscard]] std::span<std::byte> receive_space() noexcept;
    void set_size(std::size_t) noexcept;  ///< At most max_size.

    /// Grows the datagram in front or behind and returns the new, uninitialised bytes; an empty span if there is no
    /// room.
    [[nodiscard]] std::span<std::byte> prepend(std::size_t) noexcept;
    /// Room behind the packet, which it belongs to from now on.
    [[nodiscard]] std::span<std::byte> append(std::size_t) noexcept;
    /// Cuts bytes off; at most what is there.
    void remove_front(std::size_t) noexcept;
    void remove_back(std::size_t) noexcept;  ///< Takes bytes off the end.

    /// Gives the block back.
    void reset() noexcept { *this = packet_buffer(); }

private:
    friend class packet_pool;
    struct block;
    void give_back() noexcept;
    explicit packet_buffer(block* owned) noexcept : block_(owned), begin_(head_room) {}

    block* block_ = nullptr;  // owned
    std::uint16_t begin_ = 0;
    std::uint16_t size_ = 0;
};

/// A free list of blocks. Buffers may outlive it: the last one to come home takes the memory with it.
class packet_pool final {
public:
    /// Allocates `reserve` blocks at once, so that the first packets of a call allocate nothing.
    explicit packet_pool(std::size_t reserve = 0);
    ~packet_pool();
    packet_pool(packet_pool const&) = delete;
    packet_pool& operator=(packet_pool const&) = delete;

    [[nodiscard]] std::size_t in_use() const noexcept;  ///< Blocks that are lent.
    [[nodiscard]] std::size_t free() const noexcept;  ///< Blocks that wait.

private:
    friend class packet_buffer;
    struct state;
    state* state_;  // owned together with the buffers that are out
};

}  // namespace rtp
