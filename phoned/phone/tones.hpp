// What the phone itself lets its user hear: ring-back, busy, call waiting, the feedback of digit keys. Settings decide
// how each sounds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "phoned/config/settings.hpp"
#include "rtp/signal/countries.hpp"
#include "rtp/signal/dtmf.hpp"
#include "rtp/signal/tone.hpp"

namespace phoned {

enum class phone_tone : std::uint8_t { none, dial, ring_back, busy, congestion, call_waiting };

/// The cadence of a tone: the user's own list, else that of the chosen country, else that of the United States.
[[nodiscard]] rtp::cadence cadence_of(const tone_settings&, phone_tone);

class tone_desk final {
public:
    tone_desk(const tone_settings& tones, std::uint32_t sample_rate);

    /// Plays this tone from its beginning until told otherwise; the tone that plays already goes on undisturbed.
    void play(phone_tone);
    [[nodiscard]] phone_tone playing() const noexcept { return playing_; }
    /// The sound of a digit key, a tenth of a second.
    void beep(char digit);
    /// One short tone: a call on hold waits.
    void remind();
    [[nodiscard]] bool is_silent() const noexcept {
        return playing_ == phone_tone::none && keys_.is_idle() && !reminder_;
    }
    /// Adds the next samples to what is heard.
    void add_to(std::span<std::int16_t> playback);

private:
    const tone_settings* tones_;
    std::uint32_t sample_rate_;
    phone_tone playing_ = phone_tone::none;
    std::optional<rtp::tone_player> player_, reminder_;
    rtp::dtmf_player keys_;
};

}  // namespace phoned
