#include "sip/transport/grey_list.hpp"

#include <algorithm>

namespace sip {

void grey_list::add(time_point now, endpoint const& where, std::optional<duration> hold) {
    remove(where);
    std::erase_if(entries_, [&](entry const& one) { return one.until <= now; });
    if (most_ == 0) return;
    if (entries_.size() >= most_) entries_.erase(entries_.begin());
    entries_.push_back({where, now + std::min(hold.value_or(hold_), longest_hold)});
}

void grey_list::remove(endpoint const& where) noexcept {
    std::erase_if(entries_, [&](entry const& one) { return one.where == where; });
}

bool grey_list::holds(time_point now, endpoint const& where) const noexcept {
    return std::any_of(entries_.begin(), entries_.end(), [&](entry const& one) {
        return one.where == where && now < one.until;
    });
}

}  // namespace sip
