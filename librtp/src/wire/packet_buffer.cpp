#include "rtp/wire/packet_buffer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rtp {

struct packet_buffer::block {
    packet_pool::state* home = nullptr;  // not owned; null for a block without pool
    block* next_free = nullptr;
    std::array<std::byte, head_room + max_size + tail_room> bytes;  // left uninitialised
};

// Lives until the pool object and every buffer that is out are gone, whichever comes last.
struct packet_pool::state {
    packet_buffer::block* free_list = nullptr;
    std::size_t free_count = 0;
    std::size_t out_count = 0;
    bool has_owner = true;

    packet_buffer::block* take() {
        auto* block = free_list;
        if (block != nullptr) {
            free_list = block->next_free;
            --free_count;
        } else {
            block = new packet_buffer::block;
            block->home = this;
        }
        ++out_count;
        return block;
    }
    void put_free(packet_buffer::block* block) noexcept {
        block->next_free = std::exchange(free_list, block);
        ++free_count;
    }
    void give_back(packet_buffer::block* block) noexcept {
        --out_count;
        put_free(block);
        if (!has_owner && out_count == 0) destroy();
    }
    void destroy() noexcept {
        while (free_list != nullptr)
            delete std::exchange(free_list, free_list->next_free);
        delete this;
    }
};

packet_pool::packet_pool(std::size_t reserve) : state_(new state) {
    try {
        for (std::size_t i = 0; i < reserve; ++i) {
            auto* block = new packet_buffer::block;
            block->home = state_;
            state_->put_free(block);
        }
    } catch (...) {
        state_->destroy();
        throw;
    }
}

packet_pool::~packet_pool() {
    state_->has_owner = false;
    if (state_->out_count == 0) state_->destroy();
}

std::size_t packet_pool::in_use() const noexcept {
    return state_->out_count;
}
std::size_t packet_pool::free() const noexcept {
    return state_->free_count;
}

packet_buffer::packet_buffer(packet_pool& pool) : packet_buffer(pool.state_->take()) {}

packet_buffer::packet_buffer(packet_pool& pool, std::span<const std::byte> source) : packet_buffer(pool) {
    auto const kept = source.first(std::min(source.size(), max_size));
    std::copy_n(kept.data(), kept.size(), receive_space().data());
    set_size(kept.size());
}

packet_buffer packet_buffer::unpooled(std::span<const std::byte> source) {
    packet_buffer buffer(new block);
    auto const kept = source.first(std::min(source.size(), max_size));
    std::copy_n(kept.data(), kept.size(), buffer.receive_space().data());
    buffer.set_size(kept.size());
    return buffer;
}

void packet_buffer::give_back() noexcept {
    if (block_->home != nullptr)
        block_->home->give_back(block_);
    else
        delete block_;
}

std::span<std::byte> packet_buffer::bytes() noexcept {
    if (block_ == nullptr) return {};
    return std::span(block_->bytes).subspan(begin_, size_);
}

std::span<const std::byte> packet_buffer::bytes() const noexcept {
    if (block_ == nullptr) return {};
    return std::span<const std::byte>(block_->bytes).subspan(begin_, size_);
}

std::span<std::byte> packet_buffer::receive_space() noexcept {
    if (block_ == nullptr) return {};
    begin_ = head_room;
    size_ = 0;
    return std::span(block_->bytes).subspan(head_room, max_size);
}

void packet_buffer::set_size(std::size_t size) noexcept {
    if (block_ != nullptr) size_ = static_cast<std::uint16_t>(std::min(size, block_->bytes.size() - begin_));
}

std::span<std::byte> packet_buffer::prepend(std::size_t count) noexcept {
    if (block_ == nullptr || count > begin_) return {};
    begin_ = static_cast<std::uint16_t>(begin_ - count);
    size_ = static_cast<std::uint16_t>(size_ + count);
    return bytes().first(count);
}

std::span<std::byte> packet_buffer::append(std::size_t count) noexcept {
    if (block_ == nullptr || count > block_->bytes.size() - begin_ - size_) return {};
    size_ = static_cast<std::uint16_t>(size_ + count);
    return bytes().last(count);
}

void packet_buffer::remove_front(std::size_t count) noexcept {
    auto const cut = static_cast<std::uint16_t>(std::min<std::size_t>(count, size_));
    begin_ = static_cast<std::uint16_t>(begin_ + cut);
    size_ = static_cast<std::uint16_t>(size_ - cut);
}

void packet_buffer::remove_back(std::size_t count) noexcept {
    size_ = static_cast<std::uint16_t>(size_ - std::min<std::size_t>(count, size_));
}

}  // namespace rtp
