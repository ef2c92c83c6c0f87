// Listens to what the phone plays and says what it is: silence, a tone and which, other sound, digits. Tells changes,
// with their times.
#pragma once

#include "rtp/signal/dtmf.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace phoned::tools {

enum class sound { silence, tone, other };

struct heard_sound {
    sound kind = sound::silence;
    std::uint64_t begin_ms = 0;  ///< Of audio since the first sample
    double level_dbov = -96;
    double hertz = 0;   ///< Of a tone: its strongest frequency
    double purity = 0;  ///< Its share of the power
};

class ear {
public:
    struct callbacks {
        std::function<void(const heard_sound&)> sound;  ///< A new sound began: two windows of 80 ms in a row agree
        std::function<void(const rtp::heard_digit&)> digit;
    };

    ear(std::uint32_t rate, callbacks);
    void hear(std::span<const std::int16_t> samples);
    /// What comes now has nothing to do with what was heard before: the device rested. Its first sound is told anew.
    void forget();

private:
    void judge();

    std::uint32_t rate_;
    callbacks callbacks_;
    std::vector<std::int16_t> window_;
    std::uint64_t heard_ = 0;               // samples before the window
    std::optional<heard_sound> told_;       // the sound that was told last
    std::optional<heard_sound> candidate_;  // another one, if the next window agrees
    rtp::dtmf_detector digits_;
};

}  // namespace phoned::tools
