#include "phoned/phone/conference_room.hpp"

namespace phoned {

conference_room::conference_room(std::uint32_t rate) : mix_(rate), rate_(rate) {
    if (const auto user = mix_.add(rate)) user_ = *user;
}

void conference_room::add(call_number call) {
    if (has(call)) return;
    if (const auto made = mix_.add(rate_)) members_.emplace(call, *made);
}

void conference_room::remove(call_number call) {
    const auto at = members_.find(call);
    if (at == members_.end()) return;
    mix_.remove(at->second);
    members_.erase(at);
}

void conference_room::next_for(call_number call, std::span<std::int16_t> to_hear) noexcept {
    if (const auto at = members_.find(call); at != members_.end()) mix_.take(at->second, to_hear);
}

void conference_room::said_by(call_number call, std::span<const std::int16_t> samples) noexcept {
    if (const auto at = members_.find(call); at != members_.end()) mix_.give(at->second, samples);
}

void conference_room::mix(std::span<const std::int16_t> user_says, std::span<std::int16_t> user_hears) noexcept {
    mix_.give(user_, user_says);
    mix_.mix();
    mix_.take(user_, user_hears);
}

}  // namespace phoned
