// When the user agent wants to be woken, and for what: one heap for each of its tables, since a heap knows its objects
// by slot index.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sip/handle.hpp"
#include "sip/time.hpp"
#include "sip/transaction/deadline_heap.hpp"

namespace sip {

/// The tables whose objects have deadlines.
enum class deadline_owner : std::uint8_t { call, outgoing, ack, request, account, subscription, notifier, publication };

class schedule {
public:
    struct entry {
        time_point at;
        deadline_owner owner{};
        std::uint32_t index = 0;  ///< the slot of the object
    };

    /// From now on set() for this object cannot fail.
    template <class Tag>
    void make_room(deadline_owner owner, handle<Tag> object) {
        heaps_[static_cast<std::size_t>(owner)].make_room(object.index);
    }
    /// The object's deadline from now on; nothing takes it out.
    template <class Tag>
    void set(deadline_owner owner, handle<Tag> object, std::optional<time_point> at) {
        heaps_[static_cast<std::size_t>(owner)].set(object.index, at);
    }
    [[nodiscard]] std::optional<entry> next() const noexcept {
        std::optional<entry> earliest;
        for (std::size_t i = 0; i < heaps_.size(); ++i) {
            auto const* top = heaps_[i].top();
            if (top != nullptr && (!earliest || top->at < earliest->at))
                earliest = entry{top->at, static_cast<deadline_owner>(i), top->object};
        }
        return earliest;
    }
    /// The earliest entry that is due, taken out.
    [[nodiscard]] std::optional<entry> pop_due(time_point now) noexcept {
        auto const earliest = next();
        if (!earliest || earliest->at > now) return std::nullopt;
        heaps_[static_cast<std::size_t>(earliest->owner)].erase(earliest->index);
        return earliest;
    }

    /// Puts an entry of pop_due() back for a later time, unless its object has a new deadline.
    void put_back(entry const& popped, time_point at) noexcept {
        auto& heap = heaps_[static_cast<std::size_t>(popped.owner)];
        if (!heap.contains(popped.index)) heap.set(popped.index, at);
    }

private:
    std::array<deadline_heap, 8> heaps_;
};

}  // namespace sip
