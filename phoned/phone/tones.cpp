#include "phoned/phone/tones.hpp"

#include <algorithm>

#include "phoned/media/periods.hpp"

namespace phoned {

namespace {

const tone_setting* setting_of(const tone_settings& tones, phone_tone tone) {
    switch (tone) {
        case phone_tone::none:
            return nullptr;
        case phone_tone::dial:
            return &tones.dial;
        case phone_tone::ring_back:
            return &tones.ring;
        case phone_tone::busy:
            return &tones.busy;
        case phone_tone::congestion:
            return &tones.congestion;
        case phone_tone::call_waiting:
            return &tones.call_waiting;
    }
    return nullptr;
}

rtp::call_tone country_tone(phone_tone tone) {
    switch (tone) {
        case phone_tone::none:
        case phone_tone::dial:
            return rtp::call_tone::dial;
        case phone_tone::ring_back:
            return rtp::call_tone::ring_back;
        case phone_tone::busy:
            return rtp::call_tone::busy;
        case phone_tone::congestion:
            return rtp::call_tone::congestion;
        case phone_tone::call_waiting:
            return rtp::call_tone::call_waiting;
    }
    return rtp::call_tone::dial;
}

}  // namespace

rtp::cadence cadence_of(const tone_settings& tones, phone_tone tone) {
    if (tone == phone_tone::none) return {};
    const auto* country = rtp::find_country(tones.country);
    const auto* setting = setting_of(tones, tone);
    if (country == nullptr && setting != nullptr && setting->count != 0) return *setting;
    if (country == nullptr) country = rtp::find_country("US");
    return country != nullptr ? rtp::cadence_of(*country, country_tone(tone)) : rtp::cadence{};
}

tone_desk::tone_desk(const tone_settings& tones, std::uint32_t sample_rate)
    : tones_(&tones), sample_rate_(sample_rate), keys_(sample_rate) {}

void tone_desk::play(phone_tone tone) {
    if (tone == playing_) return;
    playing_ = tone;
    player_.reset();
    if (tone != phone_tone::none) player_.emplace(sample_rate_, cadence_of(*tones_, tone));
}

void tone_desk::beep(char digit) {
    (void)keys_.push(digit);  // a queue of 32 keys is more than any finger fills
}

void tone_desk::remind() {
    rtp::cadence once;
    once.steps[0] = {{{{440, -13.0F}}}, std::chrono::milliseconds(300), rtp::step_repeat::once};
    once.count = 1;
    reminder_.emplace(sample_rate_, once);
}

void tone_desk::add_to(std::span<std::int16_t> playback) {
    sound_period samples{};
    const auto period = std::span(samples).first(std::min(playback.size(), samples.size()));
    if (player_) {
        player_->fill(period);
        add_saturated(period, playback);
        if (player_->has_ended()) play(phone_tone::none);
    }
    if (reminder_) {
        reminder_->fill(period);
        add_saturated(period, playback);
        if (reminder_->has_ended()) reminder_.reset();
    }
    if (!keys_.is_idle()) {
        keys_.fill(period);
        add_saturated(period, playback);
    }
}

}  // namespace phoned
