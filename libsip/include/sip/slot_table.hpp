// A table that owns objects and names them by generational handles: stable until erased, no allocation after warm-up, a
// stale handle finds nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace sip {

/// Handle is a handle<Tag>. References stay valid until the object is erased (the slots are a deque).
template <class T, class Handle>
class slot_table {
public:
    /// Makes an object from these arguments, and its name.
    template <class... Args>
    Handle emplace(Args&&... args) {
        std::uint32_t index;
        if (free_.empty()) {
            index = static_cast<std::uint32_t>(slots_.size());
            // erase() must not allocate: there is always room to note every slot as free.
            if (free_.capacity() <= slots_.size()) free_.reserve(2 * slots_.size() + 16);
            slots_.emplace_back();
        } else {
            index = free_.back();
            free_.pop_back();
        }
        auto& slot = slots_[index];
        try {
            slot.value.emplace(std::forward<Args>(args)...);
        } catch (...) {
            free_.push_back(index);
            throw;
        }
        if (++slot.generation == 0) ++slot.generation;
        ++live_;
        return {index, slot.generation};
    }

    /// The object; nullptr where it is gone.
    [[nodiscard]] T* find(Handle handle) noexcept {
        if (!handle || handle.index >= slots_.size()) return nullptr;
        auto& slot = slots_[handle.index];
        return slot.generation == handle.generation && slot.value ? &*slot.value : nullptr;
    }
    /// The object; nullptr where it is gone.
    [[nodiscard]] T const* find(Handle handle) const noexcept { return const_cast<slot_table*>(this)->find(handle); }

    /// The handle of the live object in a slot; an empty one where the slot is free. For indexes kept beside the table.
    [[nodiscard]] Handle handle_at(std::uint32_t index) const noexcept {
        if (index >= slots_.size() || !slots_[index].value) return {};
        return {index, slots_[index].generation};
    }

    /// Destroys the object; its handle names nothing from now on.
    void erase(Handle handle) noexcept {
        if (find(handle) == nullptr) return;
        slots_[handle.index].value.reset();
        free_.push_back(handle.index);
        --live_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return live_; }  ///< how many there are

    /// Visits every live object as visit(handle, object); the visitor may erase the object it is given.
    template <class Visitor>
    void for_each(Visitor&& visit) {
        for (std::uint32_t index = 0; index < slots_.size(); ++index)
            if (slots_[index].value) visit(Handle{index, slots_[index].generation}, *slots_[index].value);
    }

private:
    struct entry {
        std::uint32_t generation = 0;
        std::optional<T> value;
    };
    std::deque<entry> slots_;
    std::vector<std::uint32_t> free_;
    std::size_t live_ = 0;
};

}  // namespace sip
