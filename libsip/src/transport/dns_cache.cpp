#include "sip/transport/dns_cache.hpp"

#include <algorithm>
#include <utility>

#include "syntax/chars.hpp"

namespace sip {

void dns_cache::keep(time_point now, dns_type type, std::string_view name, dns_answer answer) {
    constexpr duration longest = std::chrono::hours(24);
    std::erase_if(entries_, [&](entry const& old) {
        return old.kept.until <= now || (old.type == type && chars::equal_ignoring_case(old.name, name));
    });
    if (answer.ttl <= duration{} || most_ == 0) return;
    if (entries_.size() >= most_)
        entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](entry const& a, entry const& b) {
            return a.kept.until < b.kept.until;
        }));
    auto const until = now + std::min(answer.ttl, longest);
    entries_.push_back({type, std::string(name), {std::move(answer), until}});
}

dns_cache::kept_answer const* dns_cache::find(time_point now, dns_type type, std::string_view name) const noexcept {
    for (auto const& one : entries_)
        if (one.type == type && now < one.kept.until && chars::equal_ignoring_case(one.name, name)) return &one.kept;
    return nullptr;
}

}  // namespace sip
