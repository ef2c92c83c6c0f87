#include "sip/syntax/buffer.hpp"

#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace sip {
namespace detail {

struct pool_state {
    // Ended transactions hold six blocks a call for 32 seconds: what they do not need is memory that no call touched yet,
    // and so page faults. An ordinary message fits 1,280 bytes, as does the index of 38 header lines.
    static constexpr std::array<std::size_t, 4> sizes{1280, 2560, 8192, 65536};
    // What is kept for reuse: enough for the peak of a busy core, bounded so that one burst does not stay for ever.
    static constexpr std::array<std::size_t, 4> most_kept{8192, 4096, 1024, 32};

    std::array<buffer_block*, sizes.size()> free{};
    std::array<std::size_t, sizes.size()> kept{};
    std::size_t live = 0;
    bool pool_alive = true;

    ~pool_state() {
        for (buffer_block* block : free)
            while (block)
                destroy(std::exchange(block, block->next_free));
    }

    static void destroy(buffer_block* block) noexcept { ::operator delete(block); }

    /// Which free list serves this capacity; sizes.size() for none.
    static std::size_t class_of(std::size_t capacity) noexcept {
        std::size_t size_class = 0;
        while (size_class < sizes.size() && capacity > sizes[size_class])
            ++size_class;
        return size_class;
    }
};

void release(buffer_block* block) noexcept {
    pool_state* pool = block->pool;
    --pool->live;
    std::size_t size_class = pool_state::class_of(block->capacity);
    if (pool->pool_alive && size_class < pool_state::sizes.size() &&
        pool->kept[size_class] < pool_state::most_kept[size_class]) {
        block->next_free = std::exchange(pool->free[size_class], block);
        ++pool->kept[size_class];
        return;
    }
    pool_state::destroy(block);
    if (!pool->pool_alive && pool->live == 0) delete pool;
}

}  // namespace detail

using detail::buffer_block;
using detail::pool_state;

void buffer_ref::resize(std::size_t n) noexcept {
    if (block_) block_->size = n;
}

buffer_ref buffer_ref::clone_to(buffer_pool& other) const {
    return block_ ? other.copy(text()) : buffer_ref{};
}

buffer_pool::buffer_pool() : state_(new pool_state) {}

buffer_pool::~buffer_pool() {
    state_->pool_alive = false;
    if (state_->live == 0) delete state_;
}

buffer_ref buffer_pool::allocate(std::size_t capacity) {
    std::size_t size_class = pool_state::class_of(capacity);
    bool const pooled = size_class < pool_state::sizes.size();
    buffer_block* block = nullptr;
    if (pooled && state_->free[size_class]) {
        block = state_->free[size_class];
        state_->free[size_class] = block->next_free;
        --state_->kept[size_class];
    } else {
        if (pooled) capacity = pool_state::sizes[size_class];
        block = new (::operator new(sizeof(buffer_block) + capacity)) buffer_block{state_, nullptr, capacity, 0, 1};
    }
    block->size = 0;
    block->references = 1;
    ++state_->live;
    return buffer_ref(block);
}

buffer_ref buffer_pool::copy(std::string_view text) {
    buffer_ref copy = allocate(text.size());
    if (!text.empty()) std::memcpy(copy.data(), text.data(), text.size());
    copy.resize(text.size());
    return copy;
}

std::size_t buffer_pool::live() const noexcept {
    return state_->live;
}

std::size_t buffer_pool::kept_bytes() const noexcept {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < pool_state::sizes.size(); ++i)
        bytes += state_->kept[i] * pool_state::sizes[i];
    return bytes;
}

std::size_t buffer_pool::block_for(std::size_t size) noexcept {
    std::size_t size_class = pool_state::class_of(size);
    return size_class < pool_state::sizes.size() ? pool_state::sizes[size_class] : size;
}

}  // namespace sip
