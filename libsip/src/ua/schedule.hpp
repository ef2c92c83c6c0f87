// When the user agent wants to be woken, and for what: one entry for each object with a deadline, in an indexed binary
// heap. Setting a deadline again moves the entry, so nothing stale is left behind and nothing grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "sip/handle.hpp"
#include "sip/time.hpp"

namespace sip {

/// The tables whose objects have deadlines.
enum class deadline_owner : std::uint8_t { call, outgoing, ack, request, account };

struct deadline_key {
    deadline_owner owner{};
    std::uint32_t index = 0, generation = 0;

    template <class Tag>
    deadline_key(deadline_owner o, handle<Tag> h) noexcept : owner(o), index(h.index), generation(h.generation) {}
    template <class Handle>
    [[nodiscard]] Handle as() const noexcept {
        return {index, generation};
    }
    /// Unique among living objects; the generation only guards against a forgotten entry.
    [[nodiscard]] std::uint64_t slot() const noexcept {
        return std::uint64_t{static_cast<unsigned>(owner)} << 32U | index;
    }
};

class schedule {
public:
    struct entry {
        time_point at;
        deadline_key key;
    };

    /// Moves, adds or (without a time) removes the deadline of `key`.
    void set(deadline_key key, std::optional<time_point> at) {
        auto const known = places_.find(key.slot());
        if (!at) {
            if (known != places_.end()) remove(known->second);
            return;
        }
        if (known == places_.end()) {
            places_.emplace(key.slot(), heap_.size());
            heap_.push_back({*at, key});
            rise(heap_.size() - 1);
            return;
        }
        auto const place = known->second;
        heap_[place] = {*at, key};
        sink(rise(place));
    }

    [[nodiscard]] std::optional<entry> next() const noexcept {
        if (heap_.empty()) return std::nullopt;
        return heap_.front();
    }
    /// The earliest entry that is due, taken out.
    [[nodiscard]] std::optional<deadline_key> pop_due(time_point now) {
        if (heap_.empty() || heap_.front().at > now) return std::nullopt;
        auto const key = heap_.front().key;
        remove(0);
        return key;
    }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

private:
    void put(std::size_t place, entry e) {
        places_[e.key.slot()] = place;
        heap_[place] = e;
    }
    std::size_t rise(std::size_t place) {
        auto const moving = heap_[place];
        while (place > 0 && moving.at < heap_[(place - 1) / 2].at) {
            put(place, heap_[(place - 1) / 2]);
            place = (place - 1) / 2;
        }
        put(place, moving);
        return place;
    }
    void sink(std::size_t place) {
        auto const moving = heap_[place];
        for (;;) {
            auto child = 2 * place + 1;
            if (child >= heap_.size()) break;
            if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) ++child;
            if (heap_[child].at >= moving.at) break;
            put(place, heap_[child]);
            place = child;
        }
        put(place, moving);
    }
    void remove(std::size_t place) {
        places_.erase(heap_[place].key.slot());
        auto const last = heap_.back();
        heap_.pop_back();
        if (place == heap_.size()) return;
        put(place, last);
        sink(rise(place));
    }

    std::vector<entry> heap_;
    boost::unordered_flat_map<std::uint64_t, std::size_t> places_;
};

}  // namespace sip
