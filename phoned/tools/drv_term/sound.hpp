// The terminal phone's sound, for want of a sound card: its microphone says a tone, and what its loudspeaker would play
// is told in words. Keeps real time; the caller waits until next_period().
#pragma once

#include "phoned/tools/audio_driver.hpp"
#include "phoned/tools/ear.hpp"
#include "rtp/signal/tone.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace phoned::tools {

class sound_words {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit sound_words(const rtp::cadence& said) : said_(said) {}

    /// True if the message was about audio; it has been answered then.
    bool handle(connection&, const arrived&, time_point now);
    /// The periods that are due.
    void run(time_point now);
    /// Nothing while the phone wants no sound.
    [[nodiscard]] std::optional<time_point> next_period() const;
    /// `tone 440 Hz, -20 dB`; empty while the phone wants no sound.
    [[nodiscard]] const std::string& heard() const noexcept { return heard_; }

private:
    void begin(time_point now);

    rtp::cadence said_;
    audio_driver driver_;
    std::optional<rtp::tone_player> microphone_;
    std::optional<ear> ear_;
    std::vector<std::int16_t> captured_, playback_;
    time_point next_{};
    std::string heard_;
};

}  // namespace phoned::tools
