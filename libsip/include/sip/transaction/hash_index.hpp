// Finds objects of a slot table by hash. Chains are links between slot indexes, so that inserting and erasing touch no
// allocator once the table has seen its largest size, and erasing does not search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sip {

/// Objects by a hash, which several may share.
class hash_index {
public:
    /// `object`: a slot index that is not in this index.
    void insert(std::uint64_t hash, std::uint32_t object) {
        if (object >= links_.size()) links_.resize(object + 1u);
        if (size_ >= heads_.size()) grow();
        links_[object].hash = hash;
        link(object);
        ++size_;
    }
    /// Takes it out; nothing where it is not in there.
    void erase(std::uint32_t object) noexcept {
        if (object >= links_.size() || !links_[object].is_in) return;
        auto& gone = links_[object];
        (gone.before == none ? heads_[bucket(gone.hash)] : links_[gone.before].after) = gone.after;
        if (gone.after != none) links_[gone.after].before = gone.before;
        gone.is_in = false;
        --size_;
    }
    /// The first object with this hash that `is_it(object)` accepts.
    template <class Predicate>
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, Predicate&& is_it) const {
        if (heads_.empty()) return std::nullopt;
        for (std::uint32_t at = heads_[bucket(hash)]; at != none; at = links_[at].after)
            if (links_[at].hash == hash && is_it(at)) return at;
        return std::nullopt;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }  ///< how many there are

private:
    static constexpr std::uint32_t none = UINT32_MAX;
    struct links {
        std::uint64_t hash = 0;
        std::uint32_t before = none, after = none;
        bool is_in = false;
    };

    [[nodiscard]] std::size_t bucket(std::uint64_t hash) const noexcept { return hash & (heads_.size() - 1); }
    void link(std::uint32_t object) noexcept {
        auto& head = heads_[bucket(links_[object].hash)];
        links_[object].before = none;
        links_[object].after = head;
        links_[object].is_in = true;
        if (head != none) links_[head].before = object;
        head = object;
    }
    void grow() {
        heads_.assign(heads_.empty() ? 16 : heads_.size() * 2, none);
        for (std::uint32_t object = 0; object < links_.size(); ++object)
            if (links_[object].is_in) link(object);
    }

    std::vector<std::uint32_t> heads_;  ///< a power of two of buckets, at least as many as objects
    std::vector<links> links_;          ///< by object
    std::size_t size_ = 0;
};

}  // namespace sip
