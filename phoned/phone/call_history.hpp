// The call lists, which outlive the phone: net keeps them in SQLite, tests in a list.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "phoned/protocol/messages.hpp"

namespace phoned {

class call_history {
public:
    call_history() = default;
    call_history(const call_history&) = delete;
    call_history& operator=(const call_history&) = delete;
    virtual ~call_history() = default;

    /// Keeps a new entry (its id is not looked at) and returns its id; 0 where that failed. An entry is added when its
    /// call begins, so that a crash loses none.
    [[nodiscard]] virtual std::int64_t add(const history_entry&) = 0;
    /// The entry of that id is this now.
    virtual void update(const history_entry&) = 0;
    /// Newest first; all kinds where none is given.
    [[nodiscard]] virtual std::vector<history_entry> newest(std::optional<history_kind>, unsigned limit) = 0;
    [[nodiscard]] virtual std::uint64_t count(history_kind) = 0;
    virtual void clear() = 0;
};

}  // namespace phoned
