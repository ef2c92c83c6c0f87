// Targets that did not answer a moment ago: they are tried last for a while, not never (RFC 3263 4.3 leaves that to
// us).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sip/time.hpp"
#include "sip/transport/flow.hpp"

namespace sip {

/// Servers that did not answer, and until when they are asked last.
class grey_list {
public:
    /// `hold`: for how long a target is avoided after a failure. `most`: the oldest makes room.
    grey_list(duration hold, std::size_t most) noexcept : hold_(hold), most_(most) {}

    /// For `hold` instead of the usual time where it is given, but never for more than an hour: what a server says of
    /// itself is not to shut it out for good.
    void add(time_point now, endpoint const&, std::optional<duration> hold = {});
    /// However long a server asks for.
    static constexpr duration longest_hold = std::chrono::hours(1);
    /// It answered: it is as good as any other.
    void remove(endpoint const&) noexcept;
    [[nodiscard]] bool holds(time_point now, endpoint const&) const noexcept;  ///< true while it is asked last
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }  ///< how many there are

private:
    struct entry {
        endpoint where;
        time_point until;
    };
    duration hold_;
    std::size_t most_;
    std::vector<entry> entries_;  ///< in the order of their ends
};

}  // namespace sip
