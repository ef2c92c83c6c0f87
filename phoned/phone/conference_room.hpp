// The user and the calls that are mixed with each other (the guide's flow 11): each hears the others and not itself.
// Which calls these are, and when the room is left, is the phone's to decide.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "phoned/protocol/messages.hpp"
#include "rtp/voice/conference.hpp"

namespace phoned {

class conference_room final {
public:
    /// `rate`: that of the sound device, in Hz.
    explicit conference_room(std::uint32_t rate);

    /// No effect for one that is in, or where the room is full.
    void add(call_number);
    void remove(call_number);
    [[nodiscard]] bool has(call_number call) const { return members_.contains(call); }
    [[nodiscard]] const std::map<call_number, rtp::party_id>& members() const noexcept { return members_; }

    // One period of 10 ms: what each member is to hear, then what it says, then the user.
    void next_for(call_number, std::span<std::int16_t> to_hear) noexcept;
    void said_by(call_number, std::span<const std::int16_t>) noexcept;
    void mix(std::span<const std::int16_t> user_says, std::span<std::int16_t> user_hears) noexcept;

private:
    rtp::conference mix_;
    std::uint32_t rate_;
    rtp::party_id user_ = rtp::party_id::none;
    std::map<call_number, rtp::party_id> members_;
};

}  // namespace phoned
