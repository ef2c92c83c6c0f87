// Memory for messages. A buffer is a block of bytes with a plain (not atomic) reference count: it stays on the thread
// of its pool; the only way to another thread is clone_to(). Blocks return to their pool, so that a warmed-up core does
// not allocate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace sip {

class buffer_pool;
namespace detail {
struct pool_state;
struct free_list;

/// The head of a block; the bytes follow it.
struct alignas(16) buffer_block {
    pool_state* pool;
    free_list* list;  ///< that it returns to; nullptr: to the heap
    buffer_block* next_free;
    std::size_t capacity;
    std::size_t size;
    std::uint32_t references;
};
void release(buffer_block*) noexcept;  ///< the last reference is gone: back to the pool
}  // namespace detail

/// A shared, immutable-by-convention piece of bytes. Copying shares; only an owner that is `unique()` may write.
/// An empty buffer_ref owns nothing.
class buffer_ref {
public:
    buffer_ref() noexcept = default;
    /// One more reference to the same bytes.
    buffer_ref(buffer_ref const& other) noexcept : block_(other.block_) {
        if (block_) ++block_->references;
    }
    /// The other one is empty from now on.
    buffer_ref(buffer_ref&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    /// Lets go of its bytes, and refers to the other's.
    buffer_ref& operator=(buffer_ref other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~buffer_ref() {
        if (block_ && --block_->references == 0) detail::release(block_);
    }

    /// False for one that names nothing.
    [[nodiscard]] explicit operator bool() const noexcept { return block_ != nullptr; }
    /// The bytes; empty where there are none.
    [[nodiscard]] std::string_view text() const noexcept {
        return block_ ? std::string_view(bytes(), block_->size) : std::string_view{};
    }
    [[nodiscard]] std::size_t size() const noexcept { return block_ ? block_->size : 0; }  ///< bytes in use
    /// Bytes that fit.
    [[nodiscard]] std::size_t capacity() const noexcept { return block_ ? block_->capacity : 0; }
    /// True where nobody else refers to the bytes.
    [[nodiscard]] bool unique() const noexcept { return block_ && block_->references == 1; }

    /// Write access for the one who fills the buffer. Requires unique().
    [[nodiscard]] char* data() noexcept { return block_ ? bytes() : nullptr; }
    /// Sets how many bytes count; n <= capacity(). Requires unique().
    void resize(std::size_t n) noexcept {
        if (block_) block_->size = n;
    }

    /// A copy of the bytes in another pool: the only way to cross threads.
    [[nodiscard]] buffer_ref clone_to(buffer_pool& other) const;

private:
    friend class buffer_pool;
    explicit buffer_ref(detail::buffer_block* block) noexcept : block_(block) {}
    [[nodiscard]] char* bytes() const noexcept { return reinterpret_cast<char*>(block_ + 1); }
    detail::buffer_block* block_ = nullptr;
};

/// Blocks of 512 to 1,280 bytes for ordinary messages, twice that and 8 KiB for large ones, 64 KiB for the rest; larger
/// requests are served from the heap. Buffers may outlive the pool object: the memory goes when the last of them
/// does.
class buffer_pool {
public:
    buffer_pool();
    buffer_pool(buffer_pool const&) = delete;
    buffer_pool& operator=(buffer_pool const&) = delete;
    ~buffer_pool();

    /// A unique, empty buffer with at least `capacity` bytes; 0: with room for nearly every message.
    [[nodiscard]] buffer_ref allocate(std::size_t capacity = 0);
    /// A buffer with these bytes.
    [[nodiscard]] buffer_ref copy(std::string_view text);
    /// The bytes of the smallest block that holds `size`.
    [[nodiscard]] static std::size_t block_for(std::size_t size) noexcept;
    /// Buffers that somebody still holds: zero when all work is done (a test asserts it).
    [[nodiscard]] std::size_t live() const noexcept;
    /// Bytes that wait for reuse. Bounded: what one burst needed beyond that goes back to the heap.
    [[nodiscard]] std::size_t kept_bytes() const noexcept;

private:
    detail::pool_state* state_;
};

}  // namespace sip
