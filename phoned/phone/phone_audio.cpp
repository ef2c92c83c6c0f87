// The sound device's periods, shared out among the calls.
#include <algorithm>
#include <array>

#include "phoned/phone/phone.hpp"
#include "phoned/phone/turn.hpp"

namespace phoned {

namespace {

constexpr std::size_t longest_period = 480;

}  // namespace

void phone::on_audio_period(const audio_period& period) {
    const turn t(*this, period.now);
    // A call that is not in focus goes on in time, hears silence and is not heard.
    std::array<std::int16_t, longest_period> nothing{}, unheard{}, improved{};
    const auto samples = std::min(period.captured.size(), longest_period);
    // An echo of unknown delay is not looked for: a device that tells none is a file or another program.
    auto captured = period.captured;
    if (echo_ && period.delay.count() > 0) {
        std::copy_n(captured.begin(), samples, improved.begin());
        captured = std::span(improved).first(samples);
        echo_->set_delay(period.delay);
        echo_->process(std::span(improved).first(samples));
    }
    // Held peers are sent music in place of the microphone; without any, they are sent nothing at all.
    std::array<std::int16_t, longest_period> music{}, others{};
    if (hold_music_) hold_music_->fill(std::span(music).first(samples));
    auto* const focus = in_focus();
    const bool drops_media = focus != nullptr && config_.preview == call_preview::tone && focus->wants_ring_back();
    for (auto& [number, of] : calls_) {
        if (room_ && room_->has(number) && !of->wants_hold()) {
            const auto to_hear = std::span(others).first(samples);
            const auto heard = std::span(unheard).first(samples);
            room_->next_for(number, to_hear);
            std::fill(heard.begin(), heard.end(), std::int16_t{0});
            of->on_period(period.now, to_hear, heard);
            room_->said_by(number, heard);
        } else if (of.get() == focus && !drops_media) {
            of->on_period(period.now, captured, period.playback);
        } else {
            of->on_period(
                period.now, std::span(of->wants_hold() ? music : nothing).first(samples),
                std::span(unheard).first(samples)
            );
        }
    }
    if (is_room_talking())
        room_->mix(is_room_muted() ? std::span(std::as_const(nothing)).first(samples) : captured, period.playback);
    tones_.add_to(period.playback);
    if (echo_) echo_->on_played(period.playback);
}

void phone::on_audio_attached(now_t now, std::string_view) {
    const turn t(*this, now);
}

void phone::on_audio_lost(now_t now, std::string_view reason) {
    const turn t(*this, now);
    hub_->publish(now, alarm_event{alarm_severity::warning, "driver:audio", std::string(reason)});
}

}  // namespace phoned
