// Dialogs of calls that have ended a moment ago: an INVITE that wants to replace one of them is declined, where one
// that names a stranger's finds nothing (RFC 3891 3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sip/dialog/id.hpp"
#include "sip/time.hpp"
#include "sip/transaction/keyed_hash.hpp"

namespace sip {

/// Remembers the last few for 64*T1, as hashes; allocates nothing.
class ended_dialogs {
public:
    explicit ended_dialogs(hash_key key) : key_(key) {}

    void add(time_point now, timing const& timers, dialog_id_view const& id) noexcept {
        list_[next_++ % list_.size()] = {hash_of(id), now + transaction_life(timers)};
    }
    [[nodiscard]] bool contains(time_point now, dialog_id_view const& id) const noexcept {
        for (auto const& one : list_)
            if (one.until > now && one.hash == hash_of(id)) return true;
        return false;
    }

private:
    struct entry {
        std::uint64_t hash = 0;
        time_point until;
    };
    [[nodiscard]] std::uint64_t hash_of(dialog_id_view const& id) const noexcept {
        return keyed_hash(key_).text(id.call_id).mark().text(id.local_tag).mark().text(id.remote_tag).finish();
    }

    hash_key key_;
    std::array<entry, 16> list_{};
    std::size_t next_ = 0;
};

}  // namespace sip
