// The table of header lines while it is being filled: in a block of the pool that grows with the message.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "syntax/message_index.hpp"

namespace sip::detail {

class header_table {
public:
    header_table(buffer_pool& pool, std::size_t most_lines) : pool_(pool), most_lines_(most_lines) {
        static_assert(index_size(usual_lines) <= 1024);
        buffer_ref block = pool.allocate(index_size(usual_lines));
        new (block.data()) message_index;
        use(std::move(block));
    }

    [[nodiscard]] message_index& index() const noexcept { return *index_; }
    [[nodiscard]] buffer_ref take() && { return std::move(block_); }
    /// One more than the number of the first line with this header; 0 where there is none.
    [[nodiscard]] std::uint16_t first(header_id id) const noexcept {
        return index_->first[static_cast<std::size_t>(id)];
    }

    /// True where one more line can be added: false where the limit on lines is reached.
    [[nodiscard]] bool has_room() { return next_ != room_end_ || grow(); }

    /// Requires room. False where a line with this header is there already.
    bool add(char const* text, header_id id, std::string_view name, std::string_view value) noexcept {
        header_entry& entry = *next_++;
        entry.id = id;
        entry.name_at = static_cast<std::uint16_t>(name.data() - text);
        entry.name_length = static_cast<std::uint16_t>(name.size());
        entry.value_at = static_cast<std::uint16_t>(value.data() - text);
        std::uint16_t const line = ++index_->count;
        auto& first = index_->first[static_cast<std::size_t>(id)];
        bool const is_first = first == 0;
        if (is_first)
            first = line;
        else
            index_->is_repeated.set(static_cast<std::size_t>(id));
        entry.value_length = static_cast<std::uint16_t>(value.size());
        return is_first;
    }

private:
    static constexpr std::size_t usual_lines = 24;  // an index with so many fits a small block

    bool grow();

    /// Goes on in a block that holds what was found so far.
    void use(buffer_ref block) noexcept {
        index_ = reinterpret_cast<message_index*>(block.data());
        std::size_t const room = (block.capacity() - sizeof(message_index)) / sizeof(header_entry);
        next_ = index_->entries() + index_->count;
        room_end_ = index_->entries() + std::min(room, most_lines_);
        block.resize(block.capacity());
        block_ = std::move(block);
    }

    buffer_pool& pool_;
    std::size_t most_lines_;
    buffer_ref block_;
    message_index* index_ = nullptr;
    header_entry* next_ = nullptr;      ///< the next line goes here
    header_entry* room_end_ = nullptr;  ///< what the block has room for, or the limit on lines if that is less
};

}  // namespace sip::detail
