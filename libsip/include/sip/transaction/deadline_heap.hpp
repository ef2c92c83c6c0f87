// Which of many objects wants to be woken next: an indexed 4-ary heap with one node for each object, named by its slot
// index. Moving an object's deadline costs a walk of one path, O(log4 n); the next deadline costs nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sip/time.hpp"

namespace sip {

/// The next deadline of many objects, one for each.
class deadline_heap {
public:
    /// One deadline.
    struct node {
        time_point at;  ///< when
        std::uint32_t object = 0;  ///< whose
    };

    /// From now on set() for this object, and for those below, allocates nothing.
    void make_room(std::uint32_t object) {
        if (object >= heap_.capacity()) heap_.reserve(std::max<std::size_t>(object + 1u, 2 * heap_.capacity()));
        if (object >= position_.size()) position_.resize(object + 1u, absent);
    }
    /// The object's deadline from now on; nothing takes it out. Allocates at most the first time for an object.
    void set(std::uint32_t object, std::optional<time_point> at) {
        if (!at) return erase(object);
        make_room(object);
        std::size_t hole = position_[object];
        if (hole == absent) {
            hole = heap_.size();
            heap_.push_back({*at, object});
        }
        time_point before = heap_[hole].at;
        node moved{*at, object};
        if (*at < before || hole + 1 == heap_.size())
            sift_up(hole, moved);
        else
            sift_down(hole, moved);
    }
    /// It has no deadline any more.
    void erase(std::uint32_t object) noexcept {
        if (object >= position_.size() || position_[object] == absent) return;
        std::size_t hole = position_[object];
        position_[object] = absent;
        node last = heap_.back();
        heap_.pop_back();
        if (hole == heap_.size()) return;
        if (hole > 0 && last.at < heap_[parent(hole)].at)
            sift_up(hole, last);
        else
            sift_down(hole, last);
    }

    /// The earliest node; null where there is none.
    [[nodiscard]] node const* top() const noexcept { return heap_.empty() ? nullptr : &heap_.front(); }
    /// The earliest deadline.
    [[nodiscard]] std::optional<time_point> next() const noexcept {
        return heap_.empty() ? std::nullopt : std::optional(heap_.front().at);
    }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }  ///< how many there are
    /// True where it has a deadline.
    [[nodiscard]] bool contains(std::uint32_t object) const noexcept {
        return object < position_.size() && position_[object] != absent;
    }

private:
    static constexpr std::uint32_t absent = UINT32_MAX;
    static constexpr std::size_t arity = 4;
    static std::size_t parent(std::size_t i) noexcept { return (i - 1) / arity; }

    void place(std::size_t at, node n) noexcept {
        heap_[at] = n;
        position_[n.object] = static_cast<std::uint32_t>(at);
    }
    void sift_up(std::size_t hole, node n) noexcept {
        while (hole > 0 && n.at < heap_[parent(hole)].at) {
            place(hole, heap_[parent(hole)]);
            hole = parent(hole);
        }
        place(hole, n);
    }
    void sift_down(std::size_t hole, node n) noexcept {
        for (;;) {
            std::size_t first = hole * arity + 1;
            if (first >= heap_.size()) break;
            std::size_t last = std::min(first + arity, heap_.size()), least = first;
            for (std::size_t child = first + 1; child < last; ++child)
                if (heap_[child].at < heap_[least].at) least = child;
            if (!(heap_[least].at < n.at)) break;
            place(hole, heap_[least]);
            hole = least;
        }
        place(hole, n);
    }

    std::vector<node> heap_;
    std::vector<std::uint32_t> position_;  ///< by object: its place in heap_, or absent
};

}  // namespace sip
