#include "sip/syntax/buffer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace sip {
namespace detail {

/// Blocks of one size that wait for reuse.
struct free_list {
    std::size_t block_size;
    std::size_t most_kept;
    std::size_t kept = 0;
    buffer_block* first = nullptr;
};

namespace {

// Ended transactions hold six blocks a call for 32 seconds: what they do not need is memory that no call touched yet,
// and so page faults. An ordinary message takes 300 to 1,280 bytes, the index of 24 header lines 1,024. What is kept is
// enough for the peak of a busy core, and bounded so that one burst does not stay for ever.
constexpr std::array<free_list, 7> empty_lists{
    {{512, 8192}, {768, 4096}, {1024, 8192}, {1280, 2048}, {2560, 2048}, {8192, 1024}, {65536, 32}}};

constexpr std::size_t usual_capacity = 1280;  // for those who do not know yet what they will write

/// The list that serves this capacity; nullptr for none.
template <class Lists>
auto* find_list(Lists& lists, std::size_t capacity) noexcept {
    for (auto& list : lists)
        if (capacity <= list.block_size) return &list;
    return static_cast<decltype(lists.data())>(nullptr);
}

}  // namespace

struct pool_state {
    std::array<free_list, empty_lists.size()> lists = empty_lists;
    std::size_t live = 0;
    bool pool_alive = true;

    ~pool_state() {
        for (auto& list : lists)
            while (list.first)
                ::operator delete(std::exchange(list.first, list.first->next_free));
    }

    buffer_block* make_block(free_list* list, std::size_t capacity) {
        return new (::operator new(sizeof(buffer_block) + capacity)) buffer_block{this, list, nullptr, capacity, 0, 0};
    }
    void discard(buffer_block* block) noexcept {
        bool const last = !pool_alive && live == 0;
        ::operator delete(block);
        if (last) delete this;
    }
};

void release(buffer_block* block) noexcept {
    --block->pool->live;
    free_list* const list = block->list;
    if (!list || list->kept >= list->most_kept) return block->pool->discard(block);
    block->next_free = std::exchange(list->first, block);
    ++list->kept;
}

}  // namespace detail

using detail::buffer_block;

buffer_ref buffer_ref::clone_to(buffer_pool& other) const {
    return block_ ? other.copy(text()) : buffer_ref{};
}

buffer_pool::buffer_pool() : state_(new detail::pool_state) {}

buffer_pool::~buffer_pool() {
    state_->pool_alive = false;
    for (auto& list : state_->lists)
        list.most_kept = 0;
    if (state_->live == 0) delete state_;
}

buffer_ref buffer_pool::allocate(std::size_t capacity) {
    if (capacity == 0) capacity = detail::usual_capacity;
    detail::free_list* const list = detail::find_list(state_->lists, capacity);
    buffer_block* block = list ? list->first : nullptr;
    if (block) {
        list->first = block->next_free;
        --list->kept;
    } else {
        block = state_->make_block(list, list ? list->block_size : capacity);
    }
    block->size = 0;
    block->references = 1;
    ++state_->live;
    return buffer_ref(block);
}

buffer_ref buffer_pool::copy(std::string_view text) {
    buffer_ref copy = allocate(std::max<std::size_t>(text.size(), 1));
    if (!text.empty()) std::memcpy(copy.data(), text.data(), text.size());
    copy.resize(text.size());
    return copy;
}

std::size_t buffer_pool::live() const noexcept {
    return state_->live;
}

std::size_t buffer_pool::kept_bytes() const noexcept {
    std::size_t bytes = 0;
    for (auto const& list : state_->lists)
        bytes += list.kept * list.block_size;
    return bytes;
}

std::size_t buffer_pool::block_for(std::size_t size) noexcept {
    auto const* list = detail::find_list(detail::empty_lists, size);
    return list ? list->block_size : size;
}

}  // namespace sip
